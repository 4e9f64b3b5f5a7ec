"""Calls to Taobao's open platform: signed, and what went wrong in the words of what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from aiohttp import ClientSession

from bot.channels.calling import call
from bot.channels.crypto.top import sign
from bot.clock import BUSINESS_ZONE
from bot.errors import DeliveryFailed, DeliveryRefused, RateLimited, RetryLater, TokenExpired
from bot.providers.tmall.account import TmallAccount

_TIME = "%Y-%m-%d %H:%M:%S"
_SESSION = {26, 27}
_LIMITED = {4, 5, 6, 7, 8}
_PAUSE_SECONDS = 60.0
# Remote service error, service unavailable, and a timestamp that is off by more than 10 minutes.
_PASSING = {10, 15, 31}


def stamp(at: datetime) -> str:
    """Return an instant as the platform writes it: without an offset, in GMT+8."""
    return at.astimezone(BUSINESS_ZONE).strftime(_TIME)


class Top:
    """The calls of one account. `seconds` is the host's clock."""

    def __init__(
        self, http: ClientSession, account: TmallAccount, seconds: Callable[[], float]
    ) -> None:
        self._http = http
        self._account = account
        self._seconds = seconds

    async def call(self, method: str, **params: object) -> dict[str, Any]:
        """Make a call; a parameter that is None is left out. Return what is in the answer.

        Raises DeliveryFailed: RateLimited, TokenExpired where the grant is over, RetryLater for
        what passes, DeliveryRefused for what does not.
        """
        account = self._account
        sent = {
            "method": method,
            "app_key": account.app_key,
            "session": account.session,
            "timestamp": stamp(datetime.fromtimestamp(self._seconds(), BUSINESS_ZONE)),
            "format": "json",
            "v": "2.0",
            "sign_method": "hmac",
            **{name: str(value) for name, value in params.items() if value is not None},
        }
        form = {**sent, "sign": sign(sent, account.app_secret)}
        answer = await call(self._http, "POST", account.gateway, form, judge=_judge)
        found: dict[str, Any] = answer.get(f"{method.replace('.', '_')}_response", {})
        _check(found.get("result"))
        return found


def _judge(_status: int, answer: Mapping[str, Any]) -> DeliveryFailed | None:
    refusal = answer.get("error_response")
    if not isinstance(refusal, dict):
        return None
    code, sub_code = refusal.get("code"), str(refusal.get("sub_code") or "")
    if code in _SESSION:
        return TokenExpired("the grant is over; renew `session`")
    if code in _LIMITED or "limit" in sub_code:
        return RateLimited(after=_PAUSE_SECONDS)
    if code in _PASSING or sub_code.startswith("isp."):
        return RetryLater(f"Taobao answers {code} {sub_code}")
    return DeliveryRefused(reason=f"{code} {sub_code} {refusal.get('sub_msg') or ''}".strip())


def _check(result: Any) -> None:
    """Raise DeliveryRefused where the call arrived but did not do what it should."""
    if isinstance(result, dict) and result.get("success") is False:
        why = f"{result.get('msg_code') or ''} {result.get('msg_info') or ''}".strip()
        raise DeliveryRefused(reason=why or "no success")
