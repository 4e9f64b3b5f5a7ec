"""A visit from nine to twelve on a day of three windows, and its consumer's dialogue."""

from __future__ import annotations

import pytest

import actions.context
from tests.actions.chat import Chat
from tests.conversation.service import sqlite
from tests.scheduling import world as w
from tests.scheduling.world import World


@pytest.fixture
async def chat(tmp_path):
    async with sqlite(tmp_path) as database:
        world = World(database)
        shifts = [w.shift(end="18:00", capacity=540)]
        await world.take(w.order(visits=[w.visit_at()]), crews=[w.crew(shifts=shifts)])
        before = actions.context._Registry.services
        actions.context.configure(world.scheduling, world.clock)
        yield Chat(world)
        actions.context._Registry.services = before
