"""The machine-readable description of every call, from the files beside this one."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from bot.api.answers import answer
from bot.providers import event_types
from bot.scheduling import contract

# The calls of those who feed data in have a file of their own.
_FILES = ("openapi.yml", "openapi_providers.yml")
# What is brought is described by what reads it.
_READ: tuple[type[BaseModel], ...] = (contract.Document, *event_types.TYPES.values())
_NAME = "Import{model}"


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document."""
    whole, *others = [_loaded(name) for name in _FILES]
    for other in others:
        whole["tags"] += other["tags"]
        whole["paths"] |= other["paths"]
        for kind, entries in other["components"].items():
            whole["components"][kind] |= entries
    whole["components"]["schemas"] |= _schemas()
    return whole


def _loaded(name: str) -> dict[str, Any]:
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def _schemas() -> dict[str, Any]:
    """Return the schemas of the models, and of what they are made of, under names of their own."""
    _, found = models_json_schema(
        [(model, "validation") for model in set(_READ)],
        ref_template=f"#/components/schemas/{_NAME}",
    )
    return {_NAME.format(model=name): schema for name, schema in found["$defs"].items()}


def routes() -> list[web.RouteDef]:
    """Return the call."""

    async def openapi(_request: web.Request) -> web.Response:
        return answer(document())

    return [web.get("/api/openapi.json", openapi)]
