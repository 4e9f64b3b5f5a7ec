"""Which of the open windows to name to a consumer who wishes for a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from bot.scheduling.availability import Search
from bot.scheduling.models import Alternative, Offer, Order, Reason, TimeRange, Window
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
    if wanted:
        return Offer(tuple(wanted[:limit]), matching=True, reason=None)
    why = everything.reason or await _why(search, order, wish, everything.windows)
    if not (wish and allowed):
        return Offer((), matching=False, reason=why)
    instead = _alternative(allowed, wish)
    others = [w for w in _nearest(allowed, wish, limit) if w != instead.window]
    named = tuple(sorted([instead.window, *others[: limit - 1]]))
    return Offer(named, matching=False, reason=why, alternative=instead)


async def _why(
    search: Search, order: Order, wish: Sequence[TimeRange], is_open: Sequence[Window]
) -> Reason:
    """Return why nothing is left: it was all refused, or the wish has no window."""
    if not wish or any(_in_any(window, wish) for window in is_open):
        return reason("nothing_else")
    span = _span(search, wish[0])
    return await search.why_none(order, span, lambda window: in_range(window, wish[0]))


def _alternative(allowed: Sequence[Window], wish: Sequence[TimeRange]) -> Alternative:
    starts = [wanted.earliest for wanted in wish]
    since = min((start for start in starts if start is not None), default=None)
    if since is None or None in starts or allowed[0].end > since:
        return Alternative("soonest", allowed[0])
    later = next((window for window in allowed if window.end > since), None)
    return Alternative("later", later) if later else Alternative("last", allowed[-1])


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
    """Return the windows that start closest to the wish, the closest first."""
    anchors = [r.earliest or r.latest for r in wish]
    aims = [anchor for anchor in anchors if anchor is not None]

    def distance(window: Window) -> timedelta:
        return min((abs(window.start - aim) for aim in aims), default=timedelta())

    return tuple(sorted(windows, key=distance)[:limit])
