"""Clients that do everything at once to a few orders, some of it twice, in threads or processes."""

from __future__ import annotations

import asyncio
import random

from bot.catalogue import load
from bot.clock import FixedClock
from bot.database import Database
from bot.errors import BookingRefused, IllegalStatus
from bot.scheduling.dispatch import Dispatch
from bot.scheduling.status import StatusUpdate
from tests.scheduling import world as w

ORDERS = 6
COMMANDS = 60
DAYS = ("2026-11-26", "2026-11-27", "2026-11-28")
HOURS = (("09:00", "12:00"), ("12:00", "15:00"), ("15:00", "18:00"))
WINDOWS = [w.window(day, *hours) for day in DAYS for hours in HOURS]
RULES = w.BookingRules(max_changes=10**6)


def document():
    """Orders that are delivered by one crew on the first day and installed by another later."""
    orders = [
        w.order(
            f"O{n}",
            consumer_id=f"tb_{n}",
            visits=[
                w.visit_at(f"D{n}", WINDOWS[n % 3], kind="delivery"),
                w.visit_at(f"I{n}", WINDOWS[3 + n], kind="installation", crew_id="C2"),
            ],
        )
        for n in range(ORDERS)
    ]
    shifts = [w.shift(day, end="18:00", capacity=1080) for day in DAYS]
    return w.document(*orders, crews=[w.crew(name, shifts) for name in ("C1", "C2")])


def work(url: str, share: int) -> int:
    """Do half of all commands, each of which another client does too; return how many went."""
    return asyncio.run(_work(url, share))


async def _work(url, share):
    database = Database(url)
    world = w.World(database, FixedClock(w.NOW), RULES)
    numbers = [n for n in range(COMMANDS) if n % 2 == share % 2]
    random.Random(share).shuffle(numbers)
    done = sum(await asyncio.gather(*(_one(world, number) for number in numbers)))
    await database.close()
    return done


async def _one(world, number):
    """Do a command; the number alone says which, so that all who do it mean the same."""
    dice, command = random.Random(number), f"c{number}"
    order = dice.randrange(ORDERS)
    caller, order_no = w.Caller(f"t{order}", f"tb_{order}"), f"O{order}"
    window, what = dice.choice(WINDOWS), dice.random()
    try:
        if what < 0.65:
            await world.scheduling.book(caller, order_no, window, command)
        elif what < 0.8:
            await world.scheduling.hold(caller, order_no, window)
        elif what < 0.9:
            await world.scheduling.cancel(caller, order_no, command)
        else:
            dispatch = Dispatch(world.database, world.clock, load(), world.rules)
            await dispatch.report(StatusUpdate(f"D{order}", "en_route", command))
    except (BookingRefused, IllegalStatus):
        return 0
    return 1
