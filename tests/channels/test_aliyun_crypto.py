"""Aliyun's signature against what Aliyun printed."""

import json
from pathlib import Path

from bot.channels.crypto.aliyun import sign

VECTORS = json.loads(
    (Path(__file__).parent / "fixtures" / "channel-vectors.json").read_text(encoding="utf-8")
)["vectors"]
(VECTOR,) = [vector for vector in VECTORS if vector["kind"] == "aliyun_rpc_v1"]
GIVEN = VECTOR["in"]


def test_a_signature_is_the_makers():
    signature = sign(GIVEN["method"], GIVEN["params"], GIVEN["access_key_secret"])
    assert signature == VECTOR["out"]["signature"]


def test_all_that_is_sent_is_signed():
    right = VECTOR["out"]["signature"]
    for name, value in GIVEN["params"].items():
        changed = GIVEN["params"] | {name: value + " "}
        assert sign(GIVEN["method"], changed, GIVEN["access_key_secret"]) != right
    assert sign("POST", GIVEN["params"], GIVEN["access_key_secret"]) != right
    assert sign(GIVEN["method"], GIVEN["params"], "other") != right


def test_what_chinese_texts_hold_is_encoded_as_aliyun_does():
    one = sign("GET", {"a": "1 2*~/"}, "s")
    assert one == sign("GET", {"a": "1 2*~/"}, "s")
    assert one != sign("GET", {"a": "1+2*~/"}, "s")
