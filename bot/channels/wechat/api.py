"""Calls to the API of WeChat or WeCom, whose answers are HTTP 200 whatever went wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientSession

from bot.channels.base import Kit
from bot.channels.calling import call_json, fetch_bytes
from bot.channels.tokens import AccessToken, Fetch
from bot.errors import DeliveryRefused, RateLimited, Refused, RetryLater, TokenExpired

# 40001 too is what an old token gets once another one was fetched.
_TOKEN_CODES = {40001, 40014, 41001, 42001}
_BUSY = -1
# Too often today, this minute, at once.
_RATE_CODES = {45009, 45011, 45033}
_PAUSE = 60.0
_JSON_START = b"{"
_LARGEST_ANSWER = 64 * 1024


class WechatApi:
    """The API at `base`, as one account of a channel. `fetch` gets it a new access token."""

    def __init__(self, kit: Kit, channel: str, account: str, base: str, fetch: Fetch) -> None:
        self._kit = kit
        self._names = channel, account
        self._base = base.rstrip("/")
        self._fetch = fetch

    async def call(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Post to `path` once.

        Raises TokenExpired, RetryLater, RateLimited, DeliveryUnknown, or DeliveryRefused with
        the `errcode` and `errmsg`.
        """
        token = await self._token()
        url = f"{self._base}{path}?{urlencode({'access_token': token})}"
        answer = await call_json(self._kit.http, url, body)
        check(answer, token)
        return answer

    async def ask(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Post as `call` does, again where the access token was over."""
        return await self._kit.tokens.renewing(*self._names, lambda: self.call(path, body))

    async def media(self, media_id: str, limit: int) -> bytes:
        """Return the bytes of what a consumer sent, at most `limit`.

        Raises RetryLater, TooLarge, and Refused where the platform no longer has it.
        """
        token = await self._token()
        query = urlencode({"access_token": token, "media_id": media_id})
        url = f"{self._base}/cgi-bin/media/get?{query}"
        data = await fetch_bytes(self._kit.http, url, limit)
        if not data.startswith(_JSON_START):
            return data
        try:
            check(json.loads(data), token)
        except TokenExpired:
            await self._kit.tokens.forget(*self._names, token)
            raise RetryLater("the access token was over") from None
        except (DeliveryRefused, ValueError) as error:
            raise Refused(f"the platform gives no media: {error}") from error
        raise Refused("the platform gives no media")

    async def _token(self) -> str:
        return await self._kit.tokens.get(*self._names, self._fetch)


async def get_json(http: ClientSession, url: str) -> dict[str, Any]:
    """Return the JSON object at an address, empty where there is none. Raises RetryLater."""
    try:
        found = json.loads(await fetch_bytes(http, url, _LARGEST_ANSWER))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def check(answer: Mapping[str, Any], token: str) -> None:
    """Raise what an answer's `errcode` means, if anything."""
    code = answer.get("errcode", 0)
    if code == 0:
        return
    if code in _TOKEN_CODES:
        raise TokenExpired(token=token)
    if code == _BUSY:
        raise RetryLater("the platform is busy")
    if code in _RATE_CODES:
        raise RateLimited(after=_PAUSE)
    # The message ends in a hint that names our address.
    words = str(answer.get("errmsg", "")).partition(", hint")[0].partition(" rid:")[0]
    raise DeliveryRefused(reason=f"{code} {words}".strip(), errcode=code, errmsg=words)


def access_token(answer: Mapping[str, Any]) -> AccessToken:
    """Return the token of an answer. Raises RetryLater where there is none: the secret is wrong."""
    if not answer.get("access_token"):
        raise RetryLater(f"the platform gives no access token: errcode {answer.get('errcode')}")
    return AccessToken(str(answer["access_token"]), float(answer.get("expires_in", 0)))
