"""Sentences for reason codes, from `data/texts/reasons.yml`."""

from __future__ import annotations

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


def reason(code: str) -> Reason:
    """Return the code with its sentence. Raises KeyError for a code nobody wrote one for."""
    known = texts()
    return Reason(code, known[code] if code in known else known[code.split(":", maxsplit=1)[0]])
