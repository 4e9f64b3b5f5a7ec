"""The few phrases that the conversation understands by itself."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

import yaml

_FILE = Path(__file__).resolve().parents[2] / "data" / "texts" / "queue.yml"
_NOISE = re.compile(r"[\W_]+")


def leaves_queue(text: str) -> bool:
    """Whether a waiting consumer says that they no longer want to wait."""
    return _bare(text) in _phrases()


@cache
def _phrases() -> frozenset[str]:
    rows = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return frozenset(_bare(phrase) for phrase in rows["leave_queue"])


def _bare(text: str) -> str:
    return _NOISE.sub("", unicodedata.normalize("NFKC", text))
