"""Rasa's agent as this process uses it."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING, Any

from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage

from bot.engine.action_endpoint import APOLOGY
from bot.engine.model_file import verify
from bot.engine.turn import harmless, understood
from bot.errors import SettingsError
from bot.settings import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from rasa.core.tracker_store import TrackerStore
    from rasa.shared.core.domain import Domain
    from rasa.utils.endpoints import EndpointConfig


class EngineAgent(Agent):
    """An agent that says so when its tracker store fails.

    Rasa wraps every store so that an outage looks like a new conversation: the bot forgets
    the consumer and what it saves is lost. Here the turn fails, and is repeated later.
    """

    @staticmethod
    def _create_tracker_store(store: TrackerStore | None, domain: Domain) -> TrackerStore:
        if store is None:
            return Agent._create_tracker_store(store, domain)  # noqa: SLF001 - the one we extend
        store.domain = domain
        return store

    @property
    def apology(self) -> str:
        """The sentence for a turn that cannot be answered."""
        return str(self.domain.responses[APOLOGY][0]["text"])

    async def understand(self, text: str, now: str | None = None) -> dict[str, Any]:
        """Return Rasa's parse of a consumer's text; one that begins with "/" is read as text."""
        message = UserMessage(harmless(text), metadata={"now": now} if now else None)
        return understood(await self.processor.parse_message(message), text)


def load(
    model: Path,
    endpoint: EndpointConfig | None = None,
    store: TrackerStore | None = None,
) -> EngineAgent:
    """Load the archive, which has to be the one its manifest describes.

    Raises ModelUntrusted, or SettingsError where the model lacks what the engine says when
    an action fails.
    """
    verify(model)
    os.chdir(ROOT)
    # bot.engine.action_endpoint looks at every answer.
    RemoteAction._validate_action_result = lambda _action, _result: True  # noqa: SLF001
    agent = EngineAgent(tracker_store=store, action_endpoint=endpoint)
    agent.load_model(str(model))
    if APOLOGY not in agent.domain.responses:
        raise SettingsError(f"domain.yml has no response {APOLOGY}")
    # What is loaded stays; without this each full collection walks through all of it.
    gc.collect()
    gc.freeze()
    return agent
