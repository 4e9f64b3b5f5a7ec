"""Invariant 5: N clients race for K seats and exactly min(N, K) win, in tasks, threads, processes.

The variant that checks and then inserts is kept beside it, to show that the race is real.
"""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, insert, select

from bot.database import Database
from bot.errors import WindowTaken
from bot.scheduling import Caller, TimeRange
from bot.scheduling.tables import visit
from tests.scheduling import world as w

WINDOW = w.window()


def crowd(clients, seats):
    """So many orders for so many seats of one window, spread over two crews."""
    parts = [seats // 2, seats - seats // 2]
    crews = [
        w.crew(f"C{n}", [w.shift(capacity=min(part * w.AC_MINUTES, 1440))])
        for n, part in enumerate(parts)
    ]
    return w.document(
        *(w.order(f"O{n}", consumer_id=f"tb_{n}") for n in range(clients)), crews=crews
    )


async def race(url, numbers):
    """Book for each of the numbers at once; return who won. Anybody else got WindowTaken."""
    database = Database(url)
    scheduling = w.World(database).scheduling
    outcomes = await asyncio.gather(
        *(scheduling.book(Caller(f"t{n}", f"tb_{n}"), f"O{n}", WINDOW, f"c{n}") for n in numbers),
        return_exceptions=True,
    )
    await database.close()
    lost = [x for x in outcomes if isinstance(x, BaseException)]
    assert {type(x) for x in lost} <= {WindowTaken}
    return len(outcomes) - len(lost)


def race_here(url, numbers):
    return asyncio.run(race(url, numbers))


async def _prepare(url, document):
    database = Database(url)
    await w.emptied(database)
    await w.World(database).scheduling.import_document(document)
    await database.close()


async def _check(url, winners):
    database = Database(url)
    world = w.World(database)
    await world.ledger_is_sound()
    assert len(await world.rows(visit)) == winners
    await database.close()


def _shares(clients, workers):
    return [range(n, clients, workers) for n in range(workers)]


@pytest.mark.parametrize(("clients", "seats"), [(24, 9), (5, 9)])
def test_clients_in_threads(database_url, clients, seats):
    asyncio.run(_prepare(database_url, crowd(clients, seats)))
    with ThreadPoolExecutor(4) as pool:
        won = sum(pool.map(race_here, itertools.repeat(database_url), _shares(clients, 4)))
    assert won == min(clients, seats)
    asyncio.run(_check(database_url, won))


def test_clients_in_processes(database_url):
    asyncio.run(_prepare(database_url, crowd(24, 9)))
    with multiprocessing.get_context("forkserver").Pool(4) as pool:
        won = sum(pool.starmap(race_here, [(database_url, share) for share in _shares(24, 4)]))
    assert won == 9
    asyncio.run(_check(database_url, won))


async def test_the_losers_are_told_why_and_what_else_there_is(world):
    document = crowd(4, 2)
    document["crews"][0]["shifts"].append(w.shift("2026-11-27"))
    await world.scheduling.import_document(document)
    for n in range(2):
        await world.scheduling.book(Caller("t", f"tb_{n}"), f"O{n}", WINDOW, f"c{n}")
    wish = [TimeRange(WINDOW.start, WINDOW.end)]
    offer = await world.scheduling.offer(Caller("t", "tb_3"), "O3", wish)
    assert (offer.matching, offer.reason.code) == (False, "full")
    assert offer.windows == (w.window("2026-11-27"),)


async def _check_then_insert(database, number, barrier):
    """How it is often done: count, then insert. Wrong, and kept to show that it is."""
    async with database.reading() as tx:
        taken = await tx.scalar(select(func.count()).select_from(visit))
    await barrier.wait()
    if taken >= 2:
        return False
    async with database.transaction() as tx:
        await tx.execute(
            insert(visit).values(
                visit_id=f"V{number}",
                order_no=f"O{number}",
                seq=0,
                kind="installation",
                status="scheduled",
                crew_id="C0",
                minutes=1,
                attention=False,
                window_start=int(WINDOW.start.timestamp()),
                window_end=int(WINDOW.end.timestamp()),
            )
        )
    return True


async def test_check_then_insert_oversells_where_nothing_is_charged(world):
    await world.scheduling.import_document(crowd(6, 2))
    barrier = asyncio.Barrier(6)
    won = await asyncio.gather(*(_check_then_insert(world.database, n, barrier) for n in range(6)))
    assert sum(won) > 2
