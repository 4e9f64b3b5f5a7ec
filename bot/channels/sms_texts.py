"""Text messages in words: what Aliyun pushes, and how long what we send may be.

A text message has 70 letters; one that has more is sent and paid in parts of 67. The
signature in its brackets counts.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from bot.channels import wording
from bot.channels.base import Happening, Inbound
from bot.errors import MalformedRequest
from bot.log import get_logger

log = get_logger(__name__)

dumps = partial(json.dumps, ensure_ascii=False)

DELIVERED, FAILED = "delivered", "failed"
_PART = 67
_PARTS = 3
_BRACKETS = 2
# Of one answer; the pieces that are sent are made of it later, by letters.
MOST_BYTES = 8000
# Aliyun takes no longer variables in a notice.
_VARIABLE = 35
_PHONE = re.compile(r"(?:\+?86)?(1\d{10})")

Row = Mapping[str, Any]


def pieces(text: str, sign_name: str) -> list[str]:
    """Return a text in messages that are each paid as three at most, the signature counted."""
    return wording.split_letters(text, _PARTS * _PART - len(sign_name) - _BRACKETS)


def variables(words: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """Return the words that a template wants, cut to what Aliyun takes."""
    return {name: _short(words.get(name, "")) for name in names}


def _short(text: str) -> str:
    return text if len(text) <= _VARIABLE else f"{text[: _VARIABLE - 1]}…"


def rows(body: bytes) -> list[Row]:
    """Return the objects of a push. Raises MalformedRequest where it is no list."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest("the push is not JSON") from error
    if not isinstance(found, list):
        raise MalformedRequest("the push is not a list")
    return [row for row in found if isinstance(row, dict)]


def messages(found: Sequence[Row]) -> list[Inbound]:
    """Return the consumers' messages of a push, in the order they were sent.

    One without a telephone of the mainland's or without a text is let pass.
    """
    sent = [(row, _PHONE.fullmatch(str(row.get("phone_number", "")))) for row in found]
    ours = [(row, phone[1]) for row, phone in sent if phone and row.get("content")]
    ours.sort(key=lambda one: str(one[0].get("send_time", "")))
    return [Inbound(phone, _id(row), str(row["content"])) for row, phone in ours]


def _id(row: Row) -> str:
    number = row.get("sequence_id")
    if number not in {None, ""}:
        return str(number)
    # The same whenever it is pushed again, unlike an id that we made up.
    told = dumps([row.get(name) for name in ("phone_number", "send_time", "content")])
    return hashlib.sha256(told.encode()).hexdigest()


def reports(found: Sequence[Row]) -> list[Happening]:
    """Return what became of messages of ours. Aliyun may tell it more than once."""
    return [
        Happening(
            f"{row['biz_id']}:{row.get('phone_number')}:{row.get('success')}",
            DELIVERED if _true(row["success"]) else FAILED,
            {"platform_id": row["biz_id"], "reason": str(row.get("err_code", ""))},
        )
        for row in found
        if row.get("biz_id") and "success" in row
    ]


def _true(value: Any) -> bool:
    # Somebody who relays the push may have made a text of it; a person is called for a failure.
    return str(value).lower() == "true"
