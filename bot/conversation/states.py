"""Who answers a conversation, and the only moves from one answerer to another."""

from __future__ import annotations

from enum import StrEnum

from bot.errors import IllegalMove


class State(StrEnum):
    """Who answers: the bot, nobody yet, a person, or nobody any more."""

    BOT = "bot"
    QUEUED = "queued"
    HUMAN = "human"
    CLOSED = "closed"


class Command(StrEnum):
    """What can be done about who answers."""

    HAND_OVER = "hand_over"
    CLAIM = "claim"
    BARGE_IN = "barge_in"
    RELEASE = "release"
    TRANSFER = "transfer"
    RETURN = "return"
    LEAVE_QUEUE = "leave_queue"
    CLOSE = "close"
    REOPEN = "reopen"


_MOVES = {
    (State.BOT, Command.HAND_OVER): State.QUEUED,
    (State.BOT, Command.BARGE_IN): State.HUMAN,
    (State.QUEUED, Command.CLAIM): State.HUMAN,
    (State.QUEUED, Command.LEAVE_QUEUE): State.BOT,
    (State.HUMAN, Command.RELEASE): State.QUEUED,
    (State.HUMAN, Command.TRANSFER): State.HUMAN,
    (State.HUMAN, Command.RETURN): State.BOT,
    (State.BOT, Command.CLOSE): State.CLOSED,
    (State.QUEUED, Command.CLOSE): State.CLOSED,
    (State.HUMAN, Command.CLOSE): State.CLOSED,
    (State.CLOSED, Command.REOPEN): State.BOT,
}


def next_state(state: State, command: Command) -> State:
    """Return the state that the command leads to; raises IllegalMove where it leads nowhere."""
    try:
        return _MOVES[state, command]
    except KeyError:
        raise IllegalMove(state=state, command=command) from None
