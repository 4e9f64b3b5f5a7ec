"""`python -m bot staff …`: who is who on messengers, for whoever runs the server."""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

from bot.channels.staff import Person
from bot.conversation.conversations import host_seconds
from bot.data import open_data
from bot.desk.accounts import Accounts
from bot.errors import NotFound
from bot.settings import Settings
from bot.staff.bindings import CODE_SECONDS, Bindings, Bound


def add_parser(commands: Any) -> None:
    """Add `staff` to the command line."""
    staff = commands.add_parser("staff", help="agents and crews in Feishu and DingTalk")
    verbs = staff.add_subparsers(dest="verb", required=True, metavar="VERB")
    code = verbs.add_parser("code", help="print a code that binds whoever sends it to the robot")
    _add_whom(code)
    bind = verbs.add_parser("bind", help="bind somebody whose name on the messenger is known")
    _add_person(bind)
    _add_whom(bind)
    _add_person(verbs.add_parser("unbind", help="forget somebody"))
    verbs.add_parser("list", help="print who is bound")
    staff.set_defaults(run=run)


def run(loaded: Settings, options: argparse.Namespace, _rest: list[str]) -> int:
    """Do what was asked for. Raises CrewNotFound, NotFound."""
    for line in asyncio.run(_run(loaded, options)):
        print(line)  # noqa: T201 - a command
    return 0


async def _run(loaded: Settings, options: argparse.Namespace) -> list[str]:
    async with open_data(loaded) as data:
        accounts = Accounts(data.database, host_seconds())
        bindings = Bindings(data.database, host_seconds())
        if options.verb == "list":
            return await _list(bindings, accounts)
        if options.verb == "unbind":
            await bindings.unbind(_person(options))
            return [f"{options.user} is no longer bound."]
        whom = await _whom(accounts, options)
        if options.verb == "bind":
            await bindings.bind(_person(options), whom)
            return [f"{options.user} is bound."]
        code = await bindings.make_code(whom)
        return [
            f"{code} (to be sent as: 绑定 {code}; once, within {CODE_SECONDS / 60:.0f} minutes)"
        ]


async def _list(bindings: Bindings, accounts: Accounts) -> list[str]:
    logins = {account.id: account.login for account in await accounts.all()}
    return [
        f"{person.channel} {person.account} {person.user}: "
        + (f"crew {whom.crew_id}" if whom.crew_id else f"login {logins.get(whom.account_id or '')}")
        for person, whom in await bindings.all()
    ]


async def _whom(accounts: Accounts, options: argparse.Namespace) -> Bound:
    if options.crew:
        return Bound(crew_id=options.crew)
    for account in await accounts.all():
        if account.login == options.login:
            return Bound(account.id)
    raise NotFound(f"there is no account {options.login}; `python -m bot agent add` makes one")


def _add_whom(parser: argparse.ArgumentParser) -> None:
    whom = parser.add_mutually_exclusive_group(required=True)
    whom.add_argument("--login", help="to this account of the desk")
    whom.add_argument("--crew", metavar="CREW_ID", help="to this crew")


def _add_person(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("channel", choices=["feishu", "dingtalk"])
    parser.add_argument("account", help="our account's name in the file of channels")
    parser.add_argument("user", help="Feishu's open_id, DingTalk's user id")


def _person(options: argparse.Namespace) -> Person:
    return Person(options.channel, options.account, options.user)
