"""Stars for a case that a person worked on: asked for when it is closed, given once."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation import buttons, misses, texts
from bot.conversation.records import Author, Opinion
from bot.conversation.states import State
from bot.conversation.tables import message, rating
from bot.database.upsert import upsert
from bot.dialogue.engine import Button, Reply

_PAYLOAD = "rate:"
_TYPED = re.compile(r"([1-5一二三四五])(?:颗?星|分)?")
_HAN = dict(zip("一二三四五", range(1, 6), strict=True))
_SATISFIED = 3


def request() -> Reply:
    """Return the bot's question for stars."""
    stars = texts.table("takeover")["stars"]
    choices = tuple(Button(str(title), f"{_PAYLOAD}{value}") for value, title in stars.items())
    return Reply(texts.say("ask_rating"), choices, {"card": "rating"})


async def read(tx: AsyncConnection, current: Row[Any], text: str) -> tuple[str, int] | None:
    """Return which case a message rates and with how many stars; None where it rates none.

    Typed stars count only as the first word after the question.
    """
    pressed = await buttons.by_id(tx, current, text)
    if pressed is not None and pressed.payload.startswith(_PAYLOAD):
        return pressed.conversation_id, int(pressed.payload.removeprefix(_PAYLOAD))
    if current.state != State.CLOSED or not await _asked_last(tx, current):
        return None
    stars = _typed(text)
    return None if stars is None else (current.id, stars)


def in_words(title: str, opinion: Opinion | None) -> str:
    """Return what the transcript shows of a rating: the stars, and what was added to them."""
    parts = [title]
    if opinion is not None and opinion.resolved is not None:
        parts.append(texts.say("resolved" if opinion.resolved else "unresolved"))
    if opinion is not None and opinion.reason:
        parts.append(opinion.reason)
    return "；".join(parts)


async def give(
    tx: AsyncConnection, case_id: str, stars: int, at: datetime, opinion: Opinion | None = None
) -> str:
    """Store the stars of a case, the first time only; return what is said to it."""
    added = opinion or Opinion()
    stored = await tx.execute(
        upsert(tx, rating)
        .values(
            conversation_id=case_id,
            stars=stars,
            resolved=added.resolved,
            reason=added.reason,
            at=at,
        )
        .on_conflict_do_nothing()
        .returning(rating.c.stars)
    )
    if stored.first() is None:
        return texts.say("rated_already")
    if stars <= misses.BAD_STARS:
        await misses.mark_last(tx, case_id, misses.Reason.BAD_RATING)
    return texts.say("rated" if stars >= _SATISFIED else "rated_low")


async def _asked_last(tx: AsyncConnection, current: Row[Any]) -> bool:
    found = await tx.execute(
        select(message.c.author, message.c.buttons)
        .where(message.c.conversation_id == current.id, message.c.visibility == "public")
        .order_by(message.c.seq.desc())
        .limit(1)
    )
    last = found.one_or_none()
    return (
        last is not None
        and last.author == Author.BOT
        and bool(last.buttons)
        and {choice["title"] for choice in last.buttons} == set(_titles())
    )


def _typed(text: str) -> int | None:
    said = texts.bare(text)
    if said in _titles():
        return _titles()[said]
    found = _TYPED.fullmatch(said)
    if found is None:
        return None
    return _HAN.get(found[1]) or int(found[1])


def _titles() -> dict[str, int]:
    return {str(title): int(value) for value, title in texts.table("takeover")["stars"].items()}
