"""A service of conversations on each database there is."""

import pytest

from tests.conversation.service import POSTGRES, Service, postgresql, running, sqlite


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def database(request, tmp_path):
    if request.param == "postgresql" and not POSTGRES:
        pytest.skip("BOT_TEST_POSTGRES_URL is not set")
    async with sqlite(tmp_path) if request.param == "sqlite" else postgresql() as database:
        yield database


@pytest.fixture
async def service(database):
    async with running(database) as service:
        yield service


@pytest.fixture
async def idle(database):
    """A service that stores messages and works on none."""
    service = Service(database)
    service.build()
    return service
