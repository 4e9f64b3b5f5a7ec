"""Invariants 1 to 4 through 100 SIGKILLs in the middle of booking, half on each database."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

from bot.database import Database
from bot.scheduling.tables import done_command, visit, visit_event
from tests.scheduling import world as w
from tests.scheduling.invariants import worker

KILLS = 50
WORKERS = 4
MODULE = "tests.scheduling.invariants.worker"


def test_kill_after_kill_the_ledger_and_the_visits_agree(database_url, tmp_path):
    asyncio.run(_prepare(database_url))
    acknowledged = tmp_path / "acknowledged"
    acknowledged.touch()
    _kill_again_and_again(database_url, str(acknowledged))
    commands = acknowledged.read_text().split()
    assert len(commands) > KILLS, "the workers did too little for the kills to mean anything"
    asyncio.run(_check(database_url, set(commands)))


async def _prepare(url):
    database = Database(url)
    await w.emptied(database)
    await w.World(database).scheduling.import_document(worker.document())
    await database.close()


def _kill_again_and_again(url, acknowledged):
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([MODULE])
    dice = random.Random(20261124)

    def start():
        process = context.Process(
            target=worker.work, args=(url, dice.getrandbits(32), acknowledged), daemon=True
        )
        process.start()
        return process

    processes = [start() for _ in range(WORKERS)]
    for _ in range(KILLS):
        victim = processes.pop(0)
        _until_it_books(victim.pid, acknowledged)
        time.sleep(dice.uniform(0, 0.1))
        os.kill(victim.pid, signal.SIGKILL)
        victim.join()
        assert victim.exitcode == -signal.SIGKILL, "it had died before it was killed"
        processes.append(start())
    for process in processes:
        process.kill()
        process.join()


def _until_it_books(pid, acknowledged):
    deadline = time.monotonic() + 60
    while f"{pid}-" not in Path(acknowledged).read_text():
        assert time.monotonic() < deadline, "a worker has booked nothing"
        time.sleep(0.01)


async def _check(url, acknowledged):
    database = Database(url)
    world = w.World(database)
    await world.ledger_is_sound()
    remembered = {row["command_id"] for row in await world.rows(done_command)}
    assert acknowledged <= remembered, "what was acknowledged is not there"
    visits = await world.rows(visit)
    live = Counter(v["order_no"] for v in visits if v["status"] == "scheduled")
    assert max(live.values(), default=0) == 1
    events = Counter(e["command_id"] for e in await world.rows(visit_event))
    booked = {r["command_id"] for r in await world.rows(done_command) if r["visit_id"]}
    assert events.keys() == booked
    assert set(events.values()) == {1}
    await _history_ends_as_the_visits_stand(world, visits)
    await database.close()


async def _history_ends_as_the_visits_stand(world, visits):
    last = {e["visit_id"]: e for e in sorted(await world.rows(visit_event), key=lambda e: e["id"])}
    for row in visits:
        assert last[row["visit_id"]]["after"]["status"] == row["status"]
        start = w.datetime.fromisoformat(last[row["visit_id"]]["after"]["window_start"])
        assert int(start.timestamp()) == row["window_start"]
