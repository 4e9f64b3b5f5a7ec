"""Groups as they are looked at: counted, filtered, a page at a time; and the numbers above them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.miss_tables import quality_miss
from bot.conversation.misses import Reason, named
from bot.conversation.tables import inbox, message
from bot.errors import GroupNotFound
from bot.quality.tables import quality_example, quality_group

PAGE = 50
# Of so many turns of a group its guesses, channels and reasons are told.
_LOOKED_AT = 200
_TEXTS = 50

# Selects the ids of the conversations that a viewer may see; None: all.
Scope = Select[Any] | None


@dataclass(frozen=True)
class Filter:
    """Which turns are looked at; None: any."""

    since: datetime
    until: datetime
    channel: str | None = None
    reason: Reason | None = None
    intent: str | None = None
    decision: str | None = "open"
    scope: Scope = None


async def groups(tx: AsyncConnection, wanted: Filter, offset: int = 0) -> list[dict[str, Any]]:
    """Return a page of groups, those with the most turns first, one more where more follow."""
    m, g = quality_miss.c, quality_group.c
    counted = (
        select(
            m.group_id,
            func.count().label("turns"),
            func.min(m.at).label("first"),
            func.max(m.at).label("last"),
        )
        .where(*_turns(wanted), m.group_id.is_not(None))
        .group_by(m.group_id)
        .subquery()
    )
    query = (
        select(quality_group, counted.c.turns, counted.c.first, counted.c.last)
        .join(counted, counted.c.group_id == g.id)
        .order_by(counted.c.turns.desc(), g.id)
        .offset(offset)
        .limit(PAGE + 1)
    )
    if wanted.decision is not None:
        query = query.where(g.decision == wanted.decision)
    found = (await tx.execute(query)).all()
    return [await _told(tx, row, wanted) for row in found]


async def group(tx: AsyncConnection, group_id: int, scope: Scope = None) -> dict[str, Any]:
    """Return one group with its texts, the most frequent first. Raises GroupNotFound."""
    found = await tx.execute(select(quality_group).where(quality_group.c.id == group_id))
    row = found.one_or_none()
    m = quality_miss.c
    seen = [m.group_id == group_id, *_within(scope)]
    if row is None or (await tx.execute(select(m.turn_id).where(*seen).limit(1))).first() is None:
        raise GroupNotFound(group=group_id)
    texts = await tx.execute(
        select(m.text, func.count().label("turns"), func.max(m.turn_id).label("turn_id"))
        .where(*seen)
        .group_by(m.text)
        .order_by(func.count().desc(), m.text)
        .limit(_TEXTS)
    )
    rows = texts.all()
    newest = await tx.execute(
        select(m.turn_id, m.entities, m.conversation_id).where(
            m.turn_id.in_([one.turn_id for one in rows])
        )
    )
    of_turn = {one.turn_id: one for one in newest}
    labelled = await tx.execute(
        select(quality_example).where(quality_example.c.group_id == group_id)
    )
    marked = {one.text: one.entities for one in labelled}
    return {
        **decided(row),
        # Of what is seen: the text that began the group may be another merchant's.
        "text": rows[0].text,
        "texts": [
            {
                "text": one.text,
                "count": one.turns,
                "conversation_id": of_turn[one.turn_id].conversation_id,
                "entities": marked.get(one.text, of_turn[one.turn_id].entities),
                "labelled": one.text in marked,
            }
            for one in rows
        ],
    }


def decided(row: Row[Any]) -> dict[str, Any]:
    """Return a group's label."""
    return {
        "id": row.id,
        "text": row.text,
        "decision": row.decision,
        "intent": row.intent,
        "note": row.note,
        "version": row.version,
        "decided_at": row.decided_at,
        "decided_by": row.decided_by,
    }


