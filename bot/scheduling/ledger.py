"""Statements that charge a window, and take nothing where it has no room."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.scheduling import tables as t


async def lock_order(connection: AsyncConnection, order_no: str) -> None:
    """Let the changes of one order wait for one another."""
    if connection.dialect.name == "sqlite":
        return  # its write transactions wait for one another anyway
    await connection.execute(
        select(t.orders.c.order_no).where(t.orders.c.order_no == order_no).with_for_update()
    )


async def lock_windows(connection: AsyncConnection, windows: Iterable[int | None]) -> None:
    """Lock all windows that a transaction is about to touch, always in the order of their ids.

    Two that move between the same windows in opposite directions then wait instead of
    deadlocking.
    """
    ids = sorted({cw_id for cw_id in windows if cw_id is not None})
    # A single one is locked by the statement that touches it.
    if connection.dialect.name == "sqlite" or len(ids) < 2:  # noqa: PLR2004
        return
    cw_id = t.crew_window.c.cw_id
    await connection.execute(
        select(cw_id).where(cw_id.in_(ids)).order_by(cw_id).with_for_update(key_share=True)
    )


async def attempt(
    connection: AsyncConnection,
    write: Callable[[], Awaitable[None]],
    unsold: int | None = None,
) -> bool:
    """Run statements that the ledger may refuse; nothing of them stays where it does.

    `unsold` is a window that must not end up with more than we may sell of it: an import may
    have widened it for what happened elsewhere, and that room is not ours.
    """
    try:
        async with connection.begin_nested():
            await write()
            if unsold is not None:
                await _check_sellable(connection, unsold)
    except IntegrityError:
        return False
    return True


async def _check_sellable(connection: AsyncConnection, cw_id: int) -> None:
    w = t.crew_window.c
    if await connection.scalar(select(w.used_min > w.sellable_min).where(w.cw_id == cw_id)):
        raise IntegrityError("sellable_min", None, ValueError("more than may be sold"))
