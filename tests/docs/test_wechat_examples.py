"""The files of channels in the pages of 微信客服 and 公众号 connect what they say."""

import re
from pathlib import Path

import pytest

from bot.channels import registry
from bot.channels.base import Kit
from bot.errors import SettingsError

DOCS = Path(__file__).parents[2] / "docs" / "channels"
BLOCK = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
VARIABLE = re.compile(r"env:(\w+)")
KIT = Kit(None, None, None)
PAGES = {"wecom_kf": "wecom-kf.md", "official_account": "official-account.md"}


def written(folder, monkeypatch, text):
    """A file of channels, with the variables that it names set."""
    for name in VARIABLE.findall(text):
        monkeypatch.setenv(name, "A" * 43)
    path = folder / "channels.yml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def example(channel):
    """The page's blocks as one: a later one goes on where the first ends."""
    blocks = BLOCK.findall((DOCS / PAGES[channel]).read_text(encoding="utf-8"))
    first, *more = blocks
    indent = re.match(" *", first)[0]
    lines = [line.removeprefix(indent) for line in first.splitlines()]
    return "\n".join(lines + [line[3:] for block in more for line in block.splitlines()])


@pytest.mark.parametrize("channel", PAGES)
def test_the_pages_example_connects(channel, tmp_path, monkeypatch):
    path = written(tmp_path, monkeypatch, example(channel))
    (connected,) = registry.connected(path, KIT)
    assert connected.name == channel
    assert [str(route.path) for route in connected.routes()] == [
        f"/channels/{channel}/{{account}}"
    ] * 2


def test_the_pages_template_is_read(tmp_path, monkeypatch):
    path = written(tmp_path, monkeypatch, example("official_account"))
    (connected,) = registry.connected(path, KIT)
    assert connected.accounts["shop"].template.fields["thing2"] == "{text}"


@pytest.mark.parametrize("channel", PAGES)
@pytest.mark.parametrize("missing", ["secret", "token", "encoding_aes_key"])
def test_what_is_missing_is_named_and_no_value_is_told(channel, missing, tmp_path, monkeypatch):
    text = re.sub(rf"^ +{missing}: .*$", "", example(channel), flags=re.MULTILINE)
    with pytest.raises(SettingsError) as refused:
        registry.connected(written(tmp_path, monkeypatch, text), KIT)
    assert f"{channel}.shop" in str(refused.value)
    assert missing in str(refused.value)
    assert "A" * 43 not in str(refused.value)
