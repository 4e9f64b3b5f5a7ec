"""What happens in this process is told to the others, and what they tell happens here.

A line or a move goes as a hint to read, who writes and who has read as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from bot.conversation.events import EventBus
from bot.conversation.records import (
    Author,
    Event,
    Looked,
    MessageAdded,
    ReadUpTo,
    StateChanged,
    Typing,
)
from bot.wakeups import Wakeups

_WORK = "work"
_DONE = "done"
_CHANGED = "changed"


class Relay:
    """Ties a bus to other processes between `start` and `stop`.

    `wake_in(seconds)` is called where another process took in work, `done(row)` where it has
    answered a message.
    """

    def __init__(
        self,
        bus: EventBus,
        wakeups: Wakeups,
        wake_in: Callable[[float], None],
        done: Callable[[str], None],
    ) -> None:
        self._bus = bus
        self._wakeups = wakeups
        self._relaying = False
        self._parts = ExitStack()
        wakeups.hear(_WORK, wake_in)
        wakeups.hear(_DONE, done)
        wakeups.hear(_CHANGED, self._changed)

    def start(self) -> None:
        """Begin to tell."""
        self._parts.enter_context(self._bus.listen(self._happened))

    def stop(self) -> None:
        """Stop telling."""
        self._parts.close()

    def work(self, seconds: float) -> None:
        """Tell that there will be work in so many seconds."""
        self._wakeups.tell(_WORK, seconds)

    def done(self, row_id: str) -> None:
        """Tell that a message has been answered."""
        self._wakeups.tell(_DONE, row_id)

    def _happened(self, conversation_id: str, event: Event) -> None:
        if self._relaying:
            return
        facts = _facts(event)
        if facts is not None:
            self._wakeups.tell(_CHANGED, {"id": conversation_id, **facts})

    def _changed(self, told: dict[str, Any]) -> None:
        event = _event(told)
        self._relaying = True
        try:
            self._bus.publish(told["id"], event)
        finally:
            self._relaying = False


def _facts(event: Event) -> dict[str, Any] | None:
    if isinstance(event, MessageAdded):
        return {"seq": event.message.seq}
    if isinstance(event, StateChanged):
        return {"epoch": event.epoch}
    if isinstance(event, Typing):
        return {"typing": event.on, "by": event.by.value}
    if isinstance(event, ReadUpTo):
        return {"read": event.seq, "by": event.by.value}
    # What was found by looking, each process finds for itself.
    return None


def _event(told: dict[str, Any]) -> Event:
    if "typing" in told:
        return Typing(on=told["typing"], by=Author(told["by"]))
    if "read" in told:
        return ReadUpTo(told["read"], Author(told["by"]))
    seq, epoch = told.get("seq", 0), told.get("epoch", 0)
    return Looked(moved=epoch > 0, seq=seq, epoch=epoch)
