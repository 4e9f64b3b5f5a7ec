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
    a code names behind its colon. The code `no_shift:gas` is told apart in words only.
    """
    known = texts()
    stem = code.split(":", maxsplit=1)[0]
    pattern = known.get(code) or known.get(f"{stem}:") if stem != code else known[code]
    if earliest is not None:
        pattern = known[f"{code}_until"]
    day = earliest or date.min
    text = str(pattern).format(skill=skill, month=day.month, day=day.day)
    return Reason(stem if stem == "no_shift" else code, text)
