"""What a message is good for that anybody may have sent in the consumer's name.

A text message proves nothing: the number it comes from can be made up. So it may answer what
the consumer was asked, about the order that he was asked about, and no more. For anything
else the order has to be proven, and the proof is forgotten after a while.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.scheduling import Caller

PROOF_LIVES = timedelta(minutes=30)
_FORM = "visit_form"
_COMMIT = "action_commit_visit"


def caller(
    conversation_id: str,
    metadata: Mapping[str, Any],
    events: Iterable[Mapping[str, Any]],
    *,
    in_visit_form: bool,
) -> Caller:
    """Return who asks, by the message's metadata and the events of Rasa's tracker.

    The visit's form goes on under the question that opened it; a need of the consumer's own
    begins under none.
    """
    if not metadata.get("spoofable"):
        return Caller(conversation_id, metadata.get("consumer_id"))
    about = metadata.get("asked_order")
    if about is None and in_visit_form:
        about = _opened_form(events)
    since = datetime.fromisoformat(metadata["now"]) - PROOF_LIVES
    return Caller(conversation_id, asked=about, proven_since=int(since.timestamp()))


def _opened_form(events: Iterable[Mapping[str, Any]]) -> str | None:
    """Return the order of the question whose answer opened the visit's form, if one did.

    A form that opens anew because the window was taken stays under the same question.
    """
    form = own = None
    committed = False
    for event in events:
        kind, name = event["event"], event.get("name")
        if kind == "user":
            own, committed = (event.get("metadata") or {}).get("asked_order"), False
        elif kind == "action" and name == _COMMIT:
            committed = True
        elif kind == "active_loop" and name == _FORM:
            form = own or (form if committed else None)
    return form
