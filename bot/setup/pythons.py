"""Find the Python 3.10 that Rasa needs."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.setup.progress import SetupFailed

MISSING = """\
Rasa 3.6 needs Python 3.10, and none was found. Any of these gets one:
  .venv/bin/uv python install 3.10
  pyenv install 3.10
  apt-get install python3.10        (where the distribution has it)"""


def find_python310(uv: Path) -> Path:
    """Return a working Python 3.10, installing one with uv where none is there.

    Raises SetupFailed with the commands that get one.
    """
    for candidate in _candidates(uv):
        if _is_310(candidate):
            return candidate
    if _run([uv, "python", "install", "3.10"]) is not None:
        found = _run([uv, "python", "find", "--managed-python", "3.10"])
        if found and _is_310(Path(found)):
            return Path(found)
    raise SetupFailed(MISSING)


def _candidates(uv: Path) -> Iterator[Path]:
    found = _run([uv, "python", "find", "3.10"])
    if found:
        yield Path(found)
    # uv stops at a pyenv shim whose version is not selected, so pyenv is asked by folder.
    roots = [os.environ.get("PYENV_ROOT"), str(Path.home() / ".pyenv")]
    for root in filter(None, roots):
        yield from sorted(Path(root).glob("versions/3.10*/bin/python3.10"))
    on_path = shutil.which("python3.10")
    if on_path:
        yield Path(on_path)


def _is_310(python: Path) -> bool:
    shown = _run([python, "-c", "import sys, venv; print(sys.version_info[:2] == (3, 10))"])
    return shown == "True"


def _run(command: Sequence[object]) -> str | None:
    try:
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
