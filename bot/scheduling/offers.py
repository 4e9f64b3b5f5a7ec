"""Which of the open windows to name to a consumer who wishes for a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from bot.scheduling.availability import Search
from bot.scheduling.models import Offer, Order, TimeRange, Window
from bot.scheduling.reasons import reason
from bot.scheduling.slots import Span


async def offer(
    search: Search,
    order: Order,
    wish: Sequence[TimeRange],
    refused: Sequence[TimeRange],
    limit: int,
) -> Offer:
    """Return up to `limit` windows of the wish, else the nearest others and why."""
    everything = await search.availability(order, search.horizon)
    allowed = [w for w in everything.windows if not _in_any(w, refused)]
    wanted = [w for w in allowed if not wish or _in_any(w, wish)]
    if wanted or not wish:
        why = everything.reason or (None if wanted else reason("full"))
        return Offer(tuple(wanted[:limit]), matching=bool(wanted), reason=why)
    why = everything.reason
    if why is None:
        span = _span(search, wish[0])
        why = await search.why_none(order, span, lambda window: in_range(window, wish[0]))
    return Offer(_nearest(allowed, wish, limit), matching=False, reason=why)


def _span(search: Search, wish: TimeRange) -> Span:
    first = wish.earliest.date() if wish.earliest else search.horizon.first
    if wish.latest is None:
        return Span(first, max(first, search.horizon.last))
    last = (wish.latest - timedelta(seconds=1)).date()
    return Span(first, max(first, last))


def _in_any(window: Window, ranges: Iterable[TimeRange]) -> bool:
    return any(in_range(window, wanted) for wanted in ranges)


def in_range(window: Window, wanted: TimeRange) -> bool:
    """Say whether a window answers a wish.

    It lies inside the wish; or the wish is shorter than the window ("下午三点") and begins in
    it; or it holds more than half of the window ("中午").
    """
    first = max(window.start, wanted.earliest or window.start)
    last = min(window.end, wanted.latest or window.end)
    if first >= last:
        return False
    if wanted.earliest is not None and wanted.latest is not None:
        short = wanted.latest - wanted.earliest < window.end - window.start
        if short and window.start <= wanted.earliest < window.end:
            return True
    return (last - first) * 2 > window.end - window.start


def _nearest(
    windows: Sequence[Window], wish: Sequence[TimeRange], limit: int
) -> tuple[Window, ...]:
    anchors = [r.earliest or r.latest for r in wish]
    aims = [anchor for anchor in anchors if anchor is not None]

    def distance(window: Window) -> timedelta:
        return min((abs(window.start - aim) for aim in aims), default=timedelta())

    return tuple(sorted(sorted(windows, key=distance)[:limit]))
