"""Calls to platforms over HTTP: what went wrong, in the words of what to do about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    ServerDisconnectedError,
)

from bot.errors import (
    DeliveryRefused,
    DeliveryUnknown,
    RateLimited,
    Refused,
    RetryLater,
    TokenExpired,
    TooLarge,
)

_TIMEOUT = ClientTimeout(total=15, connect=5)
_PAUSE = 60.0
_OK = 200
_REDIRECT = 300
_UNAUTHORIZED = 401
_GONE = {404, 410}
_TOO_MANY = 429
_SERVER_ERROR = 500
_UNAVAILABLE = 503
_CHUNK = 64 * 1024
_SHOWN = 200

Judge = Callable[[int, Mapping[str, Any]], Exception | None]


async def call_json(
    http: ClientSession,
    url: str,
    body: Any,
    headers: Mapping[str, str] | None = None,
    token: str | None = None,
) -> dict[str, Any]:
    """Post JSON; return the JSON object that comes back, empty where none does.

    `token` is sent as a bearer token. Raises RetryLater where the call cannot have arrived,
    DeliveryUnknown where it may have, RateLimited, TokenExpired and DeliveryRefused by the
    status.
    """
    data = json.dumps(body, ensure_ascii=False).encode()
    return await call_bytes(http, url, data, headers, token)


async def call_bytes(
    http: ClientSession,
    url: str,
    data: bytes,
    headers: Mapping[str, str] | None = None,
    token: str | None = None,
) -> dict[str, Any]:
    """Post bytes of JSON that were signed; else as `call_json`."""
    sent = {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
    return await call(http, "POST", url, data, sent, token)


async def call(
    http: ClientSession,
    method: str,
    url: str,
    data: bytes | Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    token: str | None = None,
    judge: Judge | None = None,
) -> dict[str, Any]:
    """Make a call whose answer is JSON; a mapping as `data` is sent as a form.

    `judge` is asked first which error an answer is, by its status and its object: None leaves
    it to the status. Else as `call_json`.
    """
    sent = dict(headers or {})
    if token is not None:
        sent["Authorization"] = f"Bearer {token}"
    try:
        async with http.request(
            method, url, data=data, headers=sent, timeout=_TIMEOUT, allow_redirects=False
        ) as answer:
            said = _object(await answer.read())
            error = judge(answer.status, said) if judge is not None else None
            if error is not None:
                raise error
            _check(answer, token)
            return said
    except (ClientConnectorError, ConnectionTimeoutError) as error:
        raise RetryLater("the platform cannot be reached") from error
    except (TimeoutError, ServerDisconnectedError, ClientError, OSError) as error:
        raise DeliveryUnknown from error


async def fetch_bytes(http: ClientSession, url: str, limit: int) -> bytes:
    """Return what lies at an address of the platform's own. Raises RetryLater, Refused."""
    try:
        async with http.get(url, timeout=_TIMEOUT, allow_redirects=False) as answer:
            if answer.status in _GONE:
                raise Refused("the platform no longer has it")
            if answer.status != _OK:
                raise RetryLater(f"the platform answered {answer.status}")
            data = bytearray()
            async for chunk in answer.content.iter_chunked(_CHUNK):
                data += chunk
                if len(data) > limit:
                    raise TooLarge(limit=limit)
            return bytes(data)
    except (TimeoutError, ClientError, OSError) as error:
        raise RetryLater("the platform cannot be reached") from error


def _check(answer: ClientResponse, token: str | None) -> None:
    status = answer.status
    if _OK <= status < _REDIRECT:
        return
    if status == _TOO_MANY:
        raise RateLimited(after=_after(answer))
    if status == _UNAUTHORIZED and token is not None:
        raise TokenExpired(token=token)
    if status == _UNAVAILABLE:
        raise RetryLater("the platform is busy")
    if status >= _SERVER_ERROR:
        raise DeliveryUnknown
    raise DeliveryRefused(reason=f"status {status}")


def _after(answer: ClientResponse) -> float:
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else _PAUSE


def _object(raw: bytes) -> dict[str, Any]:
    if not raw.strip():
        return {}
    try:
        found = json.loads(raw)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
