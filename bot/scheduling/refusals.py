"""Whether one may still book, move or cancel an order's visit."""

from __future__ import annotations

from datetime import datetime

from bot.scheduling import rules as rule
from bot.scheduling.models import UNDER_WAY, Order, Visit
from bot.settings import BookingRules


def refusal_code(
    order: Order, kind: str, now: datetime, rules: BookingRules, *, limits: bool = True
) -> str | None:
    """Say why a visit cannot be booked (`book`), moved (`move`) or cancelled (`cancel`) now.

    `limits`: the cut-off and the number of changes, which bind consumers. Beyond them a person
    decides; a visit that is under way or done is nobody's to change, and one that its crew has
    missed is bound by neither.
    """
    live = order.live_visit
    if order.closed:
        return "order_closed"
    if live is not None and live.status in UNDER_WAY:
        return "visit_in_progress"
    if kind == "cancel" and (live is None or live.window is None):
        return "visit_completed" if order.all_done else "nothing_to_cancel"
    if order.all_done:
        return "visit_completed"
    return _too_late_or_often(live, kind, now, rules) if limits else None


def _too_late_or_often(
    live: Visit | None, kind: str, now: datetime, rules: BookingRules
) -> str | None:
    if live is None or live.window is None or live.missed(now):
        return None
    if not rule.is_changeable(live.window, now, rules):
        return "too_late_to_change"
    if kind == "move" and live.changes >= rules.max_changes:
        return "too_many_changes"
    return None
