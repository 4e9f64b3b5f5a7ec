"""One consumer's dialogue with the actions alone, an action at a time, without an engine."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.scheduling import Caller, Seen

TALK = Caller("talk-1", "tb_1001")


class Chat:
    """Runs actions on what was said about the order O1 and keeps the slots that they set."""

    def __init__(self, world):
        self.world = world
        self.slots = {"order_no": "O1"}
        self.said = []
        self.followup = []
        self.form = None

    async def run(self, action, turn_id, text="好的", intent="affirm", **slots):
        self.slots |= slots
        message = {
            "text": text,
            "intent": {"name": intent},
            "entities": [],
            "metadata": {"consumer_id": "tb_1001", "turn_id": turn_id},
        }
        loop = {"name": self.form} if self.form else {}
        told = Tracker("talk-1", self.slots, message, [], False, None, loop, "action_listen")
        dispatcher = CollectingDispatcher()
        events = await action.run(dispatcher, told, {})
        self.slots |= {e["name"]: e["value"] for e in events if e["event"] == "slot"}
        self.followup = [e["name"] for e in events if e["event"] == "followup"]
        self.said = [line["response"] for line in dispatcher.messages]
        return dispatcher.messages

    async def agent_moves(self, window):
        live = (await self.world.scheduling.order(TALK, "O1")).live_visit
        await self.world.scheduling.book(
            TALK, "O1", window, "desk:1", actor="agent", seen=Seen(live.version)
        )

    async def window(self):
        live = (await self.world.scheduling.order(TALK, "O1")).live_visit
        return live.window if live else None
