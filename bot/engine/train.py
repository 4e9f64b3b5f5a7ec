"""Train the project's model, unless the one that is there was made from the same files."""

from __future__ import annotations

import argparse
import fcntl
import os
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bot import settings as settings_module
from bot.clock import SystemClock
from bot.engine import model_file, startup
from bot.engine.model_file import Manifest
from bot.errors import BotError
from bot.nlu import sources
from bot.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

# All that a model is made from. The rest of the repository may change without training.
INGREDIENTS = (
    "config.yml",
    "domain.yml",
    "data/nlu",
    "data/rules",
    "data/dictionary",
    "data/catalogue",
    "bot/nlu",
    "bot/language",
    "bot/catalogue.py",
    "requirements/engine.txt",
)


class TrainingFailed(BotError):
    """Rasa did not write a model; its messages above say why."""

    code = "training_failed"


def train(folder: Path, *, force: bool = False) -> Path:
    """Return the verified archive for the files as they are, trained now if need be.

    Raises TrainingFailed.
    """
    fingerprint = sources.digest(INGREDIENTS)
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        known = model_file.read(folder)
        if known and known.fingerprint == fingerprint and not force:
            path = folder / known.model
            if path.is_file() and model_file.sha256(path) == known.sha256:
                print(f"{path} is up to date")  # noqa: T201 - a command
                return path
        return _train(folder, fingerprint)


def _train(folder: Path, fingerprint: str) -> Path:
    startup.prepare(training=True, level="WARNING")
    # Rasa restores components from its cache without a look at the files that they read.
    os.environ["RASA_MAX_CACHE_SIZE"] = "0"
    began = time.perf_counter()
    path = _run_rasa(folder, f"{fingerprint[:16]}.tar.gz")
    seconds = round(time.perf_counter() - began, 1)
    model_file.write(
        folder,
        Manifest(
            model=path.name,
            sha256=model_file.sha256(path),
            fingerprint=fingerprint,
            trained_at=SystemClock().now().isoformat(timespec="seconds"),
            seconds=seconds,
        ),
    )
    _forget_others(folder, path)
    print(f"{path} trained in {seconds} s")  # noqa: T201
    return path


def _run_rasa(folder: Path, name: str) -> Path:
    from rasa.model_training import train as rasa_train  # noqa: PLC0415 - after prepare()

    result = rasa_train(
        domain="domain.yml",
        config="config.yml",
        training_files=["data/nlu", "data/rules"],
        output=str(folder),
        force_training=True,
        fixed_model_name=name,
    )
    if result.code or not result.model:
        raise TrainingFailed
    return Path(result.model)


def _forget_others(folder: Path, newest: Path) -> None:
    # The one before stays: an engine may be about to load it.
    archives = sorted(folder.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    for path in archives[:-2]:
        if path != newest:
            path.unlink()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: two trainings at once would each undo the other's manifest."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(arguments: list[str] | None = None) -> int:
    """Train. Return 0, or 1 with a sentence on standard error."""
    parser = argparse.ArgumentParser(prog="bot train", description=__doc__)
    parser.add_argument("--force", action="store_true", help="train although nothing changed")
    parser.add_argument("--models", type=Path, help="folder of the archives")
    try:
        options = parser.parse_args(arguments)
        folder = options.models or settings_module.load().models_dir
        os.chdir(ROOT)
        train(folder.absolute(), force=options.force)
    except BotError as error:
        print(f"{error.code}: {error.detail}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
