"""docs/connect.md explains every reason that integrators can meet."""

from __future__ import annotations

import pytest
import yaml

from bot.settings import ROOT

SENTENCES = yaml.safe_load((ROOT / "data/texts/reasons.yml").read_text(encoding="utf-8"))
CODES = [code for code in SENTENCES if code != "variants"]
PAGE = (ROOT / "docs" / "connect.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", CODES)
def test_reason_is_documented(code: str) -> None:
    assert f"`{code}`" in PAGE
