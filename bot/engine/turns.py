"""A turn of a dialogue: one message in, the bot's lines out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rasa.core.channels.channel import OutputChannel, UserMessage

from bot.engine.action_endpoint import failures
from bot.engine.lanes import Lanes
from bot.engine.turn import harmless, understood

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.engine.agent import EngineAgent
    from bot.engine.trackers import TurnTrackerStore
    from bot.engine.turn import Turn

_SHOWN = ("text", "buttons", "custom")

Answer = dict[str, Any]


class _Lines(OutputChannel):
    """Collects what the bot says, one row an utterance: text, buttons and custom together."""

    def __init__(self) -> None:
        self.rows: list[Answer] = []

    @classmethod
    def name(cls) -> str:
        return "engine"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        del recipient_id
        self.rows.append(_shown(message))


class Turns:
    """Runs turns on an agent; those of one conversation in the order they came."""

    def __init__(self, agent: EngineAgent, store: TurnTrackerStore) -> None:
        self._agent = agent
        self._store = store
        self._lanes = Lanes()

    async def run(self, turn: Turn) -> Answer:
        """Return `{"replies": [...], "nlu": {...}}`.

        A turn that has been run already answers as the first time and does nothing. A turn
        that would leave the consumer without a word apologises and asks for a person.
        """
        async with self._lanes.alone(turn.conversation_id):
            done = await self._store.turn_events(turn.conversation_id, turn.turn_id)
            if done is None:
                failures.set([])
                answer = await self._handle(turn)
            else:
                answer = _replay(done, turn.text)
        if not any(answer["replies"]):
            sorry = {"text": self._agent.apology, "custom": {"handover": "engine_failure"}}
            answer["replies"] = [sorry]
        return answer

    async def _handle(self, turn: Turn) -> Answer:
        lines = _Lines()
        text = turn.text if turn.trusted else harmless(turn.text)
        metadata = {
            "consumer_id": turn.consumer_id,
            "now": turn.now,
            "turn_id": turn.turn_id,
        }
        message = UserMessage(
            text,
            output_channel=lines,
            sender_id=turn.conversation_id,
            input_channel=lines.name(),
            message_id=turn.turn_id,
            metadata=metadata,
        )
        # Parsed here, so that the parse need not be read back from the tracker.
        message.parse_data = await self._agent.processor.parse_message(message)
        await self._agent.handle_message(message)
        return {"replies": lines.rows, "nlu": understood(message.parse_data, turn.text)}


def _replay(events: list[dict[str, Any]], text: str) -> Answer:
    said = [event for event in events if event["event"] == "bot"]
    rows = [_shown({**(event.get("data") or {}), "text": event.get("text")}) for event in said]
    return {"replies": rows, "nlu": understood(events[0].get("parse_data") or {}, text)}


def _shown(message: Mapping[str, Any]) -> Answer:
    return {key: message[key] for key in _SHOWN if message.get(key)}
