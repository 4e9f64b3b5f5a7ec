"""Write transactions on SQLite that share one COMMIT."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from bot.database import Database
from bot.database.group_commit import LARGEST


@pytest.fixture
def path(tmp_path):
    return tmp_path / "shared.db"


@pytest.fixture
async def database(path):
    opened = Database(f"sqlite:///{path}")
    async with opened.transaction() as tx:
        await tx.execute(text("CREATE TABLE parent (id INTEGER PRIMARY KEY)"))
        await tx.execute(text("CREATE TABLE line (id INTEGER REFERENCES parent)"))
    yield opened
    await opened.close()


@pytest.fixture
def commits(database):
    seen = []
    event.listen(database._engine.sync_engine, "commit", seen.append)
    return seen


def stored(path):
    """Return what another connection sees."""
    connection = sqlite3.connect(path)
    found = [row[0] for row in connection.execute("SELECT id FROM parent ORDER BY id")]
    connection.close()
    return found


async def write(database, number, then=None):
    async with database.transaction() as tx:
        await tx.execute(text("INSERT INTO parent VALUES (:n)"), {"n": number})
        if then is not None:
            await then(tx)


async def fail(_tx):
    raise ZeroDivisionError


async def test_those_who_wait_share_a_commit_and_see_it_done(database, path, commits):
    async def write_and_look(number):
        await write(database, number)
        return number in stored(path)

    assert all(await asyncio.gather(*(write_and_look(n) for n in range(20))))
    assert len(commits) == 1


async def test_a_batch_is_not_endless(database, path, commits):
    await asyncio.gather(*(write(database, n) for n in range(2 * LARGEST + 1)))
    assert len(stored(path)) == 2 * LARGEST + 1
    assert len(commits) == 3


@pytest.mark.parametrize("failing", [{0}, {2}, {4}, {0, 1}, {3, 4}, {0, 1, 2, 3, 4}])
async def test_who_fails_takes_back_only_its_own(database, path, failing):
    outcomes = await asyncio.gather(
        *(write(database, n, fail if n in failing else None) for n in range(5)),
        return_exceptions=True,
    )
    assert {n for n, outcome in enumerate(outcomes) if outcome is not None} == failing
    assert stored(path) == [n for n in range(5) if n not in failing]


async def test_what_the_database_refuses_takes_back_only_its_own(database, path):
    outcomes = await asyncio.gather(
        *(write(database, n) for n in (1, 2, 2, 3)), return_exceptions=True
    )
    assert [type(x) for x in outcomes if x is not None] == [IntegrityError]
    assert stored(path) == [1, 2, 3]


async def test_a_commit_that_fails_is_told_to_all_who_share_it(database, path):
    async def owe(tx):
        await tx.execute(text("PRAGMA defer_foreign_keys = ON"))
        await tx.execute(text("INSERT INTO line VALUES (99)"))

    outcomes = await asyncio.gather(
        write(database, 1), write(database, 2, owe), write(database, 3), return_exceptions=True
    )
    assert [type(x) for x in outcomes] == [IntegrityError] * 3
    assert stored(path) == []
    await write(database, 4)
    assert stored(path) == [4]


@pytest.mark.parametrize("raises", [True, False])
async def test_what_sqlite_undoes_by_itself_is_told_to_all_who_share_it(database, path, raises):
    async def undone(tx):
        await tx.exec_driver_sql("ROLLBACK")
        if raises:
            raise ZeroDivisionError

    outcomes = await asyncio.gather(
        write(database, 1), write(database, 2, undone), write(database, 3), return_exceptions=True
    )
    assert isinstance(outcomes[0], RuntimeError)
    assert isinstance(outcomes[1], Exception)
    assert outcomes[2] is None
    assert stored(path) == [3]


async def test_a_lone_transaction_that_sqlite_undoes_is_not_taken_for_done(database, path):
    async def undone(tx):
        await tx.exec_driver_sql("ROLLBACK")

    with pytest.raises(RuntimeError, match="undone"):
        await write(database, 1, undone)
    assert stored(path) == []


async def test_who_no_longer_waits_takes_nothing_from_the_others(database, path):
    started = asyncio.Event()

    async def slow(_tx):
        started.set()
        await asyncio.sleep(0.05)

    done = asyncio.create_task(write(database, 1))
    running = asyncio.create_task(write(database, 2, slow))
    waiting = asyncio.create_task(write(database, 3))
    last = asyncio.create_task(write(database, 4))
    await started.wait()
    done.cancel()  # waits for the COMMIT
    running.cancel()  # is in the middle of its own
    waiting.cancel()  # has no turn yet
    await last
    await asyncio.gather(done, running, waiting, return_exceptions=True)
    assert stored(path) == [1, 4]
