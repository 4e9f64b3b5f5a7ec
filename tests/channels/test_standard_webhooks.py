"""Standard Webhooks against the standard's own vector."""

import json
from pathlib import Path

import pytest

from bot.channels.crypto.standard_webhooks import check_secret, headers, new_secret, verify
from bot.errors import NotSigned, SettingsError

VECTORS = json.loads(
    (Path(__file__).parent / "fixtures" / "channel-vectors.json").read_text(encoding="utf-8")
)["vectors"]
(VECTOR,) = [vector for vector in VECTORS if vector["kind"] == "standard_webhooks"]
GIVEN = VECTOR["in"]
BODY, NOW = GIVEN["body"].encode(), GIVEN["timestamp"]
SENT = {
    "webhook-id": GIVEN["id"],
    "webhook-timestamp": str(NOW),
    "webhook-signature": VECTOR["out"]["signature"],
}


def test_what_we_send_is_signed_as_the_standard_says():
    assert headers([GIVEN["secret"]], GIVEN["id"], NOW + 0.7, BODY) == SENT


@pytest.mark.parametrize("seconds", [NOW - 300, NOW, NOW + 300])
def test_what_is_signed_of_late_is_taken(seconds):
    assert verify(SENT, BODY, [GIVEN["secret"]], seconds) == GIVEN["id"]


def test_one_of_two_secrets_and_one_of_two_signatures_is_enough():
    both = SENT | {"webhook-signature": f"v1,AAAA {VECTOR['out']['signature']}"}
    assert verify(both, BODY, [new_secret(), GIVEN["secret"]], NOW) == GIVEN["id"]


@pytest.mark.parametrize(
    ("change", "body", "seconds"),
    [
        ({"webhook-id": "msg_other"}, BODY, NOW),
        ({"webhook-timestamp": str(NOW + 1)}, BODY, NOW),
        ({"webhook-signature": ""}, BODY, NOW),
        ({"webhook-signature": VECTOR["out"]["signature"].replace("v1,", "v2,")}, BODY, NOW),
        ({"webhook-id": ""}, BODY, NOW),
        ({"webhook-timestamp": "soon"}, BODY, NOW),
        ({"webhook-timestamp": "9" * 30}, BODY, NOW),
        ({}, BODY + b" ", NOW),
        ({}, BODY, NOW + 301),
        ({}, BODY, NOW - 301),
    ],
)
def test_anything_else_is_refused(change, body, seconds):
    with pytest.raises(NotSigned):
        verify(SENT | change, body, [GIVEN["secret"]], seconds)


def test_while_a_secret_is_renewed_the_receiver_may_know_either():
    new = new_secret()
    sent = headers([new, GIVEN["secret"]], "m1", NOW, BODY)
    assert verify(sent, BODY, [new], NOW) == verify(sent, BODY, [GIVEN["secret"]], NOW) == "m1"


def test_with_another_secret_it_is_refused():
    with pytest.raises(NotSigned):
        verify(SENT, BODY, [new_secret()], NOW)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_AAAA", "kein base64"])
def test_a_secret_that_could_be_guessed_is_refused(secret):
    with pytest.raises(SettingsError):
        check_secret(secret)
    check_secret(new_secret())
