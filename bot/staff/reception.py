"""Who it is that says something, and whose business that is."""

from __future__ import annotations

import hashlib

from bot.channels.staff import Card, Heard, Person
from bot.clock import Clock
from bot.desk.accounts import Account, Accounts
from bot.errors import AgentNotAvailable, CrewNotFound, NotFound
from bot.scheduling import Dispatch
from bot.staff.agents import AgentDesk
from bot.staff.bindings import Bindings, Bound
from bot.staff.crews import CrewDesk
from bot.staff.words import Wish, read, said, table

_OF_AGENTS = frozenset({"queue", "next", "claim"})


class Reception:
    """Answers everybody who is bound, and tells others how to be."""

    def __init__(
        self,
        bindings: Bindings,
        accounts: Accounts,
        agents: AgentDesk,
        dispatch: Dispatch,
        clock: Clock,
    ) -> None:
        self._bindings = bindings
        self._accounts = accounts
        self._agents = agents
        self._crews = CrewDesk(dispatch, clock)
        self._dispatch = dispatch
        self._clock = clock

    async def answer(self, heard: Heard) -> Card:
        """Do what somebody wishes and return what came of it.

        The same event again does nothing twice.
        """
        if not heard.words.strip():
            return Card(said("text_only"))
        wish = read(heard.words, self._clock.now())
        if wish is not None and wish.verb == "bind":
            return await self._bind(heard.person, wish.about)
        whom = await self._bindings.of(heard.person)
        if whom is None:
            return _stranger()
        try:
            return await self._answer_bound(heard, whom, wish)
        except (AgentNotAvailable, CrewNotFound):
            return Card(said("gone", "title"), (said("gone", "line"),))

    async def _answer_bound(self, heard: Heard, whom: Bound, wish: Wish | None) -> Card:
        if wish is not None and wish.verb == "unbind":
            await self._unbind(heard.person)
            return Card(said("unbound", "title"), (said("unbound", "line"),))
        if wish is None or wish.verb == "help" or _of(wish) != _side(whom):
            return _help(_side(whom), understood=wish is not None)
        if whom.crew_id is not None:
            return await self._crews.answer(whom.crew_id, wish, _command(heard))
        return await self._agents.answer(await self._account(whom), wish)

    async def _bind(self, person: Person, sent: str) -> Card:
        whom = await self._bindings.redeem(person, sent)
        if whom is None:
            return Card(said("wrong_code", "title"), (said("wrong_code", "line"),))
        if whom.crew_id is not None:
            name = (await self._dispatch.crew_day(whom.crew_id))["name"]
            return Card(said("bound", "title"), (said("bound", "crew", name=name),))
        name = (await self._account(whom)).alias
        return Card(said("bound", "title"), (said("bound", "agent", name=name),))

    async def _unbind(self, person: Person) -> None:
        try:
            await self._bindings.unbind(person)
        except NotFound:  # the event came twice
            return

    async def _account(self, whom: Bound) -> Account:
        return await self._accounts.get(whom.account_id or "")


def _side(whom: Bound) -> str:
    return "crew" if whom.crew_id is not None else "agent"


def _of(wish: Wish) -> str:
    return "agent" if wish.verb in _OF_AGENTS else "crew"


def _command(heard: Heard) -> str:
    """Return the name of a command that an event gives: the same for the same event."""
    person = heard.person
    named = f"{person.channel}\n{person.account}\n{heard.event_id}"
    return f"staff:{hashlib.sha256(named.encode(errors='surrogateescape')).hexdigest()}"


def _stranger() -> Card:
    return Card(said("strangers", "title"), (said("strangers", "line"),))


def _help(side: str, *, understood: bool) -> Card:
    title = said("help", "title") if understood else said("not_understood")
    return Card(title, tuple(str(line) for line in table("help")[side]))
