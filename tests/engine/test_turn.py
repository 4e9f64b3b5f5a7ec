"""What a call to the engine may say."""

import pytest

from bot.engine.turn import Turn, harmless, understood
from bot.errors import MalformedRequest

BODY = {
    "conversation_id": "c1",
    "turn_id": "t1",
    "text": "你好",
    "trusted": False,
    "consumer_id": None,
    "now": "2026-11-20T10:00:00+08:00",
}


def test_a_turn_is_read():
    turn = Turn.read(BODY)
    assert (turn.conversation_id, turn.text, turn.trusted) == ("c1", "你好", False)


@pytest.mark.parametrize("name", ["conversation_id", "turn_id", "text", "now"])
@pytest.mark.parametrize("value", [None, "", "  ", 7])
def test_missing_and_blank_values_are_refused(name, value):
    with pytest.raises(MalformedRequest, match=name):
        Turn.read({**BODY, name: value})


def test_a_time_without_an_offset_is_refused():
    with pytest.raises(MalformedRequest, match=r"\+08:00"):
        Turn.read({**BODY, "now": "2026-11-20T10:00:00"})


@pytest.mark.parametrize("trusted", [None, "true", 1, "yes", []])
def test_only_a_plain_true_makes_a_text_trusted(trusted):
    assert not Turn.read({**BODY, "trusted": trusted}).trusted


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("/restart", "／restart"),
        ("  /restart", "  ／restart"),
        ("\u3000/restart", "\u3000／restart"),
        ("\n\t/a/b", "\n\t／a/b"),
        ("//a", "／/a"),
        ("看/restart", "看/restart"),
        ("", ""),
        ("   ", "   "),
    ],
)
def test_a_leading_slash_is_no_command(text, safe):
    assert harmless(text) == safe
    assert not harmless(text).strip().startswith("/")


def test_the_parse_is_public_parts_and_the_text_as_sent():
    parse = {"text": "／a", "intent": {}, "entities": [], "text_tokens": [], "metadata": {}}
    assert understood(parse, " /a") == {"text": "/a", "intent": {}, "entities": []}
