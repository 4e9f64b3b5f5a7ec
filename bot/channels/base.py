"""What every channel does alike: one message in, the same wire shape out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from aiohttp import web

from bot.conversation.conversations import Conversations
from bot.conversation.records import Incoming, Message, Receipt


class Channel(ABC):
    """A way by which consumers reach the bot: verifies, decodes, encodes. `name` is stored."""

    name: ClassVar[str]
    # Whether senders wait for the answer to each single message.
    hurried: ClassVar[bool] = False

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    @abstractmethod
    def routes(self) -> list[web.RouteDef]:
        """Return what the channel answers over HTTP."""

    async def _receive(
        self, sender: str, text: str, message_id: str | None, consumer_id: str | None
    ) -> Receipt:
        return await self._conversations.receive(
            Incoming(self.name, sender, text, message_id, consumer_id, self.hurried)
        )


def shown(message: Message) -> dict[str, Any]:
    """Return what a consumer may see of a message beside its text, in Rasa's words."""
    extras: dict[str, Any] = {}
    if message.buttons:
        extras["buttons"] = [dict(choice) for choice in message.buttons]
    if message.custom:
        extras["custom"] = message.custom
    return extras
