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
    ESCALATE = "escalate"
    CLAIM = "claim"
    BARGE_IN = "barge_in"
    RELEASE = "release"
    AGENT_GONE = "agent_gone"
    TRANSFER = "transfer"
    RETURN = "return"
    LEAVE_QUEUE = "leave_queue"
    NOBODY_CAME = "nobody_came"
    KEEP_WAITING = "keep_waiting"
    CLOSE = "close"


# Where each command may start, and where it leads. A consumer who comes back after the end
# begins a new conversation; nothing leads out of `closed`.
MOVES: dict[Command, tuple[frozenset[State], State]] = {
    Command.HAND_OVER: (frozenset({State.BOT}), State.QUEUED),
    Command.ESCALATE: (frozenset({State.QUEUED}), State.QUEUED),
    Command.CLAIM: (frozenset({State.QUEUED}), State.HUMAN),
    Command.BARGE_IN: (frozenset({State.BOT, State.HUMAN}), State.HUMAN),
    Command.RELEASE: (frozenset({State.HUMAN}), State.QUEUED),
    Command.AGENT_GONE: (frozenset({State.HUMAN}), State.QUEUED),
    Command.TRANSFER: (frozenset({State.HUMAN}), State.HUMAN),
    Command.RETURN: (frozenset({State.HUMAN}), State.BOT),
    Command.LEAVE_QUEUE: (frozenset({State.QUEUED}), State.BOT),
    Command.NOBODY_CAME: (frozenset({State.QUEUED}), State.BOT),
    Command.KEEP_WAITING: (frozenset({State.QUEUED}), State.QUEUED),
    Command.CLOSE: (frozenset({State.BOT, State.QUEUED, State.HUMAN}), State.CLOSED),
}


def next_state(state: State, command: Command) -> State:
    """Return the state that the command leads to; raises IllegalMove where it leads nowhere."""
    starts, end = MOVES[command]
    if state not in starts:
        raise IllegalMove(state=state, command=command)
    return end
