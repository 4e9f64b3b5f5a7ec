"""The envelope of WeChat, WeCom and DingTalk against what their makers printed."""

import json
from base64 import b64encode
from pathlib import Path

import pytest

from bot.channels.crypto.wechat import Sealed, WechatEnvelope, _encrypt, _key, sign, verify
from bot.errors import NotSigned

VECTORS = json.loads(
    (Path(__file__).parent / "fixtures" / "channel-vectors.json").read_text(encoding="utf-8")
)["vectors"]
KEY, OLD_KEY = "A" * 43, "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"


def vectors(kind):
    chosen = [vector for vector in VECTORS if vector["kind"] == kind]
    return pytest.mark.parametrize("vector", chosen, ids=[vector["id"] for vector in chosen])


def envelope(given):
    return WechatEnvelope(given.get("token", "t"), [given["encoding_aes_key"]], given["receive_id"])


def sealed(given):
    return Sealed(given["encrypt"], given["msg_signature"], given["timestamp"], given["nonce"])


@vectors("sha1_sorted")
def test_a_signature_is_the_makers(vector):
    assert sign(*vector["in"]["parts"]) == vector["out"]["signature"]
    verify(vector["out"]["signature"], *vector["in"]["parts"])
    with pytest.raises(NotSigned):
        verify(vector["out"]["signature"], *vector["in"]["parts"][:-1], "1514711493")


@vectors("wx_open")
def test_what_a_maker_sealed_is_opened_or_refused(vector):
    given, expected = vector["in"], vector["out"]
    if "reject" not in expected:
        assert envelope(given).open(sealed(given)).decode() == expected["message"]
        return
    with pytest.raises(NotSigned) as refused:
        envelope(given).open(sealed(given))
    assert refused.value.facts["reason"] == expected["reject"]


@vectors("wx_seal")
def test_what_is_sealed_is_what_the_maker_would_send(vector):
    given, expected = vector["in"], vector["out"]
    made = envelope(given).seal(
        given["message"].encode(),
        given.get("timestamp", ""),
        given.get("nonce", ""),
        given["random16"].encode(),
    )
    assert made.encrypt == expected["encrypt"]
    if "msg_signature" in expected:
        assert made.signature == expected["msg_signature"]


@pytest.mark.parametrize("length", [0, 1, 11, 12, 13, 43, 44, 500])
def test_every_length_of_padding_comes_back(length):
    ours = WechatEnvelope("t", [KEY], "wx1")
    message = ("改" * length).encode()
    assert ours.open(ours.seal(message, "1", "2")) == message


def test_the_key_before_still_opens_and_the_new_one_seals():
    old, both = WechatEnvelope("t", [OLD_KEY], "wx1"), WechatEnvelope("t", [KEY, OLD_KEY], "wx1")
    assert both.open(old.seal(b"hello", "1", "2")) == b"hello"
    with pytest.raises(NotSigned):
        old.open(both.seal(b"hello", "1", "2"))


@pytest.mark.parametrize(
    "encrypt",
    ["", "!", "YWJj", b64encode(bytes(32)).decode(), b64encode(bytes(31)).decode(), "改"],
    ids=["empty", "no base64", "short", "zeros", "no whole block", "not ASCII"],
)
def test_what_is_signed_but_no_envelope_is_refused(encrypt):
    signed = Sealed(encrypt, sign("t", "1", "2", encrypt), "1", "2")
    with pytest.raises(NotSigned) as refused:
        WechatEnvelope("t", [KEY], "wx1").open(signed)
    assert refused.value.facts["reason"] == "envelope"


@pytest.mark.parametrize("length", [4, 2**32 - 1])
def test_a_length_beyond_the_message_is_refused(length):
    encrypt = _encrypt(_key(KEY), bytes(16) + length.to_bytes(4, "big") + b"wx1")
    with pytest.raises(NotSigned) as refused:
        WechatEnvelope("t", [KEY], "wx1").open(
            Sealed(encrypt, sign("t", "1", "2", encrypt), "1", "2")
        )
    assert refused.value.facts["reason"] == "envelope"


@pytest.mark.parametrize("key", ["", "A" * 42, "A" * 44, "改" * 43, "A" * 42 + "!"])
def test_a_key_that_is_none_is_refused(key):
    with pytest.raises(ValueError, match="EncodingAESKey"):
        WechatEnvelope("t", [key], "wx1")
