"""How the engine calls the custom actions: with a token, on kept connections, never silent."""

from __future__ import annotations

import json
from contextvars import ContextVar
from typing import Any

import aiohttp
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from bot.log import get_logger

log = get_logger(__name__)

APOLOGY = "utter_engine_failure"
_OK = 200
_REJECTED = 400

# Set to a fresh list at the start of each turn; an action that fails puts its name there.
failures: ContextVar[list[str]] = ContextVar("failures")


class ActionEndpoint(EndpointConfig):
    """Rasa's seam to custom actions.

    Rasa itself logs a failed action and goes on without a word to the consumer. Here any
    failure becomes an apology and the wish for a person. Only a rejection, by which a form
    hands a message on, reaches Rasa as the error it expects.
    """

    def __init__(self, url: str, token: str, timeout: float = 20) -> None:
        super().__init__(url=url)
        self._authorization = {"Authorization": f"Bearer {token}"} if token else {}
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._connections: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the kept connections."""
        if self._connections is not None:
            await self._connections.close()
            self._connections = None

    async def request(
        self,
        method: str = "post",
        subpath: str | None = None,
        content_type: str | None = "application/json",
        compress: bool = False,  # noqa: FBT001, FBT002 - Rasa's signature
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Run one action. Raises ClientResponseError(400) where the action rejects the message.

        After a failure the turn's other actions are not called: each would make the consumer
        wait for the same outage.
        """
        del method, subpath, content_type, compress
        call = kwargs["json"]
        failed = failures.get([])
        if failed:
            return _nothing()
        try:
            status, text = await self._post(call)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return self._fail(call, type(error).__name__)
        answer = _decoded(text)
        if status == _REJECTED and isinstance(answer, dict) and "action_name" in answer:
            raise ClientResponseError(status, "rejected", text)
        if status != _OK:
            return self._fail(call, f"status {status}")
        if not _well_formed(answer):
            return self._fail(call, "no action's answer")
        return answer

    async def _post(self, call: dict[str, Any]) -> tuple[int, str]:
        if self._connections is None:
            self._connections = aiohttp.ClientSession(
                headers=self._authorization, timeout=self._timeout
            )
        async with self._connections.post(str(self.url), json=call) as response:
            return response.status, await response.text()

    def _fail(self, call: dict[str, Any], reason: str) -> dict[str, Any]:
        action = call.get("next_action", "")
        log.error("action_failed", action=action, reason=reason)
        failures.get([]).append(action)
        return apology()


def apology() -> dict[str, Any]:
    """Return an action's result that says sorry and asks for a person.

    A fresh one each time: Rasa takes the response apart.
    """
    response = {"response": APOLOGY, "custom": {"handover": "engine_failure"}}
    return {"events": [], "responses": [response]}


def _nothing() -> dict[str, Any]:
    return {"events": [], "responses": []}


def _well_formed(answer: Any) -> bool:
    """Whether an answer is events and responses.

    Rasa's own check walks through its JSON schema, which takes longer than most actions. What is
    in an event is looked at when it is made of it.
    """
    return isinstance(answer, dict) and all(
        isinstance(answer.get(name, []), list)
        and all(isinstance(one, dict) for one in answer.get(name, []))
        for name in ("events", "responses")
    )


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
