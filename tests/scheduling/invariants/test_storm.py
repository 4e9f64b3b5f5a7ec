"""Invariants 1 to 4, 7, 8 and 10 after clients in threads and in processes have done everything
at once, each command twice."""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.database import Database
from bot.scheduling import Caller
from bot.scheduling.notice_tables import notice
from bot.scheduling.tables import done_command, visit, visit_event
from tests.scheduling import world as w
from tests.scheduling.invariants import storm

CLIENTS = 4
# What a command does to the visit it is about, and the notice that it leads to.
TOLD = {"scheduled": "confirmed", "rescheduled": "changed", "cancelled": "cancelled"}
BY_A_CREW = {"en_route"}


@pytest.mark.parametrize("how", ["threads", "processes"])
def test_all_holds_after_everything_at_once(database_url, how):
    asyncio.run(_prepare(database_url))
    shares = range(CLIENTS)
    if how == "threads":
        with ThreadPoolExecutor(CLIENTS) as pool:
            done = list(pool.map(storm.work, itertools.repeat(database_url), shares))
    else:
        with multiprocessing.get_context("forkserver").Pool(CLIENTS) as pool:
            done = pool.starmap(storm.work, [(database_url, share) for share in shares])
    assert sum(done) > storm.COMMANDS / 2, "too little went through to mean anything"
    asyncio.run(_check(database_url))


async def _prepare(url):
    database = Database(url)
    await w.emptied(database)
    await w.World(database).scheduling.import_document(storm.document())
    await database.close()


async def _check(url):
    database = Database(url)
    world = w.World(database)
    await world.ledger_is_sound()
    ids = {row["visit_id"] for row in await world.rows(visit)}
    events = [e for e in await world.rows(visit_event) if e["visit_id"] in ids]
    events.sort(key=lambda event: event["id"])
    _each_command_once(events, await world.rows(done_command), await world.rows(notice))
    for visit_id in ids:
        _unbroken([event for event in events if event["visit_id"] == visit_id])
    for number in range(storm.ORDERS):
        order = await world.scheduling.order(Caller("t", f"tb_{number}"), f"O{number}")
        _one_live_of_a_kind(order)
        _in_order(order)
    await database.close()


def _each_command_once(events, commands, notices):
    mine = Counter(e["command_id"] for e in events if e["what"] in {*TOLD, *BY_A_CREW})
    assert set(mine.values()) == {1}
    assert mine.keys() == {row["command_id"] for row in commands if row["visit_id"]}
    told = Counter((n["command_id"], n["kind"], n["visit_id"]) for n in notices)
    for event in events:
        if event["what"] in TOLD:
            key = (event["command_id"], TOLD[event["what"]], event["visit_id"])
            assert told[key] == 1, key


def _unbroken(events):
    """Each change began with what the one before had left, and none came after the crew set out."""
    for earlier, later in itertools.pairwise(events):
        assert later["before"] == earlier["after"]
        assert earlier["what"] not in BY_A_CREW


def _one_live_of_a_kind(order):
    live = Counter(v.kind for v in order.visits if v.status not in {"cancelled", "failed"})
    assert max(live.values(), default=1) == 1


def _in_order(order):
    booked = {v.kind: v for v in order.visits if v.status in {"scheduled", "en_route"}}
    installation, delivery = booked.get("installation"), booked.get("delivery")
    if installation is None or installation.attention:
        return
    assert delivery is not None, "it was neither delivered nor flagged"
    same = installation.crew == delivery.crew
    assert installation.window.start >= (delivery.window.start if same else delivery.window.end)
