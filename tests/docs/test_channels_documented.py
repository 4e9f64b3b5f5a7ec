"""Every channel can be found: its page by who connects it, its name by who works at the desk."""

import pytest

from bot.channels.registry import CHANNELS
from bot.settings import ROOT

INDEX = (ROOT / "docs" / "channels" / "README.md").read_text(encoding="utf-8")
WORDS = (ROOT / "bot" / "web" / "src" / "desk" / "desk.zh.ts").read_text(encoding="utf-8")
LABELS = WORDS[WORDS.index("channels: {") :].partition("}")[0]


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_channel_has_its_page_and_its_name(channel):
    assert f"| `{channel}` |" in INDEX
    assert f"{channel}: '" in LABELS
