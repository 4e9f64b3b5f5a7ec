"""A process that books, holds, confirms, cancels and describes at random until it is killed."""

from __future__ import annotations

import asyncio
import os
import random
from datetime import timedelta

from bot.clock import FixedClock
from bot.database import Database
from bot.errors import BookingRefused
from tests.scheduling import world as w

ORDERS = 24
DAYS = ("2026-11-26", "2026-11-27")
WINDOWS = [w.window(day, f"{hour:02}:00", f"{hour + 3}:00") for day in DAYS for hour in (9, 12, 15)]


def document():
    """Enough orders to fight for six windows of two crews; rules that allow many changes."""
    shifts = [w.shift(day, end="18:00", capacity=540) for day in DAYS]
    orders = [w.order(f"O{n}", consumer_id=f"tb_{n}") for n in range(ORDERS)]
    return w.document(*orders, crews=[w.crew(c, shifts) for c in ("C1", "C2")])


def rules():
    return w.BookingRules(max_changes=10**6, hold_minutes=1)


def work(url: str, seed: int, acknowledged: str) -> None:
    """Change orders until the end; note in a file each command whose call has returned."""
    asyncio.run(_work(url, random.Random(seed), acknowledged))


async def _work(url, dice, acknowledged):
    database = Database(url)
    log = os.open(acknowledged, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    while True:
        # Clocks run apart, so that holds expire for some and not for others.
        clock = FixedClock(w.NOW + timedelta(seconds=dice.choice([0, 30, 90])))
        scheduling = w.World(database, clock, rules()).scheduling
        command = f"{os.getpid()}-{dice.getrandbits(60):x}"
        number = dice.randrange(ORDERS)
        try:
            done = await one(scheduling, dice, number, command)
        except BookingRefused:
            continue
        if done:
            os.write(log, f"{command}\n".encode())


async def one(scheduling, dice, number, command):
    """Make one random change and return whether it was a command that is remembered."""
    caller, order_no = w.Caller(f"t{number}", f"tb_{number}"), f"O{number}"
    window, what = dice.choice(WINDOWS), dice.randrange(10)
    if what < 4:
        await scheduling.book(caller, order_no, window, command)
    elif what < 7:
        held = await scheduling.hold(caller, order_no, window)
        await scheduling.book(caller, order_no, window, command, token=held.token)
    elif what < 8:
        await scheduling.hold(caller, order_no, window)
        return False
    elif what < 9:
        await scheduling.cancel(caller, order_no, command, "not_home")
    else:
        facts = {"old_appliance": dice.random() < 0.5}
        await scheduling.describe_site(caller, order_no, facts, command)
    return True
