"""A turn of a dialogue: one message in, the bot's lines out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.shared.core.events import BotUttered, SlotSet

from bot.engine import wishes
from bot.engine.action_endpoint import failures
from bot.engine.fresh import begin_anew, keep_short
from bot.engine.lanes import Lanes
from bot.engine.turn import harmless, understood

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rasa.shared.core.events import Event
    from rasa.shared.core.trackers import DialogueStateTracker

    from bot.engine.agent import EngineAgent
    from bot.engine.trackers import TurnTrackerStore
    from bot.engine.turn import Turn

_SHOWN = ("text", "buttons", "custom")
# The slot that keeps a second wish while a form is open for the first.
_KEPT = "next_wish"
_QUOTED = 30

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
    """Runs turns on an agent; those of one conversation in the order they came.

    `lanes` are those that several engines share.
    """

    def __init__(
        self, agent: EngineAgent, store: TurnTrackerStore, lanes: Lanes | None = None
    ) -> None:
        self._agent = agent
        self._store = store
        self._lanes = lanes or Lanes()

    async def run(self, turn: Turn) -> Answer:
        """Return `{"replies": [...], "nlu": {...}}`.

        A turn that has been run already answers as the first time and does nothing. A turn
        that would leave the consumer without a word apologises and asks for a person. Of two
        wishes the second is served too, or kept until the form for the first is closed.
        """
        async with self._lanes.alone(turn.conversation_id):
            failures.set([])
            first, *more = await self._divided(turn)
            answer, repeated = await self._once(first)
            for wish in more:
                answer["replies"] += await self._then(wish, answer["replies"])
            if not more and not _handed_over(answer["replies"]):
                answer["replies"] += await self._kept(turn, repeated=repeated)
        if not any(answer["replies"]):
            sorry = {"text": self._agent.apology, "custom": {"handover": "engine_failure"}}
            answer["replies"] = [sorry]
        return answer

    async def _divided(self, turn: Turn) -> list[Turn]:
        if turn.trusted:
            return [turn]

        async def parse(text: str) -> dict[str, Any]:
            return await self._agent.understand(text, turn.now)

        parts = await wishes.divide(turn.text, parse)
        return [
            replace(turn, text=text)
            if n == 1
            else replace(turn, text=text, turn_id=f"{turn.turn_id}.{n}", fresh=False)
            for n, text in enumerate(parts, 1)
        ]

    async def _once(self, turn: Turn) -> tuple[Answer, bool]:
        """Return the answer to one message, and whether it had been given already."""
        done = await self._store.turn_events(turn.conversation_id, turn.turn_id)
        if done is None:
            return await self._handle(turn), False
        return _replay(done, turn.text), True

    async def _then(self, wish: Turn, said: list[Answer]) -> list[Answer]:
        """Serve a second wish, or keep it where the first one has opened a form."""
        if _handed_over(said):
            return []
        tracker = await self._agent.processor.get_tracker(wish.conversation_id)
        if not tracker.active_loop_name:
            answer, _ = await self._once(wish)
            return list(answer["replies"])
        if tracker.get_slot(_KEPT) == wish.text:
            return []
        line = self._line("utter_next_wish", wish.text)
        await self._note(tracker, [SlotSet(_KEPT, wish.text), BotUttered(line["text"])])
        return [line]

    async def _kept(self, turn: Turn, *, repeated: bool) -> list[Answer]:
        """Serve the wish that was kept, once no form is open any more."""
        wish = replace(
            turn, turn_id=f"{turn.turn_id}.kept", trusted=False, fresh=False, asked_order=None
        )
        kept = await self._store.slot(turn.conversation_id, _KEPT)
        if not (kept or repeated):
            return []
        done = await self._store.turn_events(wish.conversation_id, wish.turn_id)
        if done is not None:
            said = _replay(done, turn.text)["replies"]
            return [self._line("utter_now_next_wish", done[0]["text"]), *said]
        tracker = await self._agent.processor.get_tracker(turn.conversation_id)
        if not kept or tracker.active_loop_name:
            return []
        answer = await self._handle(replace(wish, text=kept))
        tracker = await self._agent.processor.get_tracker(turn.conversation_id)
        await self._note(tracker, [SlotSet(_KEPT, None)])
        return [self._line("utter_now_next_wish", kept), *answer["replies"]]

    async def _note(self, tracker: DialogueStateTracker, events: list[Event]) -> None:
        tracker.update_with_events(events, self._agent.domain)
        await self._agent.processor.save_tracker(tracker)

    def _line(self, response: str, wish: str) -> Answer:
        quoted = wish.strip(" ,，。.!！?？;；\n")[:_QUOTED]
        text: str = self._agent.domain.responses[response][0]["text"]
        return {"text": text.format(wish=quoted)}

    async def _handle(self, turn: Turn) -> Answer:
        lines = _Lines()
        text = turn.text if turn.trusted else harmless(turn.text)
        metadata = {
            "consumer_id": turn.consumer_id,
            "now": turn.now,
            "turn_id": turn.turn_id,
            "spoofable": turn.spoofable,
            "asked_order": turn.asked_order,
        }
        message = UserMessage(
            text,
            output_channel=lines,
            sender_id=turn.conversation_id,
            input_channel=lines.name(),
            message_id=turn.turn_id,
            metadata=metadata,
        )
        if turn.fresh:
            await begin_anew(self._store, self._agent.domain, turn)
        else:
            await keep_short(self._store, self._agent.domain, turn)
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


def _handed_over(said: list[Answer]) -> bool:
    return any("handover" in (line.get("custom") or {}) for line in said)
