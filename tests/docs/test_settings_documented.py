"""docs/settings.md lists every setting with the default that the code has."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from bot.settings import ROOT, BookingRules, RateLimits, Settings

ROW = re.compile(r"^\| `(BOT_[A-Z_]+)` \| (.+?) \| .+? \| .+ \|$", re.MULTILINE)
DOCUMENTED = dict(ROW.findall((ROOT / "docs" / "settings.md").read_text(encoding="utf-8")))
IN_CODE = {
    f"BOT_{field.name.upper()}": field.default
    for owner in (Settings, BookingRules, RateLimits)
    for field in fields(owner)
    if field.name not in {"booking", "limits"}
}


def _written(value: Any) -> str:
    """Return a default as the page writes it."""
    if value == "":
        return "(empty)"
    if isinstance(value, tuple):
        return f"`{','.join(f'{start:%H:%M}-{end:%H:%M}' for start, end in value)}`"
    shapes = {
        bool: lambda: str(value).lower(),
        time: lambda: f"{value:%H:%M}",
        type(Path()): lambda: str(value.relative_to(ROOT)),
    }
    return f"`{shapes.get(type(value), lambda: str(value))()}`"


@pytest.mark.parametrize("variable", sorted(IN_CODE))
def test_setting_is_documented_with_its_default(variable: str) -> None:
    assert DOCUMENTED.get(variable) == _written(IN_CODE[variable])


def test_no_setting_is_documented_that_the_code_does_not_have() -> None:
    assert set(DOCUMENTED) - set(IN_CODE) == set()
