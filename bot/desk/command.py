"""`python -m bot agent add`: accounts outside of a demonstration."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from typing import Any

from bot.conversation.conversations import host_seconds
from bot.data import open_data
from bot.desk.accounts import Accounts
from bot.errors import LoginTaken, WeakPassword
from bot.settings import Settings

SHORTEST = 10
_MOST_CHATS = 50


def add_parser(commands: Any) -> None:
    """Add `agent add` to the command line."""
    agent = commands.add_parser("agent", help="accounts of those who answer at the desk")
    verbs = agent.add_subparsers(dest="verb", required=True, metavar="VERB")
    add = verbs.add_parser("add", help="make an account; the password is asked for, or read")
    add.add_argument("login", metavar="LOGIN", type=_text(64), help="what they sign in with")
    add.add_argument("--name", required=True, type=_text(64), help="who it is, for colleagues")
    add.add_argument("--alias", required=True, type=_text(32), help="the only name consumers learn")
    add.add_argument("--role", choices=["agent", "supervisor"], default="agent")
    add.add_argument("--max-chats", type=_chats, default=5, help="chats at a time (default 5)")
    add.add_argument(
        "--merchant",
        action="append",
        type=_text(255),
        help="whose consumers they see; once for each (default: everybody's)",
    )
    add.set_defaults(run=run)


def run(loaded: Settings, options: argparse.Namespace, _rest: list[str]) -> int:
    """Make the account. Raises LoginTaken, WeakPassword."""
    password = _password()
    if len(password) < SHORTEST:
        raise WeakPassword(shortest=SHORTEST)
    asyncio.run(_add(loaded, options, password))
    print(f"Made {options.role} {options.login}.")  # noqa: T201 - a command
    return 0


async def _add(loaded: Settings, options: argparse.Namespace, password: str) -> None:
    async with open_data(loaded) as data:
        accounts = Accounts(data.database, host_seconds())
        made = await accounts.create(
            options.login,
            options.name,
            options.alias,
            options.role,
            password,
            options.max_chats,
            options.merchant,
        )
    if made is None:
        raise LoginTaken(login=options.login)


def _password() -> str:
    """Ask for the password, or read one line where nobody sits at a terminal."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != first:
        raise WeakPassword("the two passwords differ")
    return first


def _text(longest: int) -> Any:
    def text(value: str) -> str:
        stripped = value.strip()
        if not 1 <= len(stripped) <= longest:
            raise argparse.ArgumentTypeError(f"1 to {longest} characters")
        return stripped

    return text


def _chats(value: str) -> int:
    if not (value.isascii() and value.isdigit() and 1 <= int(value[:6]) <= _MOST_CHATS):
        raise argparse.ArgumentTypeError(f"1 to {_MOST_CHATS}")
    return int(value)
