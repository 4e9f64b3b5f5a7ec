"""`python -m bot quality export`: labels as training examples, without a browser."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from bot.data import open_data
from bot.errors import MalformedRequest
from bot.quality import export
from bot.settings import Settings


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `quality export` to the command line."""
    quality = commands.add_parser("quality", help="labels of what the bot missed")
    verbs = quality.add_subparsers(dest="verb", required=True, metavar="VERB")
    one = verbs.add_parser("export", help="write labels as Rasa NLU files, for review")
    one.add_argument("target", metavar="FILE|DIR", type=Path, help="a .yml file, or a folder")
    one.add_argument(
        "--since",
        type=int,
        metavar="EXPORT",
        help="only what that export and earlier ones had not (default: all)",
    )
    one.set_defaults(run=run)


def run(loaded: Settings, options: argparse.Namespace, _rest: list[str]) -> int:
    """Write the files and print the review. Raises MalformedRequest, SettingsError."""
    made = asyncio.run(_export(loaded, options.target, options.since))
    print(made.review())  # noqa: T201 - a command
    return 0


async def _export(loaded: Settings, target: Path, since: int | None) -> export.Export:
    async with open_data(loaded) as data:
        async with data.database.reading() as tx:
            made = await export.prepare(tx, since)
        await asyncio.to_thread(write, made, target)
        async with data.database.transaction() as tx:
            await export.record(tx, made, "command line", data.clock.now())
    return made


def write(made: export.Export, target: Path) -> None:
    """Write the files into a folder, or all into one `.yml`. Raises MalformedRequest."""
    try:
        if target.suffix in {".yml", ".yaml"}:
            target.write_text(export.one_file(made), encoding="utf-8")
            return
        target.mkdir(parents=True, exist_ok=True)
        for name, text in made.files.items():
            (target / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise MalformedRequest(f"{target} cannot be written: {error.strerror}") from error
