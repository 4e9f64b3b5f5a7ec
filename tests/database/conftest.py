"""An empty database a test, without any schema."""

from __future__ import annotations

import asyncio
import os
import uuid

import asyncpg
import pytest
from sqlalchemy.engine import make_url

POSTGRES = os.environ.get("BOT_TEST_POSTGRES_URL", "")


async def _administer(statement):
    connection = await asyncpg.connect(POSTGRES)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request, tmp_path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    if not POSTGRES:
        pytest.skip("PostgreSQL is not tested: BOT_TEST_POSTGRES_URL is unset.")
    name = f"database_{uuid.uuid4().hex[:12]}"
    asyncio.run(_administer(f"CREATE DATABASE {name}"))
    yield make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
    asyncio.run(_administer(f"DROP DATABASE {name} WITH (FORCE)"))
