"""Migrations and connections."""

from __future__ import annotations

import asyncio
from importlib import import_module
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

import bot
from bot.database import Database
from bot.database.migrate import DatabaseTooNew
from bot.errors import SettingsError


@pytest.fixture
async def database(database_url):
    opened = Database(database_url)
    yield opened
    await opened.close()


async def _revision(database):
    async with database.reading() as tx:
        return (await tx.execute(text("SELECT version_num FROM alembic_version"))).scalars().all()


async def test_migrating_twice_is_the_same_as_once(database):
    await database.migrate()
    first = await _revision(database)
    await database.migrate()
    assert await _revision(database) == first
    assert len(first) == 1


async def test_the_migrations_lead_to_the_tables_of_the_code(database):
    await database.migrate()
    async with database.reading() as tx:
        differences = await tx.run_sync(_differences)
    assert differences == []


def _differences(connection):
    folder = Path(bot.__file__).parent
    owners = [
        import_module(".".join(("bot", *path.relative_to(folder).with_suffix("").parts)))
        for path in sorted(folder.glob("*/*tables.py"))
    ]
    metadata = list({id(owner.metadata): owner.metadata for owner in owners}.values())
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return compare_metadata(context, metadata)


async def test_two_processes_may_migrate_at_once(database, database_url):
    other = Database(database_url)
    await asyncio.gather(database.migrate(), other.migrate())
    await other.close()
    assert len(await _revision(database)) == 1


async def test_a_newer_database_is_refused_and_left_alone(database):
    await database.migrate()
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew, match="9999"):
        await database.migrate()
    assert await _revision(database) == ["9999"]


@pytest.mark.postgres
async def test_connections_that_the_server_ended_are_replaced(database):
    if database.dialect == "sqlite":
        pytest.skip("SQLite has no server.")
    end = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    async with database.reading() as tx, database.reading(), database.reading():
        await tx.execute(end)
    for _ in range(3):
        await asyncio.sleep(0.1)
        async with database.reading(), database.reading(), database.reading() as tx:
            assert await tx.scalar(text("SELECT 1")) == 1


async def test_a_block_that_fails_leaves_nothing(database):
    await database.migrate()
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as tx:
            await tx.execute(text("INSERT INTO merchant VALUES ('x')"))
            _ = 1 / 0
    async with database.reading() as tx:
        assert (await tx.execute(text("SELECT * FROM merchant"))).all() == []


@pytest.mark.parametrize(("url", "hint"), [("nonsense", "write e.g."), ("mysql://h/d", "mysql")])
def test_a_bad_url_is_named(url, hint):
    with pytest.raises(SettingsError, match=hint) as refused:
        Database(url)
    assert "BOT_DATABASE_URL" in str(refused.value)
