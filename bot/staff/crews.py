"""A crew's day and what it reports of its visits, as cards."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from actions import wording
from bot.channels.staff import Card, Choice
from bot.clock import Clock
from bot.errors import IllegalStatus, VisitNotFound
from bot.scheduling import Dispatch
from bot.scheduling.status import MOVES, StatusUpdate
from bot.staff.words import Wish, said, table, words

# What fits as buttons under one card on the messenger that shows the fewest.
MOST_CHOICES = 5
_MORNING = time(9)


class CrewDesk:
    """What one who is bound to a crew may do: see its days and report of its visits."""

    def __init__(self, dispatch: Dispatch, clock: Clock) -> None:
        self._dispatch = dispatch
        self._clock = clock

    async def answer(self, crew_id: str, wish: Wish, command_id: str) -> Card:
        """Do a wish and return what came of it. Raises CrewNotFound."""
        try:
            if wish.verb == "tasks":
                return await self._day(crew_id, wish.day or self._clock.today())
            if wish.verb == "visit":
                return await self._visit(crew_id, wish.about)
            if wish.verb == "failed" and (wish.reason is None or wish.contact is None):
                return await self._ask(crew_id, wish)
            return await self._report(crew_id, wish, command_id)
        except VisitNotFound:
            return Card(said("visit", "unknown"), choices=(_today(),))

    async def _day(self, crew_id: str, day: date) -> Card:
        found = await self._dispatch.crew_day(crew_id, day)
        visits = found["visits"]
        named = {"crew": found["name"], "day": wording.day(day, self._clock.today())}
        if not visits:
            return Card(said("day", "none", **named))
        lines = [_line(number, visit) for number, visit in enumerate(visits, 1)]
        # What is still to be done comes first where not all have a button.
        order = sorted(enumerate(visits, 1), key=lambda one: one[1]["status"] not in MOVES)
        shown, left = sorted(order[:MOST_CHOICES]), order[MOST_CHOICES:]
        if left:
            others = wording.listed(visit["visit_id"] for _, visit in left)
            lines.append(said("day", "more", visits=others))
        return Card(
            said("day", "title", count=len(visits), **named),
            tuple(lines),
            tuple(_detail(number, visit["visit_id"]) for number, visit in shown),
        )

    async def _visit(self, crew_id: str, visit_id: str, title: str | None = None) -> Card:
        visit = await self._dispatch.crew_visit(crew_id, visit_id)
        moves = MOVES.get(visit["status"], ())
        choices = [_move(move, visit_id) for move in moves]
        return Card(
            title or said("visit", "title", **_hours(visit), status=_status(visit)),
            _details(visit),
            (*choices, _today()),
        )

    async def _ask(self, crew_id: str, wish: Wish) -> Card:
        """Ask why a visit failed, then when its consumer is to be called."""
        await self._dispatch.crew_visit(crew_id, wish.about)
        known = [wish.about]
        if wish.reason is None:
            question, answers = "ask_reason", table("reasons")
        else:
            question, answers = "ask_when", table("contacts")
            known.append(str(table("reasons")[wish.reason]))
        choices = [Choice(label, words("failed", *known, label)) for label in answers.values()]
        return Card(said(question), (said("visit", "number", visit_id=wish.about),), tuple(choices))

    async def _report(self, crew_id: str, wish: Wish, command_id: str) -> Card:
        update = StatusUpdate(
            wish.about,
            wish.verb,  # type: ignore[arg-type]  # a verb that is no status never comes here
            command_id,
            wish.reason,  # type: ignore[arg-type]
            self._contact_at(wish.contact) if wish.verb == "failed" else None,
            crew_id=crew_id,
        )
        try:
            await self._dispatch.report(update)
        except IllegalStatus as error:
            present = str(table("status").get(error.facts["present"], error.facts["present"]))
            return await self._visit(crew_id, wish.about, said("illegal", status=present))
        reported = said("reported", status=table("status")[wish.verb])
        return await self._visit(crew_id, wish.about, reported)

    def _contact_at(self, contact: str | None) -> datetime:
        now = self._clock.now()
        if contact == "hour":
            return now + timedelta(hours=1)
        days = 1 if contact == "tomorrow" else 2
        return datetime.combine(now.date() + timedelta(days=days), _MORNING, now.tzinfo)


def _line(number: int, visit: dict[str, Any]) -> str:
    return said(
        "day",
        "line",
        number=number,
        **_hours(visit),
        status=_status(visit),
        name=visit["consumer"]["name"],
        goods=wording.listed(visit["goods"]),
        address=visit["address"]["text"],
    )


def _details(visit: dict[str, Any]) -> tuple[str, ...]:
    consumer, facts = visit["consumer"], wording.facts(visit["site"])
    lines = [
        said("visit", "consumer", name=consumer["name"], phone=consumer["phone"]),
        visit["address"]["text"],
        said(
            "visit",
            "goods",
            goods=wording.listed(visit["goods"]),
            kind=wording.kind(visit["kind"]),
            minutes=visit["minutes"],
        ),
    ]
    if facts:
        lines.append(said("visit", "site", facts=facts))
    if visit["attention"]:
        lines.append(said("visit", "attention"))
    return (*lines, said("visit", "number", visit_id=visit["visit_id"]))


def _hours(visit: dict[str, Any]) -> dict[str, str]:
    start, end = visit["window_start"], visit["window_end"]
    return {
        "start": f"{datetime.fromisoformat(start):%H:%M}" if start else "",
        "end": f"{datetime.fromisoformat(end):%H:%M}" if end else "",
    }


def _status(visit: dict[str, Any]) -> str:
    return str(table("status").get(visit["status"], visit["status"]))


def _detail(number: int, visit_id: str) -> Choice:
    return Choice(said("day", "detail", number=number), words("visit", visit_id))


def _move(status: str, visit_id: str) -> Choice:
    title = str(table("moves")[status])
    return Choice(title, words(status, visit_id), main=status != "failed")


def _today() -> Choice:
    return Choice(said("day", "again"), words("tasks"))
