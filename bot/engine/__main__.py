"""`python -m bot.engine --model FILE --port N --action-url URL`: serve one model on loopback."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from pathlib import Path

from bot import settings as settings_module
from bot.engine import startup
from bot.errors import BotError
from bot.log import get_logger
from bot.settings import Settings


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop. Return 0, or 1 where the model could not be loaded."""
    began = time.perf_counter()
    try:
        settings = settings_module.load()
        startup.prepare(level=settings.log_level, json_lines=settings.log_json)
        options = _parser(settings).parse_args(arguments)
        asyncio.run(_serve(options, settings.engine_token, began))
    except BotError as error:
        print(f"{error.code}: {error.detail}", file=sys.stderr)  # noqa: T201 - a command
        return 1
    return 0


def _parser(settings: Settings) -> argparse.ArgumentParser:
    # Trackers share a PostgreSQL server with the rest, but never its SQLite file: Rasa would
    # hold that file's only write lock.
    shared = settings.database_url.startswith("postgresql")
    tracker = settings.database_url if shared else str(settings.var_dir / "tracker.db")
    parser = argparse.ArgumentParser(prog="bot.engine", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="the trained archive")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--action-url", required=True, help="where the custom actions listen")
    parser.add_argument("--tracker", default=tracker, help="SQLite file or database URL")
    parser.add_argument("--action-timeout", type=float, default=20, help="seconds")
    parser.add_argument(
        "--parent", type=int, default=os.getppid(), help="process whose end ends this one"
    )
    return parser


async def _serve(options: argparse.Namespace, token: str, began: float) -> None:
    from bot.engine.server import EngineServer, serve  # noqa: PLC0415 - after prepare()

    server = EngineServer(options.model.name, token)

    def load() -> None:
        # Seconds of imports: done beside the running loop, so that readiness can be asked for.
        from bot.engine.action_endpoint import ActionEndpoint  # noqa: PLC0415
        from bot.engine.agent import load as load_agent  # noqa: PLC0415
        from bot.engine.trackers import open_store, shared_lanes  # noqa: PLC0415
        from bot.engine.turns import Turns  # noqa: PLC0415

        endpoint = ActionEndpoint(options.action_url, token, options.action_timeout)
        store = open_store(options.tracker)
        agent = load_agent(options.model, endpoint, store)
        # The first message would wait for dictionaries and weights that load on use.
        asyncio.run(agent.understand("您好，改到明天下午"))
        server.loaded(agent, Turns(agent, store, shared_lanes(options.tracker)))
        seconds = round(time.perf_counter() - began, 1)
        get_logger(__name__).info("engine_loaded", model=options.model.name, seconds=seconds)

    await serve(server.app(), options.host, options.port, load, options.parent)


if __name__ == "__main__":
    sys.exit(main())
