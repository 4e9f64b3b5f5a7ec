"""The file of channels connects staff's, and says what is missing."""

import pytest

from bot.channels import registry
from bot.channels.base import Kit
from bot.errors import SettingsError
from tests.api.service import serving
from tests.channels.simulators.feishu import APP, KEY, SECRET, TOKEN, Feishu

KIT = Kit(None, None, None)


def written(tmp_path, text):
    path = tmp_path / "channels.yml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("text", "hints"),
    [
        ("feishu: {main: {app_id: a}}", ["feishu.main.app_secret", "feishu.main.encrypt_key"]),
        ("dingtalk: {main: {client_id: a}}", ["dingtalk.main.client_secret"]),
        (
            "dingtalk: {main: {client_id: a, client_secret: s3cret, stream: false}}",
            ["callback_token and aes_key"],
        ),
        ("feishu: {main: 5}", ["feishu.main: must be a mapping"]),
        ("feishoo: {}", ["there is no channel feishoo", "dingtalk, ", "feishu"]),
    ],
)
def test_what_is_missing_is_named_and_no_secret_is(tmp_path, text, hints):
    with pytest.raises(SettingsError) as error:
        registry.for_staff(written(tmp_path, text), KIT, None)
    assert all(hint in error.value.detail for hint in hints)
    assert "s3cret" not in error.value.detail


def test_consumers_channels_are_none_of_staffs(tmp_path):
    text = "dingtalk: {main: {client_id: a, client_secret: b}}"
    assert registry.connected(written(tmp_path, text), KIT) == []
    (channel,) = registry.for_staff(written(tmp_path, text), KIT, None)
    assert channel.accounts["main"].robot == "a"


async def test_the_server_answers_feishu_without_the_apis_token(tmp_path, monkeypatch):
    """The whole server with a token of its own: only what Feishu signs is asked of Feishu."""
    path = written(
        tmp_path,
        f"feishu: {{main: {{app_id: {APP}, app_secret: env:FEISHU_SECRET, "
        f"encrypt_key: {KEY}, verification_token: {TOKEN}}}}}",
    )
    monkeypatch.setenv("FEISHU_SECRET", SECRET)
    async with serving(tmp_path, channels_file=path, api_token="t" * 40) as server:
        platform = Feishu()
        platform.client = server.client
        assert await platform.verify_url() == (200, {"challenge": "ajls384k"})
        assert (await platform.verify_url(key="another"))[0] == 401
        assert (await platform.write("ou_1", "今天"))[0] == 200
