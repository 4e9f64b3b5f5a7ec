"""A fresh database a test, on SQLite and, where there is one, on PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import shutil
import uuid

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from bot.database import Database
from tests.scheduling.world import World, emptied

POSTGRES = os.environ.get("BOT_TEST_POSTGRES_URL", "")


async def _migrate(url):
    database = Database(url)
    await database.migrate()
    await database.close()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory):
    """An empty file, migrated once: migrating takes longer than a test."""
    path = tmp_path_factory.mktemp("scheduling") / "migrated.db"
    asyncio.run(_migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_url():
    """A database of this run's own, dropped when it ends."""
    if not POSTGRES:
        pytest.skip("PostgreSQL is not tested: BOT_TEST_POSTGRES_URL is unset.")
    name = f"scheduling_{uuid.uuid4().hex[:12]}"
    asyncio.run(_administer(f"CREATE DATABASE {name}"))
    url = make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
    try:
        asyncio.run(_migrate(url))
        yield url
    finally:
        asyncio.run(_administer(f"DROP DATABASE {name} WITH (FORCE)"))


async def _administer(statement):
    connection = await asyncpg.connect(POSTGRES)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request, tmp_path):
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "test.db")
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture
async def database(database_url):
    opened = Database(database_url)
    if opened.dialect == "postgresql":
        await emptied(opened)
    yield opened
    await opened.close()


@pytest.fixture
def world(database):
    return World(database)


@pytest.fixture
def scheduling(world):
    return world.scheduling
