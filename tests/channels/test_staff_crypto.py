"""How Feishu and DingTalk sign and encrypt, against what is known of it."""

from base64 import b64encode

import pytest

from bot.channels.crypto import dingtalk, feishu
from bot.errors import NotSigned
from tests.channels.test_wechat_crypto import vectors


@vectors("feishu_decrypt")
def test_feishus_envelope_is_opened(vector):
    given = vector["in"]
    opened = feishu.decrypt(given["encrypt_key"], given["encrypt"])
    assert opened.decode() == vector["out"]["message"]


@vectors("feishu_event_signature")
def test_feishus_signature_covers_the_bytes_that_came(vector):
    given = vector["in"]
    request = (given["timestamp"], given["nonce"], given["encrypt_key"])
    feishu.verify(vector["out"]["signature"], *request, given["body"].encode())
    for changed in (given["body"] + " ", given["body"].replace("{", "[")):
        with pytest.raises(NotSigned):
            feishu.verify(vector["out"]["signature"], *request, changed.encode())


@vectors("dingtalk_robot_sign")
def test_dingtalks_signature_covers_the_time(vector):
    given = vector["in"]
    signature = vector["out"]["sign"]
    dingtalk.verify(signature, given["app_secret"], given["timestamp"])
    for secret, timestamp in (
        ("another", given["timestamp"]),
        (given["app_secret"], "1608001896815"),
    ):
        with pytest.raises(NotSigned):
            dingtalk.verify(signature, secret, timestamp)


@pytest.mark.parametrize("length", [0, 1, 5, 15, 16, 17, 500])
def test_every_length_of_feishus_padding_comes_back(length):
    message = ("改" * length).encode()
    assert feishu.decrypt("key", feishu.encrypt("key", message)) == message


@pytest.mark.parametrize(
    "encrypt",
    ["", "!", "YWJj", b64encode(bytes(16)).decode(), b64encode(bytes(33)).decode(), "改"],
    ids=["empty", "no base64", "short", "no block", "no whole block", "not ASCII"],
)
def test_what_is_no_envelope_of_feishus_is_refused(encrypt):
    with pytest.raises(NotSigned) as refused:
        feishu.decrypt("key", encrypt)
    assert refused.value.facts["reason"] == "envelope"


@pytest.mark.parametrize("odd", ["", "改", "\udce6", "f" * 64])
def test_an_odd_header_is_a_wrong_signature(odd):
    with pytest.raises(NotSigned):
        feishu.verify(odd, odd, odd, "key", b"{}")
    with pytest.raises(NotSigned):
        dingtalk.verify(odd, "secret", odd)
