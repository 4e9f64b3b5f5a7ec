"""What consumers say of a visit: that its window suits, and how it was."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database.upsert import upsert
from bot.scheduling import history
from bot.scheduling.contract import epoch
from bot.scheduling.models import Order, Visit
from bot.scheduling.notice_tables import visit_assent, visit_rating

_ACTOR = "consumer"


async def assent(
    connection: AsyncConnection, order: Order, command_id: str, now: datetime
) -> Visit | None:
    """Note that the booked window suits the consumer; None where no visit is to come.

    Said again of the same window it changes nothing.
    """
    visit = order.live_visit
    if visit is None or visit.window is None or visit.status != "scheduled" or visit.missed(now):
        return None
    window_start = epoch(visit.window.start)
    values = {"window_start": window_start, "at": epoch(now)}
    written = await connection.execute(
        upsert(connection, visit_assent)
        .values(visit_id=visit.visit_id, **values)
        .on_conflict_do_update(
            index_elements=["visit_id"],
            set_=values,
            where=visit_assent.c.window_start != window_start,
        )
        .returning(visit_assent.c.visit_id)
    )
    if written.first() is not None:
        await history.note(
            connection, visit, visit, "assented", now, actor=_ACTOR, command_id=command_id
        )
    return visit


async def rate(
    connection: AsyncConnection, order: Order, score: int, command_id: str, now: datetime
) -> Visit | None:
    """Keep the consumer's score, 1 to 5, of the visit that was completed last.

    None where none was. A second score replaces the first.
    """
    done = [visit for visit in order.visits if visit.status == "completed"]
    if not done:
        return None
    visit = max(done, key=lambda v: (v.window.start if v.window else now, v.visit_id))
    values = {"score": score, "at": epoch(now)}
    written = await connection.execute(
        upsert(connection, visit_rating)
        .values(visit_id=visit.visit_id, **values)
        .on_conflict_do_update(
            index_elements=["visit_id"], set_=values, where=visit_rating.c.score != score
        )
        .returning(visit_rating.c.visit_id)
    )
    if written.first() is not None:
        await history.note(
            connection,
            visit,
            visit,
            "rated",
            now,
            actor=_ACTOR,
            reason=str(score),
            command_id=command_id,
        )
    return visit
