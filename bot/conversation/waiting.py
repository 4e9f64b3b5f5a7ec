"""The queue for a person: when somebody is there, the place in it, and how long it takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, and_, distinct, func, null, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation import texts
from bot.conversation.records import Place
from bot.conversation.states import State
from bot.conversation.tables import assignment, conversation

_RECENT = 50
_AT_WORK = timedelta(minutes=30)
_LONGEST_MINUTES = 60


@dataclass(frozen=True)
class Staffing:
    """When people answer, and how patient the queue is.

    `hours` are opening and closing time of every day, None for always. After `patience` in
    the queue a consumer is told that nobody came. `usual` is how long a chat with a person
    takes as long as none has been measured.
    """

    hours: tuple[time, time] | None = None
    patience: timedelta = timedelta(minutes=30)
    usual: timedelta = timedelta(minutes=5)

    def staffed(self, now: datetime) -> bool:
        """Whether people answer now."""
        return self.hours is None or self.hours[0] <= now.time() < self.hours[1]

    def deadline(self, now: datetime) -> datetime:
        """Return until when who begins to wait now waits; the time before opening is extra."""
        return self._opening(now) + self.patience

    def _opening(self, now: datetime) -> datetime:
        if self.hours is None or self.staffed(now):
            return now
        day = now.date() + timedelta(days=int(now.time() >= self.hours[1]))
        return datetime.combine(day, self.hours[0], now.tzinfo)


async def ahead(tx: AsyncConnection, row: Row[Any]) -> int:
    """Return how many are before a queued conversation."""
    c = conversation.c
    found = await tx.execute(
        select(func.count()).where(
            c.state == State.QUEUED,
            or_(
                c.priority < row.priority,
                and_(c.priority == row.priority, c.ticket < row.ticket),
            ),
        )
    )
    return int(found.scalar_one())


async def place(tx: AsyncConnection, row: Row[Any], staffing: Staffing, now: datetime) -> Place:
    """Return a waiting consumer's place."""
    return _placed(await ahead(tx, row), await _pace(tx, staffing, now), staffing)


async def places(tx: AsyncConnection, staffing: Staffing, now: datetime) -> dict[str, Place]:
    """Return the places of all who wait, by conversation."""
    c = conversation.c
    found = await tx.execute(
        select(c.id).where(c.state == State.QUEUED).order_by(c.priority, c.ticket)
    )
    names = [row.id for row in found]
    pace = await _pace(tx, staffing, now) if names else None
    return {name: _placed(before, pace, staffing) for before, name in enumerate(names)}


def said(place: Place) -> str:
    """Return the sentence about a place."""
    if place.opens is not None:
        return texts.say("off_hours_position", position=place.position, opens=hour(place.opens))
    name = "position" if place.position > 1 else "position_first"
    return texts.say(name, ahead=place.position - 1, minutes=place.minutes)


def hour(at: time) -> str:
    """Return a time of day as it is said."""
    return at.strftime("%H:%M")


def _placed(before: int, pace: float | None, staffing: Staffing) -> Place:
    if pace is None:
        return Place(before + 1, opens=staffing.hours[0] if staffing.hours else None)
    return Place(before + 1, min(max(math.ceil((before + 1) * pace), 1), _LONGEST_MINUTES))


async def _pace(tx: AsyncConnection, staffing: Staffing, now: datetime) -> float | None:
    """Return after how many minutes one more is taken, from how long chats took lately.

    None where nobody answers now.
    """
    if not staffing.staffed(now):
        return None
    recent = (
        select(assignment.c.from_at, assignment.c.to_at)
        .where(assignment.c.to_at != null())
        .order_by(assignment.c.to_at.desc())
        .limit(_RECENT)
    )
    took = [(end - start).total_seconds() for start, end in await tx.execute(recent)]
    each = sum(took) / len(took) if took else staffing.usual.total_seconds()
    at_work = await tx.execute(
        select(func.count(distinct(assignment.c.agent))).where(
            or_(assignment.c.to_at == null(), assignment.c.to_at > now - _AT_WORK)
        )
    )
    return each / max(int(at_work.scalar_one()), 1) / 60


def closed_now(staffing: Staffing) -> str:
    """Return the sentence for who asks for a person outside of the hours."""
    opens, closes = staffing.hours or (time.min, time.max)
    return texts.say("off_hours", opens=hour(opens), closes=hour(closes))
