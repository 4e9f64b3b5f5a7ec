"""Which turns the bot missed, and why; written where a turn ends, in its transaction."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import IntFlag
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.anonymous import anonymous
from bot.conversation import texts
from bot.conversation.miss_tables import quality_miss
from bot.conversation.tables import conversation, inbox, message
from bot.database.upsert import upsert
from bot.dialogue.engine import TurnResult

FALLBACK = "nlu_fallback"
OUT_OF_SCOPE = "out_of_scope"
LEAST_CONFIDENCE = 0.55
LEAST_MARGIN = 0.15
BAD_STARS = 2
_GUESSES = 5
_SOON = timedelta(minutes=15)
_CORRECTION = re.compile(
    r"不是这个意思|不是那个意思|(?:我)?(?:不是|没)(?:在)?(?:问|说)(?:的)?(?:这个|那个)|问的不是"
    r"|说的不是|答非所问|(?:理解|听|弄|搞)错了?|没(?:听|看|弄)?(?:懂|明白)我|听不懂(?:人话|我)"
)
# Said again in other words, these are a wish that was not met; the rest is small talk.
_NO_WISH = frozenset(
    {"inform", "select_option", "affirm", "deny", "greet", "goodbye", "thank", "bot_challenge"}
    | {FALLBACK, OUT_OF_SCOPE, "confirm_visit", "rate_visit", "request_human", "describe_site"}
)


class Reason(IntFlag):
    """Why a turn counts as missed."""

    FALLBACK = 1
    OUT_OF_SCOPE = 2
    LOW_CONFIDENCE = 4
    SMALL_MARGIN = 8
    TWO_CHOICES = 16
    REPEATED = 32
    CORRECTED = 64
    ESCALATED = 128
    TAKEN_OVER = 256
    BAD_RATING = 512
    REPORTED = 1024


def named(reasons: int) -> list[str]:
    """Return the reasons' names."""
    return [str(reason.name).lower() for reason in Reason if reasons & reason]


def of_reading(nlu: Mapping[str, Any]) -> Reason:
    """Return why a reading alone counts as missed; an empty flag where it does not."""
    intent = nlu.get("intent") or {}
    name, confidence = intent.get("name"), float(intent.get("confidence") or 0)
    if name == FALLBACK:
        return Reason.FALLBACK
    found = Reason(0)
    if name == OUT_OF_SCOPE:
        found |= Reason.OUT_OF_SCOPE
    if confidence < LEAST_CONFIDENCE:
        found |= Reason.LOW_CONFIDENCE
    first, *rest = _guesses(nlu) or [{"confidence": 1.0}]
    if rest and first["confidence"] - rest[0]["confidence"] < LEAST_MARGIN:
        found |= Reason.SMALL_MARGIN
    return found


async def note(
    tx: AsyncConnection, held: Row[Any], rows: Sequence[Row[Any]], result: TurnResult, at: datetime
) -> None:
    """Write down what a finished turn says of itself and of the one before it."""
    nlu = result.nlu
    if not nlu.get("intent"):
        return
    said = str(nlu.get("text") or "")
    before = await _before(tx, held.id, rows[0].seq, at)
    if before is not None:
        await _about_the_one_before(tx, held, before, result, said)
    if said.startswith("/"):
        return  # a button: nothing was read
    reasons, asked = of_reading(nlu), _asked(result)
    if asked:
        reasons |= Reason.TWO_CHOICES
    if reasons and result.handover == "not_understood":
        reasons |= Reason.ESCALATED
    if reasons:
        await _store(tx, held, rows[0].id, nlu, reasons, at, asked=asked)


async def mark_last(
    tx: AsyncConnection, conversation_id: str, reason: Reason, at: datetime | None = None
) -> None:
    """Count the newest turn that the bot answered in a conversation as missed.

    With `at`, only where it was said shortly before.
    """
    last = await _before(tx, conversation_id, None, at)
    if last is not None and _reading(last):
        held = await _held(tx, conversation_id)
        await _store(tx, held, last.id, last.nlu, reason, last.at)


async def report(tx: AsyncConnection, conversation_id: str, turn_id: str, intent: str) -> bool:
    """Count a turn as missed, `intent` being the right one; False where it was not the bot's."""
    found = await tx.execute(
        select(message.c.id, message.c.at, inbox.c.nlu)
        .join(inbox, inbox.c.id == message.c.id)
        .where(message.c.id == turn_id, message.c.conversation_id == conversation_id)
    )
    line: Any = found.one_or_none()
    if line is None or not _reading(line):
        return False
    held = await _held(tx, conversation_id)
    await _store(tx, held, turn_id, line.nlu, Reason.REPORTED, line.at, chosen=intent)
    return True


