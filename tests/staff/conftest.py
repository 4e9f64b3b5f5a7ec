"""The world of staff on each database there is."""

import pytest

from tests.conversation.service import POSTGRES, postgresql, sqlite
from tests.staff.world import staffed


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def database(request, tmp_path):
    if request.param == "postgresql" and not POSTGRES:
        pytest.skip("BOT_TEST_POSTGRES_URL is not set")
    async with sqlite(tmp_path) if request.param == "sqlite" else postgresql() as opened:
        yield opened


@pytest.fixture
async def world(database):
    async with staffed(database) as opened:
        yield opened