async def numbers(
    tx: AsyncConnection, since: datetime, until: datetime, zone: tzinfo | None, scope: Scope = None
) -> dict[str, Any]:
    """Return turns and missed turns of each day and channel, the top guesses, and the labels."""
    m = quality_miss.c
    days: dict[tuple[str, str], list[int]] = {}
    day = since
    while day < until:
        end = min(day + timedelta(days=1), until)
        name = day.astimezone(zone).date().isoformat()
        for channel, count in await _read_turns(tx, day, end, scope):
            days.setdefault((name, channel), [0, 0])[0] = count
        missed = select(m.channel, func.count()).where(m.at >= day, m.at < end, *_within(scope))
        for channel, count in await tx.execute(missed.group_by(m.channel)):
            days.setdefault((name, channel), [0, 0])[1] = count
        day = end
    inside = [m.at >= since, m.at < until, *_within(scope)]
    intents = await tx.execute(
        select(m.intent, func.count())
        .where(*inside)
        .group_by(m.intent)
        .order_by(func.count().desc(), m.intent)
        .limit(10)
    )
    labels = await tx.execute(
        select(quality_group.c.decision, func.count())
        .where(quality_group.c.id.in_(select(m.group_id).where(*inside)))
        .group_by(quality_group.c.decision)
    )
    return {
        "days": [
            {"day": name, "channel": channel, "turns": turns, "missed": missed}
            for (name, channel), (turns, missed) in sorted(days.items())
        ],
        "intents": [{"intent": name, "count": count} for name, count in intents],
        "groups": {row[0]: row[1] for row in labels},
    }


async def _read_turns(
    tx: AsyncConnection, since: datetime, until: datetime, scope: Scope
) -> Sequence[Any]:
    """Count the turns that the bot read, by channel."""
    query = (
        select(inbox.c.channel, func.count())
        .join(message, message.c.id == inbox.c.id)
        .where(
            message.c.at >= since,
            message.c.at < until,
            message.c.author == "consumer",
            inbox.c.nlu.is_not(None),
        )
        .group_by(inbox.c.channel)
    )
    if scope is not None:
        query = query.where(message.c.conversation_id.in_(scope))
    return (await tx.execute(query)).all()


async def _told(tx: AsyncConnection, row: Row[Any], wanted: Filter) -> dict[str, Any]:
    m = quality_miss.c
    found = await tx.execute(
        select(m.text, m.channel, m.reasons, m.guesses, m.chosen)
        .where(m.group_id == row.id, *_turns(wanted))
        .order_by(m.at.desc(), m.turn_id)
        .limit(_LOOKED_AT)
    )
    turns = found.all()
    reasons = 0
    guesses: dict[str, list[float]] = {}
    for turn in turns:
        reasons |= turn.reasons
        for guess in turn.guesses:
            guesses.setdefault(guess["intent"], []).append(guess["confidence"])
    ranked = sorted(((sum(c) / len(turns), name) for name, c in guesses.items()), reverse=True)
    texts = Counter(turn.text for turn in turns)
    return {
        **decided(row),
        # Of what is seen: the text that began the group may be another merchant's.
        "text": texts.most_common(1)[0][0] if texts else row.text,
        "count": row.turns,
        "first": row.first,
        "last": row.last,
        "channels": sorted({turn.channel for turn in turns}),
        "reasons": named(reasons),
        "guesses": [{"intent": n, "confidence": round(mean, 3)} for mean, n in ranked[:3]],
        "chosen": dict(Counter(turn.chosen for turn in turns if turn.chosen)),
        "examples": [text for text, _ in texts.most_common(3)],
    }


def _turns(wanted: Filter) -> list[ColumnElement[bool]]:
    m = quality_miss.c
    conditions: list[ColumnElement[bool]] = [m.at >= wanted.since, m.at < wanted.until]
    if wanted.channel is not None:
        conditions.append(m.channel == wanted.channel)
    if wanted.reason is not None:
        conditions.append(m.reasons.bitwise_and(int(wanted.reason)) != 0)
    if wanted.intent is not None:
        conditions.append(m.intent == wanted.intent)
    return [*conditions, *_within(wanted.scope)]


def _within(scope: Scope) -> Collection[ColumnElement[bool]]:
    return () if scope is None else (quality_miss.c.conversation_id.in_(scope),)
