"""What happens in 微信客服 beside messages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.channels import wording
from bot.channels.base import Happening, Told
from bot.channels.order_handles import OrderHandles
from bot.channels.wecom_kf.decode import SAID_ELSEWHERE
from bot.conversation import arrivals, elsewhere
from bot.conversation.conversations import Conversations
from bot.conversation.records import Grant, Incoming, on_account

# A welcome is taken once, and not for longer.
_WELCOME_SECONDS = 20.0
_FROM_POOL, _PASSED_ON, _ENDED, _TAKEN_AGAIN = 1, 2, 3, 4

# Why WeCom did not deliver what it had taken.
_FAILURES = {
    "1": "the service account was deleted",
    "2": "the application was switched off",
    "4": "48 hours are over",
    "5": "the session is closed",
    "6": "five messages were sent",
    "8": "the corporation is not verified",
    "10": "the consumer refuses messages",
    "11": "nobody of the corporation has signed in to the app",
    "12": "messages of this kind may not be sent",
    "13": "held back for safety",
}


@dataclass(frozen=True)
class Scene:
    """Where an event is acted on."""

    channel: str
    account: str
    handles: OrderHandles
    talks: Conversations

    @property
    def at(self) -> datetime:
        """The present instant of the business clock."""
        return self.talks.clock.now()

    def sender(self, facts: Mapping[str, Any], grant: Grant | None = None) -> Incoming:
        """Return whose conversation an event is about."""
        sender = on_account(self.account, str(facts["user"]))
        return Incoming(self.channel, sender, "", account=self.account, grant=grant)


async def act(tx: AsyncConnection, scene: Scene, event: Happening) -> list[Told]:
    """Act on an event; those that concern no conversation are passed over."""
    acting = _ACTS.get(event.name)
    return [] if acting is None else await acting(tx, scene, event.facts)


async def _entered(tx: AsyncConnection, scene: Scene, facts: Mapping[str, Any]) -> list[Told]:
    code = facts.get("welcome_code")
    grant = Grant(1, _WELCOME_SECONDS, str(code)) if code else None
    order_no = scene.handles.read(unquote(str(facts.get("scene_param") or "")))
    if grant is None and order_no is None:
        return []
    return await arrivals.arrive(
        tx, scene.sender(facts, grant), order_no, scene.at, scene.talks.seconds()
    )


async def _moved(tx: AsyncConnection, scene: Scene, facts: Mapping[str, Any]) -> list[Told]:
    change = facts.get("change_type")
    if change == _ENDED:
        return await elsewhere.ended(tx, scene.sender(facts), scene.at)
    if change not in {_FROM_POOL, _PASSED_ON, _TAKEN_AGAIN}:
        return []
    who = elsewhere.person(scene.channel, str(facts.get("new_servicer_userid", "")))
    return await elsewhere.taken(tx, scene.sender(facts), who, scene.at)


async def _said(tx: AsyncConnection, scene: Scene, facts: Mapping[str, Any]) -> list[Told]:
    who = elsewhere.person(scene.channel, str(facts["servicer"]))
    return await elsewhere.said(tx, scene.sender(facts), who, str(facts["text"]), scene.at)


async def _recalled(tx: AsyncConnection, scene: Scene, facts: Mapping[str, Any]) -> list[Told]:
    text = wording.texts()["recalled"]
    return await elsewhere.noted(tx, scene.sender(facts), text, scene.at)


async def _lost(tx: AsyncConnection, scene: Scene, facts: Mapping[str, Any]) -> list[Told]:
    why = _FAILURES.get(str(facts.get("fail_type")), "no reason was given")
    name = str(facts.get("fail_msgid", ""))
    return await scene.talks.lost(tx, (scene.channel, scene.account), name, why)


_ACTS: dict[str, Callable[[AsyncConnection, Scene, Mapping[str, Any]], Awaitable[list[Told]]]] = {
    "enter_session": _entered,
    "session_status_change": _moved,
    SAID_ELSEWHERE: _said,
    "user_recall_msg": _recalled,
    "msg_send_fail": _lost,
}
