"""The command line: `python -m bot COMMAND`; `--help` lists the commands."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from bot import log, settings
from bot.app.roles import ROLES
from bot.errors import BotError, ImportRejected, MalformedRequest, SettingsError
from bot.settings import Settings

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Return 0, or 1 with a sentence on standard error."""
    options, rest = _parser().parse_known_args(arguments)
    if rest and options.command not in _PASSED_ON:
        _parser().error(f"unknown arguments: {' '.join(rest)}")
    try:
        loaded = settings.load()
        log.configure(json_lines=loaded.log_json, level=loaded.log_level)
        logging.getLogger("alembic").setLevel(logging.WARNING)
        code: int = options.run(loaded, options, rest)
    except ImportRejected as error:
        for fault in error.facts.get("faults", ()):
            _complain(f"{fault['path']}: {fault['detail']}")
        _complain(error.detail)
        return 1
    except BotError as error:
        _complain(f"{error.code}: {error.detail}")
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    return code


_PASSED_ON = {
    "train": "train the language model into the models folder",
    "parse": "print what the language model understands of TEXT, as JSON",
    "evaluate": "print intent and entity scores on a labelled FILE",
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description="Yuezhuang")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _serve_parser(commands)
    one = commands.add_parser("import", help="load orders, crews and shifts from a JSON file")
    one.add_argument("file", metavar="FILE", help="`-` reads standard input")
    one.set_defaults(run=_import)
    demo = commands.add_parser(
        "demo", help="create the tables; fill an empty database with demo data"
    )
    demo.set_defaults(run=_demo)
    _agent_parser(commands)
    for name, text in _PASSED_ON.items():
        passed = commands.add_parser(name, help=text, add_help=False)
        passed.set_defaults(run=_in_the_engines_environment)
    return parser


def _agent_parser(commands: Any) -> None:
    from bot.desk import command as desk  # noqa: PLC0415
    from bot.quality import command as quality  # noqa: PLC0415
    from bot.staff import command as staff  # noqa: PLC0415

    desk.add_parser(commands)
    quality.add_parser(commands)
    staff.add_parser(commands)


def _serve_parser(commands: Any) -> None:
    roles = "\n".join(f"  {name:<9} {role.about}" for name, role in ROLES.items())
    serve = commands.add_parser(
        "serve",
        help="serve everything, or one part beside others: see --help",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"roles:\n{roles}",
    )
    serve.add_argument("--role", choices=list(ROLES), default="all")
    serve.set_defaults(run=_serve)


def _serve(loaded: Settings, options: argparse.Namespace, _rest: list[str]) -> int:
    from bot.app import serving  # noqa: PLC0415 - seconds of imports that other commands need not wait for

    async def run() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serving.serve(loaded, options.role, stop, _announce, _announce_account)

    asyncio.run(run())
    return 0


def _announce_account(login: str, password: str) -> None:
    print(f"Desk account: {login} / {password} (at /desk; shown only now)", flush=True)  # noqa: T201


def _announce(url: str) -> None:
    print(f"Ready: {url}", flush=True)  # noqa: T201 - a command


def _import(loaded: Settings, options: argparse.Namespace, _rest: list[str]) -> int:
    document = _read(options.file)
    report = _with_scheduling(loaded, lambda scheduling: scheduling.import_document(document))
    _print_report(report)
    return 0


def _demo(loaded: Settings, _options: argparse.Namespace, _rest: list[str]) -> int:
    report = _with_scheduling(loaded, lambda scheduling: scheduling.load_demo())
    if report is None:
        print("The database holds orders already; nothing was loaded.")  # noqa: T201
    else:
        _print_report(report)
    return 0


def _with_scheduling(loaded: Settings, work: Callable[[Any], Awaitable[Any]]) -> Any:
    from bot.data import open_data  # noqa: PLC0415

    async def run() -> Any:
        async with open_data(loaded) as data:
            return await work(data.scheduling)

    return asyncio.run(run())


def _read(file: str) -> Any:
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return json.loads(raw)
    except OSError as error:
        raise MalformedRequest(f"{file} cannot be read: {error.strerror}") from error
    except RecursionError as error:
        raise MalformedRequest(f"{file} is nested too deeply") from error
    except ValueError as error:
        raise MalformedRequest(f"{file} is not JSON in UTF-8: {error}") from error


def _print_report(report: Any) -> None:
    for warning in report.warnings:
        _complain(f"warning: {warning['path']}: {warning['detail']}")
    counts = ", ".join(f"{count} {name}" for name, count in report.counts.items())
    print(f"Taken: {counts or 'nothing'}")  # noqa: T201


def _in_the_engines_environment(
    loaded: Settings, options: argparse.Namespace, rest: list[str]
) -> int:
    if options.command == "parse" and loaded.clock and "--now" not in rest:
        rest = ["--now", loaded.make_clock().now().isoformat(), *rest]
    command = [str(loaded.engine_python), "-m", f"bot.engine.{options.command}", *rest]
    try:
        return subprocess.run(command, check=False).returncode  # noqa: S603 - our own
    except OSError as error:
        raise SettingsError(
            f"{loaded.engine_python} cannot be run: {error.strerror}; "
            "`make run` sets it up, BOT_ENGINE_PYTHON names another"
        ) from error


def _complain(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - a command


if __name__ == "__main__":
    sys.exit(main())
