"""Cards and messages in DingTalk's own form.

A robot's buttons open addresses. Those that begin with `dtmd:` have the presser's client send
words to the robot, so that a press arrives as a message of theirs: signed for by DingTalk, and
needing no card template. What is in a card is Markdown, so marks of others are made harmless.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from bot.channels.staff import Card, Choice

_SAYS = "dtmd://dingtalkclient/sendMessage?content="
# sampleActionCard2 to 5 stand for as many buttons below each other.
_MOST_BUTTONS = 5
_LONGEST_TITLE = 20
_LONGEST_HEAD = 100
# So long that it never means something else: what would be a mark is written wide.
_MARKS = str.maketrans("[]()*_`#<>!|~\\", "［］（）＊＿｀＃＜＞！｜～＼")


def drawn(card: Card) -> tuple[str, dict[str, str]]:
    """Return the name of DingTalk's template for a card, and what stands in it."""
    choices = card.choices
    text = _text(card)
    title = _plain(card.title)[:_LONGEST_HEAD]
    if not choices:
        return "sampleMarkdown", {"title": title, "text": text}
    if len(choices) > _MOST_BUTTONS:
        links = "\n\n".join(f"- [{_plain(one.title)}]({_address(one)})" for one in choices)
        return "sampleMarkdown", {"title": title, "text": f"{text}\n\n{links}"}
    if len(choices) == 1:
        (only,) = choices
        button = {"singleTitle": only.title[:_LONGEST_TITLE], "singleURL": _address(only)}
        return "sampleActionCard", {"title": title, "text": text, **button}
    buttons: dict[str, str] = {}
    for number, choice in enumerate(choices, 1):
        buttons[f"actionTitle{number}"] = choice.title[:_LONGEST_TITLE]
        buttons[f"actionURL{number}"] = _address(choice)
    return f"sampleActionCard{len(choices)}", {"title": title, "text": text, **buttons}


def words(message: Mapping[str, Any]) -> str:
    """Return what is written in a message, empty where it is no text."""
    kind = message.get("msgtype")
    if kind == "text":
        text = message.get("text")
        return str(text.get("content") or "") if isinstance(text, dict) else ""
    return _rich(message.get("content")) if kind == "richText" else ""


def _rich(content: Any) -> str:
    if isinstance(content, str):
        try:
            content = json.loads(content)
        except (ValueError, RecursionError):
            return ""
    pieces = content.get("richText") if isinstance(content, dict) else None
    found = (one.get("text") for one in pieces or [] if isinstance(one, dict))
    return "".join(text for text in found if isinstance(text, str))


def _text(card: Card) -> str:
    head = f"### {_plain(card.title)}"
    if card.urgent:
        head = f'### <font color="#D93026">{_plain(card.title)}</font>'
    return "\n\n".join((head, *map(_plain, card.lines)))


def _plain(text: str) -> str:
    return " ".join(text.split()).translate(_MARKS)


def _address(choice: Choice) -> str:
    return _SAYS + quote(choice.words, safe="")
