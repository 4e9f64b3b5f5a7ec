"""What a consumer said in this turn, read once from Rasa's tracker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rasa_sdk import Tracker

from actions import asked
from bot.language import options
from bot.language.normalise import normalise
from bot.scheduling import Caller, TimeRange

FORMS = {"order_form", "visit_form", "cancel_form"}
RESUMED = "action_resume_task"
# What a pressed button may mean to the form that is open; any other is a wish of its own. The
# conversation neutralises a leading slash that is typed.
ANSWERS = {"select_option", "affirm", "deny", "inform"}


@dataclass(frozen=True)
class Turn:
    """One message with its meaning, and the slots it met.

    `message` is Rasa's parse of the text: `text`, `intent`, `entities`, `metadata`. `resumed` says
    that it is an earlier one, whose need is gone on with.
    """

    caller: Caller
    turn_id: str
    message: dict[str, Any]
    slots: dict[str, Any]
    done: tuple[str, ...]
    resumed: bool = False

    @classmethod
    def read(cls, tracker: Tracker, *, in_visit_form: bool = False) -> Turn:
        """Read the tracker; a task that is gone on with speaks with its own first message.

        `in_visit_form` says that the message is taken for an answer to the visit's form.
        """
        latest = tracker.latest_message
        metadata = latest.get("metadata") or {}
        caller = asked.caller(
            tracker.sender_id, metadata, tracker.events, in_visit_form=in_visit_form
        )
        task = tracker.get_slot("task")
        resumed = tracker.latest_action_name == RESUMED and bool(task and task.get("message"))
        return cls(
            caller=caller,
            turn_id=metadata.get("turn_id") or latest.get("message_id") or "",
            message=task["message"] if resumed else _essence(latest),
            slots=tracker.slots,
            done=_done_since_heard(tracker.events),
            resumed=resumed,
        )

    @property
    def fresh(self) -> bool:
        """Whether nothing has been done yet about what the consumer just said.

        Rasa writes a form's own name into the tracker that its validation sees, so forms do
        not count.
        """
        return not set(self.done) - FORMS

    @property
    def for_form(self) -> bool:
        """Whether an open form may use the message."""
        return self.fresh and not (self.text.startswith("/") and self.intent not in ANSWERS)

    @property
    def text(self) -> str:
        """The words themselves."""
        return str(self.message.get("text") or "")

    @property
    def intent(self) -> str:
        """The name of the intent."""
        return str(self.message["intent"].get("name") or "")

    def slot(self, name: str) -> Any:
        """Return the value of the slot `name`, or None."""
        return self.slots.get(name)

    def values(self, entity: str) -> list[Any]:
        """Return the values of all entities of the kind, in the order they were said."""
        return [
            e["value"]
            for e in self.message["entities"]
            if e["entity"] == entity and e.get("role") != "rejected"
        ]

    def first(self, entity: str) -> Any:
        """Return the first value of the kind, or None."""
        return next(iter(self.values(entity)), None)

    def option(self, size: int) -> int | None:
        """Return which of a list of `size` things is picked, from 1, or None."""
        named = self.first("option")
        return named if named is not None else options.position(normalise(self.text).text, size)

    @property
    def times(self) -> list[dict[str, Any]]:
        """The times that were asked for, as `{"from", "to", "dated"}`."""
        return [_time(e) for e in self._times() if e.get("role") != "rejected"]

    @property
    def rejected_times(self) -> list[dict[str, Any]]:
        """The times that were ruled out."""
        return [_time(e) for e in self._times() if e.get("role") == "rejected"]

    def _times(self) -> list[dict[str, Any]]:
        return [e for e in self.message["entities"] if e["entity"] == "time"]


def ranges(values: list[dict[str, Any]] | None) -> list[TimeRange]:
    """Turn `{"from", "to"}` values of a slot into scheduling's time ranges."""
    return [TimeRange(_instant(v.get("from")), _instant(v.get("to"))) for v in values or ()]


def _time(entity: dict[str, Any]) -> dict[str, Any]:
    return {**entity["value"], "dated": entity.get("dated", True)}


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _done_since_heard(events: list[dict[str, Any]]) -> tuple[str, ...]:
    done: list[str] = []
    for event in reversed(events):
        if event["event"] == "user":
            break
        if event["event"] == "action":
            done.append(event["name"])
    return tuple(done)


def _essence(message: dict[str, Any]) -> dict[str, Any]:
    return {
        "text": message.get("text"),
        "intent": message.get("intent") or {},
        "entities": message.get("entities") or [],
    }
