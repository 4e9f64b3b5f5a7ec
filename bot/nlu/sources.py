"""What a trained component depends on beside its own data: the digest of our source files.

Rasa's training cache knows a component's class and configuration, not the modules it calls
nor the files it reads; without this it would restore an old dictionary or an old grammar.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_UNDERSTANDING = (
    "bot/nlu",
    "bot/language",
    "bot/catalogue.py",
    "data/catalogue",
    "data/dictionary",
)
_IGNORED = {".pyc", ".swp"}


def digest(paths: tuple[str, ...], root: Path = ROOT) -> str:
    """Return a SHA-256 over names and contents of the files under `paths` (relative to `root`).

    A path that does not exist counts as empty, so that adding it changes the digest.
    """
    total = hashlib.sha256()
    for path in sorted(file for name in paths for file in _files(root / name)):
        total.update(str(path.relative_to(root)).encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return [
        file
        for file in path.rglob("*")
        if file.is_file() and file.suffix not in _IGNORED and "__pycache__" not in file.parts
    ]


@cache
def understanding() -> str:
    """Return the digest of all that decides how a text is understood, training data apart."""
    return digest(_UNDERSTANDING)
