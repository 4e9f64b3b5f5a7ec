"""Trained archives and their manifest. An archive is code: only one that we made is loaded."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from bot.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = "manifest.json"


class ModelUntrusted(SettingsError):
    """{path} is not the archive that its manifest describes; run `python -m bot train`."""

    code = "model_untrusted"


@dataclass(frozen=True)
class Manifest:
    """What training left behind: the archive's file name, its SHA-256 and what it was made from.

    `fingerprint` is the digest of all that went into it; `seconds` the time training took.
    """

    model: str
    sha256: str
    fingerprint: str
    trained_at: str
    seconds: float


def read(folder: Path) -> Manifest | None:
    """Return the manifest of the models folder, or None where there is none that can be read."""
    try:
        stored = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return Manifest(**stored)
    except (OSError, ValueError, TypeError):
        return None


def write(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest; a reader sees the old one or the new one, never a part."""
    draft = folder / f"{MANIFEST}.new"
    text = json.dumps(asdict(manifest), indent=2, ensure_ascii=False)
    draft.write_text(f"{text}\n", encoding="utf-8")
    draft.replace(folder / MANIFEST)


def sha256(path: Path) -> str:
    """Return the file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        total = hashlib.sha256()
        for block in iter(lambda: file.read(1 << 20), b""):
            total.update(block)
    return total.hexdigest()


def verify(path: Path) -> Path:
    """Return `path` where the manifest beside it names it with its SHA-256.

    Raises ModelUntrusted otherwise: loading an archive runs what it says.
    """
    manifest = read(path.parent)
    known = manifest is not None and manifest.model == path.name and path.is_file()
    if not known or sha256(path) != manifest.sha256:  # type: ignore[union-attr]
        raise ModelUntrusted(path=path)
    return path


def current(folder: Path) -> Path:
    """Return the verified archive that the manifest names. Raises SettingsError without one."""
    manifest = read(folder)
    if manifest is None:
        raise SettingsError(f"no trained model in {folder}; run `python -m bot train`")
    return verify(folder / manifest.model)
