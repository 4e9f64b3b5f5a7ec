"""Which windows an order's next visit can have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.catalogue import Catalogue
from bot.scheduling import rules as rule
from bot.scheduling import why
from bot.scheduling.contract import epoch
from bot.scheduling.models import Availability, Order, Reason, Window
from bot.scheduling.reasons import reason
from bot.scheduling.refusals import refusal_code
from bot.scheduling.rules import Need
from bot.scheduling.slots import Slot, Span, open_slots, open_windows
from bot.settings import BookingRules


@dataclass(frozen=True)
class Search:
    """Looks for windows under one set of rules at one instant."""

    connection: AsyncConnection
    catalogue: Catalogue
    rules: BookingRules
    now: datetime
    # False where a person decides: then neither cut-off nor number of changes keeps a visit.
    limits: bool = True

    @property
    def horizon(self) -> Span:
        """The days that can be booked."""
        today = self.now.date()
        return Span(today, today + timedelta(days=self.rules.horizon_days))

    def need(self, order: Order) -> Need:
        """Return what the order's next visit asks of a crew."""
        return rule.needs(order, self.catalogue, self.rules)

    async def availability(self, order: Order, span: Span) -> Availability:
        """Return the open windows of the days, or the reason why there are none."""
        blocked = self.blocked(order) or self._out_of_range(span)
        if blocked:
            return Availability((), reason(blocked))
        windows = await self.windows(order, span)
        return Availability(windows, None if windows else await self.why_none(order, span))

    async def windows(self, order: Order, span: Span) -> tuple[Window, ...]:
        """Return what can be booked in the days, soonest first."""
        if self.blocked(order) or order.goods_missing:
            return ()
        found = await open_windows(self.connection, order, self.need(order), span, epoch(self.now))
        present, opens = _present(order), rule.opening(self.now, self.rules)
        return tuple(window for window in found if window != present and opens(window))

    async def slots(self, order: Order, window: Window) -> list[Slot]:
        """Return the crews that can take the order's next visit in a window, best first."""
        barred = self.blocked(order) or order.goods_missing or window == _present(order)
        if barred or not rule.is_open(window, self.now, self.rules):
            return []
        return await open_slots(self.connection, order, self.need(order), window, epoch(self.now))

    def blocked(self, order: Order) -> str | None:
        """Return the code of what keeps the order from any window at all, or None."""
        live = order.live_visit
        booked = live is not None and live.window is not None
        kind = "move" if booked else "book"
        code = refusal_code(order, kind, self.now, self.rules, limits=self.limits)
        if code is None and rule.unknown_fact(order, self.catalogue):
            return "site_unknown"
        return code

    def _out_of_range(self, span: Span) -> str | None:
        if span.last < self.horizon.first:
            return "past"
        return "beyond_horizon" if span.first > self.horizon.last else None

    async def why_none(
        self,
        order: Order,
        span: Span,
        scope: why.Scope = why.everything,
        crew_id: str | None = None,
    ) -> Reason:
        """Return why no window of the days, or of the part of them in scope, can be booked.

        With `crew_id` one crew alone is asked about.
        """
        blocked = self.blocked(order) or self._out_of_range(span)
        if blocked:
            return reason(blocked)
        inquiry = why.Inquiry(
            self.connection, order, self.need(order), span, scope, self.now, self.rules, crew_id
        )
        return await why.explain(inquiry, self.horizon.last, self.catalogue)


def _present(order: Order) -> Window | None:
    live = order.live_visit
    return live.window if live is not None else None
