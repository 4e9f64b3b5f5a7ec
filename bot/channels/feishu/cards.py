"""Cards and messages in Feishu's own form.

Everything is drawn as plain text: an address that a consumer wrote must not become a link, or
call everybody in a group.
"""

from __future__ import annotations

import json
from typing import Any

from bot.channels.staff import Card, Choice
from bot.conversation import texts

# Buttons beside each other; more stand below.
_IN_A_ROW = 4


def drawn(card: Card) -> dict[str, Any]:
    """Return a card as Feishu draws it, the same for all who see it."""
    elements: list[dict[str, Any]] = [{"tag": "div", "text": _text(line)} for line in card.lines]
    for first in range(0, len(card.choices), _IN_A_ROW):
        row = card.choices[first : first + _IN_A_ROW]
        elements.append({"tag": "action", "actions": [_button(choice) for choice in row]})
    return {
        # A visit's details are for its crew alone.
        "config": {"wide_screen_mode": True, "update_multi": True, "enable_forward": False},
        "header": {
            "template": "red" if card.urgent else "blue",
            "title": _text(card.title),
        },
        "elements": elements,
    }


def pressed(card: Card | None, *, replace: bool) -> dict[str, Any]:
    """Return the answer to a press: a passing remark, and a card with buttons in its place."""
    if card is None:
        return _remark(str(texts.table("staff")["pending"]))
    answer = _remark("\n".join((card.title, *(() if card.choices else card.lines))))
    if replace and card.choices:
        answer["card"] = {"type": "raw", "data": drawn(card)}
    return answer


def words(kind: str, content: Any) -> str:
    """Return what is written in a message, empty where it is no text."""
    try:
        said = json.loads(content) if isinstance(content, str) else {}
    except (ValueError, RecursionError):
        return ""
    if not isinstance(said, dict):
        return ""
    if kind == "text":
        return str(said.get("text") or "")
    return _post(said) if kind == "post" else ""


def _post(said: dict[str, Any]) -> str:
    found: list[str] = []
    for line in said.get("content") or []:
        pieces = line if isinstance(line, list) else []
        texts = (one.get("text") for one in pieces if isinstance(one, dict))
        found.append("".join(text for text in texts if isinstance(text, str)))
    return "\n".join(found)


def _remark(text: str) -> dict[str, Any]:
    return {"toast": {"type": "info", "content": text}}


def _text(text: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": text}


def _button(choice: Choice) -> dict[str, Any]:
    return {
        "tag": "button",
        "text": _text(choice.title),
        "type": "primary" if choice.main else "default",
        "value": {"words": choice.words},
    }
