"""Missed turns into groups of texts that are alike, as they come.

A text joins the group that it is most like, or begins one. What was grouped stays: labels
stand on groups.
"""

from __future__ import annotations

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.miss_tables import quality_miss
from bot.database import Database
from bot.database.upsert import upsert
from bot.quality import similar
from bot.quality.tables import quality_band, quality_group

_BATCH = 200
_CANDIDATES = 20


async def group_new(database: Database, most: int = 2000) -> int:
    """Group what is not grouped yet, up to `most`; return how many were."""
    done = 0
    while done < most:
        async with database.transaction() as tx:
            found = await tx.execute(
                select(quality_miss.c.turn_id, quality_miss.c.text)
                .where(quality_miss.c.group_id.is_(None))
                .order_by(quality_miss.c.turn_id)
                .limit(_BATCH)
                .with_for_update(skip_locked=True)
            )
            rows = found.all()
            grouped = [{"turn": row.turn_id, "to": await _group_of(tx, row.text)} for row in rows]
            if grouped:
                await tx.execute(
                    update(quality_miss)
                    .where(quality_miss.c.turn_id == bindparam("turn"))
                    .values(group_id=bindparam("to")),
                    grouped,
                )
        done += len(rows)
        if len(rows) < _BATCH:
            break
    return done


async def _group_of(tx: AsyncConnection, text: str) -> int:
    name = similar.key(text)
    same = select(quality_group.c.id).where(quality_group.c.key == name)
    known = (await tx.execute(same)).scalar_one_or_none()
    if known is not None:
        return int(known)
    bands = similar.bands(text)
    alike = await _most_alike(tx, text, bands)
    if alike is not None:
        return alike
    made = await tx.execute(
        upsert(tx, quality_group)
        .values(key=name, text=text, decision="open", version=1)
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(quality_group.c.id)
    )
    group_id = made.scalar_one_or_none()
    if group_id is None:  # another process began it a moment ago
        return int((await tx.execute(same)).scalar_one())
    rows = [{"band": band, "group_id": group_id} for band in sorted(set(bands))]
    await tx.execute(insert(quality_band), rows)
    return int(group_id)


async def _most_alike(tx: AsyncConnection, text: str, bands: list[int]) -> int | None:
    shared = (
        select(quality_band.c.group_id, func.count().label("bands"))
        .where(quality_band.c.band.in_(bands))
        .group_by(quality_band.c.group_id)
        .order_by(func.count().desc(), quality_band.c.group_id)
        .limit(_CANDIDATES)
        .subquery()
    )
    found = await tx.execute(
        select(quality_group.c.id, quality_group.c.text).join(
            shared, shared.c.group_id == quality_group.c.id
        )
    )
    scored = [(similar.likeness(text, row.text), -row.id) for row in found]
    best = max(scored, default=(0.0, 0))
    return -best[1] if best[0] >= similar.ALIKE else None
