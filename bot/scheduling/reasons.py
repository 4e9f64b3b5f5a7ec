"""Sentences for reason codes, from `data/texts/reasons.yml`."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.scheduling.models import Reason

_FILE = Path(__file__).resolve().parent.parent.parent / "data" / "texts" / "reasons.yml"


@cache
def texts() -> dict[str, Any]:
    """Return the file's content."""
    content: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return content


def reason(code: str, earliest: date | None = None, *, skill: str = "") -> Reason:
    """Return the code with its sentence. Raises KeyError for a code nobody wrote one for.

    `earliest` is the first day on which it would be possible; `skill` how consumers call what
    a code names behind its colon. `no_shift:gas` is `no_shift` to programs: a crew with the
    skill exists, but others work then.
    """
    day = earliest or date.min
    text = _pattern(code, earliest).format(skill=skill, month=day.month, day=day.day)
    return Reason("no_shift" if code.startswith("no_shift") else code, text)


def has_day(code: str) -> bool:
    """Say whether there is a sentence of a code that names the first day it is over."""
    return f"{code}_until" in texts()["variants"]


def _pattern(code: str, earliest: date | None) -> str:
    known, variants = texts(), texts()["variants"]
    if earliest is not None:
        return str(variants[f"{code}_until"])
    if code.startswith("no_shift:"):
        return str(variants.get(code) or variants["no_shift:skill"])
    return str(known[code] if code in known else known[code.split(":", maxsplit=1)[0]])
