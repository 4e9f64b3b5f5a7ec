"""Print how one text is understood, as the API's `POST /model/parse` answers it."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path

from bot import settings as settings_module
from bot.engine import model_file, startup
from bot.engine.turn import filled, instant
from bot.errors import BotError


def main(arguments: list[str] | None = None) -> int:
    """Parse one text. Return 0, or 1 with a sentence on standard error."""
    parser = argparse.ArgumentParser(prog="bot parse", description=__doc__)
    parser.add_argument("text", help="read as text even where it begins with /")
    parser.add_argument("--now", help="ISO instant with an offset; default: the system's clock")
    parser.add_argument("--model", type=Path, help="archive; default: the manifest's")
    try:
        options = parser.parse_args(arguments)
        settings = settings_module.load()
        text = filled({"text": options.text}, "text")
        now = instant(options.now or settings.make_clock().now().isoformat())
        model = options.model or model_file.current(settings.models_dir)
        startup.prepare(level="WARNING")
        from bot.engine.agent import load  # noqa: PLC0415 - after prepare()

        parsed = asyncio.run(load(model.absolute()).understand(text, now))
    except BotError as error:
        print(f"{error.code}: {error.detail}", file=sys.stderr)  # noqa: T201 - a command
        return 1
    print(json.dumps(parsed, ensure_ascii=False, indent=2))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
