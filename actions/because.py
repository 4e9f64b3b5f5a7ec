"""Why a consumer moves or cancels a visit: kept where the words say it, never asked for."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.need import Events
from actions.turn import Turn
from bot.language.motives import motive

SLOT = "change_reason"


def heard(turn: Turn) -> Events:
    """Return the event that keeps the reason that a message gives; none where it gives none."""
    code = motive(turn.text)
    return [SlotSet(SLOT, code)] if code else []


def of(turn: Turn) -> str | None:
    """Return the reason that was given since the change was begun, or is given now."""
    return motive(turn.text) or turn.slot(SLOT)


def kept(turn: Turn) -> Events:
    """Return the event that keeps the reason for a question that is asked anew."""
    return [SlotSet(SLOT, of(turn))]
