"""The running server against its own description: whatever fits it, and what does not, is answered
as it says, and never with a fault of the server."""

from __future__ import annotations

import asyncio
import threading

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bot.api.openapi import document
from tests.api.service import serving
from tests.scheduling import world as w

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# Enough to meet each parameter wrong and right; more of them find nothing that is not found so.
EXAMPLES = 6


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A server with an order in it, in a thread of its own: the tests call it from outside."""
    started, stop = threading.Event(), None
    found = {}

    async def serve():
        nonlocal stop
        stop = asyncio.Event()
        async with serving(tmp_path_factory.mktemp("described")) as server:
            world = w.World(server.service.database)
            await world.take(w.order(visits=[w.visit_at()]))
            server.orders.api_order = world.scheduling.api_order
            server.orders.availability = world.scheduling.availability
            found["url"] = str(server.client.make_url("/"))
            found["loop"] = asyncio.get_running_loop()
            started.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert started.wait(30)
    yield found["url"]
    found["loop"].call_soon_threadsafe(stop.set)
    thread.join(30)


OPERATIONS = [
    found.ok() for found in schemathesis.openapi.from_dict(document()).get_all_operations()
]


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_the_server_does_what_its_description_says(address, operation, mode):
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def hold(case):
        case.call_and_validate(base_url=address, checks=CHECKS)

    try:
        hold()
    except Unsatisfiable:
        pytest.skip("nothing of this call can be wrong")
