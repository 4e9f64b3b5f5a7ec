"""Every test that docs/booking.md names is there."""

from __future__ import annotations

import re

import pytest

from bot.settings import ROOT

PAGE = (ROOT / "docs" / "booking.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE)))


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_it_is_there(file: str, name: str) -> None:
    text = (ROOT / "tests" / file).read_text(encoding="utf-8")
    assert re.search(rf"^(async )?def {name}\(", text, re.MULTILINE)


def test_every_guarantee_has_its_test() -> None:
    rows = re.findall(r"^\| (\d+) \|.+", PAGE, re.MULTILINE)
    assert [int(number) for number in rows] == list(range(1, 14))
    assert len(NAMED) > 30
