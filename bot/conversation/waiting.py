"""The queue for a person: when somebody is there, the place in it, and how long it takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, and_, distinct, func, null, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation import texts
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


async def minutes(tx: AsyncConnection, before: int, staffing: Staffing, now: datetime) -> int:
    """Return about how long it takes until a person answers, from how long chats took lately."""
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
    people = max(int(at_work.scalar_one()), 1)
    return min(max(math.ceil((before + 1) * each / people / 60), 1), _LONGEST_MINUTES)


async def place(tx: AsyncConnection, row: Row[Any], staffing: Staffing, now: datetime) -> str:
    """Return the sentence about a consumer's place in the queue."""
    before = await ahead(tx, row)
    if not staffing.staffed(now) and staffing.hours is not None:
        opens = staffing.hours[0].strftime("%H:%M")
        return texts.say("off_hours_position", position=before + 1, opens=opens)
    name = "position" if before else "position_first"
    about = await minutes(tx, before, staffing, now)
    return texts.say(name, ahead=before, minutes=about)


def closed_now(staffing: Staffing) -> str:
    """Return the sentence for who asks for a person outside of the hours."""
    opens, closes = staffing.hours or (time.min, time.max)
    return texts.say("off_hours", opens=opens.strftime("%H:%M"), closes=closes.strftime("%H:%M"))