async def _about_the_one_before(
    tx: AsyncConnection, held: Row[Any], before: Row[Any], result: TurnResult, said: str
) -> None:
    name = result.nlu["intent"].get("name")
    await _note_choice(tx, before.id, result.nlu)
    if not _reading(before) or said.startswith("/"):
        return
    reason = Reason(0)
    if _CORRECTION.search(said):
        reason |= Reason.CORRECTED
    if name == "request_human" and of_reading(before.nlu):
        reason |= Reason.ESCALATED
    if _said_again(before.nlu, result.nlu, said):
        reason |= Reason.REPEATED
    if reason:
        await _store(tx, held, before.id, before.nlu, reason, before.at)


def _said_again(before: Mapping[str, Any], now: Mapping[str, Any], said: str) -> bool:
    """Whether both say the same of the same thing, in other words."""
    name = now["intent"].get("name")
    return (
        name not in _NO_WISH
        and before["intent"].get("name") == name
        and before.get("text") != said
        and _values(before) == _values(now)
    )


def _values(nlu: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {(str(e.get("entity")), str(e.get("value"))) for e in nlu.get("entities") or ()}


async def _note_choice(tx: AsyncConnection, turn_id: str, nlu: Mapping[str, Any]) -> None:
    """Keep what was picked of two readings: the label of what had been said, for free."""
    options = [e.get("value") for e in nlu.get("entities") or () if e.get("entity") == "option"]
    if nlu["intent"].get("name") != "select_option" or len(options) != 1:
        return
    found = await tx.execute(select(quality_miss.c.asked).where(quality_miss.c.turn_id == turn_id))
    asked = found.scalar_one_or_none() or []
    option = options[0]
    if isinstance(option, int) and 1 <= option <= len(asked):
        await tx.execute(
            update(quality_miss)
            .where(quality_miss.c.turn_id == turn_id)
            .values(chosen=asked[option - 1])
        )


def _asked(result: TurnResult) -> list[str]:
    """Return the intents that the bot asked the consumer to choose from."""
    words = texts.table("wording")
    meanings = {str(title): str(name) for name, title in words["meanings"].items()}
    for reply in result.replies:
        titles = [button.title for button in reply.buttons]
        if titles and titles[-1] == words["buttons"]["something_else"]:
            return [meanings[title] for title in titles[:-1] if title in meanings]
    return []


async def _store(
    tx: AsyncConnection,
    held: Row[Any],
    turn_id: str,
    nlu: Mapping[str, Any],
    reasons: Reason,
    at: datetime,
    *,
    asked: list[str] | None = None,
    chosen: str | None = None,
) -> None:
    plain = anonymous(str(nlu.get("text") or ""))
    if not plain.text.strip():
        return
    spans = [(e, plain.span(e["start"], e["end"])) for e in nlu.get("entities") or () if "end" in e]
    row = {
        "turn_id": turn_id,
        "conversation_id": held.id,
        "at": at,
        "channel": held.channel,
        "text": plain.text,
        "intent": nlu["intent"].get("name"),
        "confidence": nlu["intent"].get("confidence"),
        "guesses": _guesses(nlu),
        "entities": [{"entity": e["entity"], "start": s, "end": t} for e, (s, t) in spans],
        "reasons": int(reasons),
        "asked": asked or None,
        "chosen": chosen,
    }
    added: dict[str, Any] = {"reasons": quality_miss.c.reasons.bitwise_or(int(reasons))}
    if chosen is not None:
        added["chosen"] = chosen
    await tx.execute(
        upsert(tx, quality_miss)
        .values(**row)
        .on_conflict_do_update(index_elements=["turn_id"], set_=added)
    )


def _guesses(nlu: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"intent": row["name"], "confidence": round(float(row["confidence"]), 4)}
        for row in nlu.get("intent_ranking") or ()
        if row.get("name") != FALLBACK
    ][:_GUESSES]


def _reading(line: Row[Any]) -> bool:
    """Whether a line was read as text by the engine."""
    nlu = line.nlu or {}
    return bool(nlu.get("intent")) and not str(nlu.get("text") or "/").startswith("/")


async def _held(tx: AsyncConnection, conversation_id: str) -> Any:
    c = conversation.c
    found = await tx.execute(select(c.id, c.channel).where(c.id == conversation_id))
    return found.one()


async def _before(
    tx: AsyncConnection, conversation_id: str, seq: int | None, now: datetime | None
) -> Any:
    """Return the consumer's last turn that was read before a line, unless it is long ago."""
    query = (
        select(message.c.id, message.c.at, inbox.c.nlu)
        .join(inbox, inbox.c.id == message.c.id)
        .where(message.c.conversation_id == conversation_id, inbox.c.nlu.is_not(None))
        .order_by(message.c.seq.desc())
        .limit(1)
    )
    if seq is not None:
        query = query.where(message.c.seq < seq)
    found = (await tx.execute(query)).one_or_none()
    return found if found is None or now is None or now - found.at <= _SOON else None
