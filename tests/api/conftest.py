"""A server for each test."""

import pytest

from tests.api.service import serving


@pytest.fixture
async def server(tmp_path):
    async with serving(tmp_path) as server:
        yield server


@pytest.fixture
async def client(server):
    return server.client
