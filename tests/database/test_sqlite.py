"""Where statements on SQLite run: at once, or in the connection's thread."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time

import pytest
from sqlalchemy import event, text

from bot.database import Database
from bot.database.sqlite import QUICK


@pytest.fixture
async def database(tmp_path):
    opened = Database(f"sqlite:///{tmp_path / 'pace.db'}")
    event.listen(opened._engine.sync_engine, "connect", _functions)
    yield opened
    await opened.close()


def _functions(connection, _record):
    connection.create_function("thread", 0, threading.get_ident)
    connection.create_function("slow_thread", 0, _slow)


def _slow():
    ends = time.thread_time() + 20 * QUICK
    while time.thread_time() < ends:
        time.sleep(0)  # lets go of the interpreter, as SQLite does
    return threading.get_ident()


async def _runs_here(tx, statement):
    return await tx.scalar(text(statement)) == threading.get_ident()


async def test_a_statement_runs_at_once_when_it_has_proved_to_be_quick(database):
    async with database.reading() as tx:
        assert not await _runs_here(tx, "SELECT thread()")
        assert any([await _runs_here(tx, "SELECT thread()") for _ in range(300)])
        assert not await _runs_here(tx, "SELECT thread() AS another")


async def test_a_slow_statement_stays_in_its_thread_and_others_go_on(database):
    async with database.reading() as tx:
        for _ in range(3):
            running = asyncio.create_task(_runs_here(tx, "SELECT slow_thread()"))
            turns = 0
            while not running.done():
                await asyncio.sleep(0.001)
                turns += 1
            assert not await running
            assert turns > 3


async def test_a_statement_that_turns_slow_goes_back_to_the_thread(database):
    query = "SELECT CASE WHEN :slow THEN slow_thread() ELSE thread() END"
    async with database.reading() as tx:
        for _ in range(300):
            await tx.scalar(text(query), {"slow": False})
        for _ in range(3):
            found = await tx.scalar(text(query), {"slow": True})
        assert found != threading.get_ident()


async def test_others_get_their_turn_between_quick_statements(database):
    turns = 0

    async def others():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with database.reading() as tx:
        for _ in range(300):
            await tx.scalar(text("SELECT thread()"))
        task = asyncio.create_task(others())
        ends = time.monotonic() + 0.2
        before = turns
        while time.monotonic() < ends:
            await tx.scalar(text("SELECT thread()"))
        task.cancel()
    assert turns - before > 5


async def test_who_is_cut_off_while_writing_keeps_nobody_else_from_it(database, tmp_path):
    async with database.transaction() as tx:
        await tx.execute(text("CREATE TABLE note (id INTEGER)"))
    kept: list[BaseException] = []
    writing = asyncio.create_task(_writes_slowly(database, kept))
    await asyncio.sleep(QUICK * 10)
    writing.cancel()
    await asyncio.wait([writing])
    # What was raised holds its frames, and so the statement's cursor.
    assert kept
    other = sqlite3.connect(tmp_path / "pace.db", isolation_level=None, timeout=1)
    other.execute("BEGIN IMMEDIATE")
    assert other.execute("SELECT count(*) FROM note").fetchone() == (0,)
    other.close()


async def _writes_slowly(database, kept):
    async with database.transaction() as tx:
        await tx.execute(text("INSERT INTO note VALUES (1)"))
        try:
            await tx.execute(text("SELECT slow_thread()"))
        except BaseException as error:
            kept.append(error)
            raise


async def test_who_gives_up_waiting_to_write_takes_no_turn(database, tmp_path):
    async with database.transaction() as tx:
        await tx.execute(text("CREATE TABLE note (id INTEGER)"))
    other = sqlite3.connect(tmp_path / "pace.db", isolation_level=None, timeout=1)
    other.execute("BEGIN IMMEDIATE")
    kept: list[BaseException] = []
    waiting = asyncio.create_task(_writes_slowly(database, kept))
    # Long enough to stand in line, by far.
    await asyncio.sleep(0.3)
    waiting.cancel()
    await asyncio.sleep(0.05)
    other.rollback()
    await asyncio.wait([waiting])
    # Its turn comes now, if it still stands there.
    await asyncio.sleep(0.3)
    other.execute("BEGIN IMMEDIATE")
    other.close()
