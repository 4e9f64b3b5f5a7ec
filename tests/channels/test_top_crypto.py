"""Taobao's signatures against the platform's and a known digest's vectors."""

import json
from pathlib import Path

import pytest

from bot.channels.crypto.top import sign, sign_connection

VECTORS = json.loads(
    (Path(__file__).parent / "fixtures" / "channel-vectors.json").read_text(encoding="utf-8")
)["vectors"]
OF = {vector["kind"]: vector for vector in VECTORS}


@pytest.mark.parametrize(("kind", "method"), [("top_md5", "md5"), ("top_hmac", "hmac")])
def test_a_call_is_signed_as_the_platform_says(kind, method):
    given = OF[kind]["in"]
    right = OF[kind]["out"]["sign"]
    assert sign(given["params"], given["app_secret"], method) == right
    assert sign(dict(reversed(given["params"].items())), given["app_secret"], method) == right
    for name in given["params"]:
        changed = given["params"] | {name: "x"}
        assert sign(changed, given["app_secret"], method) != right


def test_a_connection_is_signed_as_its_only_client_does():
    given = OF["tmc_connect"]["in"]
    values = [given[x] for x in ("app_key", "app_secret", "group_name", "timestamp")]
    assert sign_connection(*values) == OF["tmc_connect"]["out"]["sign"]
    assert sign_connection(*values[:3], "1") != OF["tmc_connect"]["out"]["sign"]
