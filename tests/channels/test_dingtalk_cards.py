"""DingTalk's templates for cards, and what an account has to have."""

import pytest
from pydantic import ValidationError

from bot.channels.dingtalk import cards
from bot.channels.dingtalk.channel import DingTalkAccount
from bot.channels.staff import Card, Choice
from tests.channels.simulators.dingtalk import AES_KEY


class TestCards:
    @pytest.mark.parametrize("number", range(8))
    def test_every_number_of_buttons_is_drawn(self, number):
        choices = tuple(Choice(f"{n} 详情", f"任务 V {n}") for n in range(number))
        template, shown = cards.drawn(Card("标题", ("一行",), choices))
        links = number == 0 or number > 5
        wanted = "sampleMarkdown" if links else f"sampleActionCard{number if number > 1 else ''}"
        assert template == wanted
        urls = [value for name, value in shown.items() if "URL" in name]
        assert len(urls) == (0 if links else number)
        for n in range(number):
            assert f"content=%E4%BB%BB%E5%8A%A1%20V%20{n}" in f"{urls}{shown['text']}"

    def test_what_others_wrote_is_no_mark(self):
        _, shown = cards.drawn(Card("# [x](dtmd://y)", ("<font>\n# 大", "![a](http://b)")))
        assert not set("[]()<>!") & set(shown["text"].removeprefix("### "))
        assert "\n# " not in shown["text"]


class TestSettings:
    def test_http_without_encryption_has_to_be_asked_for(self):
        with pytest.raises(ValidationError, match="callback_token and aes_key"):
            DingTalkAccount(client_id="a", client_secret="b", stream=False)

    @pytest.mark.parametrize(
        "more",
        [
            {"aes_key": AES_KEY},
            {"callback_token": "t"},
            {"callback_token": "t", "aes_key": "short"},
        ],
    )
    def test_half_a_key_is_refused(self, more):
        with pytest.raises(ValidationError):
            DingTalkAccount(client_id="a", client_secret="b", **more)

    def test_secrets_are_not_shown(self):
        assert "b-secret" not in repr(DingTalkAccount(client_id="a", client_secret="b-secret"))
