"""The engine of a process: a child of its own, or engines elsewhere; and the actions they call."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import actions.context
from bot.data import Data
from bot.dialogue.action_endpoint import ActionEndpoint, load_actions
from bot.dialogue.engine import DialogueEngine
from bot.dialogue.engine_pool import EnginePool
from bot.dialogue.rasa_engine import RasaEngine
from bot.dialogue.supervisor import Address, EngineSupervisor, Patience, engine_command
from bot.log import get_logger
from bot.settings import Settings

log = get_logger(__name__)


@dataclass(frozen=True)
class Running:
    """An engine to talk to; `restarts` counts those of a child."""

    engine: DialogueEngine
    restarts: Callable[[], int] = lambda: 0


async def start_actions(
    settings: Settings, data: Data, token: str, stack: AsyncExitStack
) -> ActionEndpoint:
    """Serve the custom actions to callers with the token, until the stack is closed."""
    actions.context.configure(data.scheduling, data.clock)
    endpoint = ActionEndpoint(load_actions(), token, settings.action_port, settings.action_host)
    await endpoint.start()
    stack.push_async_callback(endpoint.stop)
    log.info("actions_listen", url=endpoint.url)
    return endpoint


async def start_child(
    settings: Settings, action_url: str, token: str, stack: AsyncExitStack
) -> Running:
    """Start an engine and keep it running until the stack is closed."""
    address = Address(settings.engine_host, settings.engine_port)
    supervisor = EngineSupervisor(
        engine_command(settings, action_url),
        token,
        Patience(start=settings.engine_start_seconds),
        address,
    )
    await supervisor.start()
    stack.push_async_callback(supervisor.stop)
    engine = RasaEngine(supervisor.url, token, settings.engine_timeout_seconds)
    stack.push_async_callback(engine.close)
    return Running(engine, lambda: supervisor.restarts)


def connect(settings: Settings, token: str, stack: AsyncExitStack) -> Running:
    """Talk to the engines of the settings, which may be none, until the stack is closed."""
    engines = {
        url: RasaEngine(_always(url), token, settings.engine_timeout_seconds)
        for url in settings.engines
    }
    for engine in engines.values():
        stack.push_async_callback(engine.close)
    return Running(EnginePool(engines))


def _always(url: str) -> Callable[[], str | None]:
    return lambda: url
