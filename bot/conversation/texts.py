"""The few phrases that the conversation says and understands by itself, from `data/texts`."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import yaml

TEXTS = Path(__file__).resolve().parents[2] / "data" / "texts"
_NOISE = re.compile(r"[\W_]+")
_LEAST_URGENT = 2


@cache
def table(name: str) -> dict[Any, Any]:
    """Return one file of `data/texts`."""
    rows = yaml.safe_load((TEXTS / f"{name}.yml").read_text(encoding="utf-8"))
    if not isinstance(rows, dict):
        raise TypeError(f"data/texts/{name}.yml holds no mapping")
    return rows


def say(name: str, **values: object) -> str:
    """Return one sentence of `takeover.yml`, filled in."""
    return str(table("takeover")[name]).format(**values)


def greeting(name: str, **values: object) -> str:
    """Return one sentence of `greetings.yml`, filled in."""
    return str(table("greetings")[name]).format(**values)


def return_line(code: str) -> str | None:
    """Return what the bot may say when it goes on, or None for an unknown code."""
    line = table("takeover")["return_lines"].get(code)
    return None if line is None else str(line)


def reason_label(code: str) -> str:
    """Return what the desk calls a reason; one that is new is called by its code."""
    return str(table("escalation").get(code, {}).get("label", code))


def priority(reason: str) -> int:
    """Return how soon a reason is due: 0 danger, 1 grave, 2 others."""
    return int(table("escalation").get(reason, {}).get("priority", _LEAST_URGENT))


def leaves_queue(text: str) -> bool:
    """Whether a waiting consumer says that they no longer want to wait."""
    return bare(text) in _phrases("leave_queue")


def asks_position(text: str) -> bool:
    """Whether a waiting consumer asks how long it takes."""
    said = bare(text)
    return any(phrase in said for phrase in _phrases("ask_position"))


def abusive(text: str) -> bool:
    """Whether a consumer is abusive."""
    said = bare(text).lower()
    return any(str(word) in said for word in table("abuse")["words"])


def bare(text: str) -> str:
    """Return a text without punctuation and spaces, wide letters made narrow."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text))


@cache
def _phrases(name: str) -> frozenset[str]:
    return frozenset(bare(phrase) for phrase in table("queue")[name])
