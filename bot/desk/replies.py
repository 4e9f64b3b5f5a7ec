"""Canned replies with what is known of the order in them, and what they might answer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import yaml

from bot.conversation.records import Author, Message, Visibility
from bot.conversation.texts import TEXTS

_SAID_LINES = 3


@cache
def canned() -> list[dict[str, Any]]:
    """Return the replies of `canned.yml`."""
    replies: list[dict[str, Any]] = yaml.safe_load(
        (TEXTS / "canned.yml").read_text(encoding="utf-8")
    )
    return replies


class _Known(dict[str, str]):
    def __missing__(self, key: str) -> str:
        self.missing.append(key)
        return f"{{{key}}}"

    missing: list[str]


def filled(reply: dict[str, Any], known: dict[str, str]) -> dict[str, Any]:
    """Return a reply filled in; `missing` names what is not known."""
    values = _Known(known)
    values.missing = []
    text = str(reply["text"]).format_map(values)
    shown = {key: reply[key] for key in ("id", "group", "title")}
    return {**shown, "text": text, "missing": values.missing}


def unanswered(messages: Sequence[Message]) -> str:
    """Return the consumer's last lines that no agent has answered, as one text."""
    said: list[str] = []
    for line in reversed(messages):
        if line.author is Author.AGENT and line.visibility is Visibility.PUBLIC:
            break
        if line.author is Author.CONSUMER and line.text:
            said.append(line.text)
    return "，".join(reversed(said[:_SAID_LINES]))
