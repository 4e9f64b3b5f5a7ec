"""What clients send, read strictly: anything else than what is documented is named to them."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Collection, Sequence
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from aiohttp import web
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError

from bot.database.text import storable
from bot.errors import Forbidden, MalformedRequest, TooLarge

MAX_TEXT = 2000
MAX_NAME = 200
_CHUNK = 64 * 1024

_Model = TypeVar("_Model", bound=BaseModel)


def _said(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return value


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _callable(url: str) -> str:
    parts = urlsplit(url)
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    if not safe or not parts.hostname or parts.username or parts.fragment:
        raise ValueError("must be an https address, or an http one of this machine")
    return url


Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_NAME),
    AfterValidator(storable),
    AfterValidator(_said),
]
Text = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_TEXT),
    AfterValidator(storable),
    AfterValidator(_said),
]
# Where we call somebody.
Address = Annotated[Text, AfterValidator(_callable)]


class Body(BaseModel):
    """A request body: types as they are documented, no fields beside them."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


async def read(request: web.Request, model: type[_Model]) -> _Model:
    """Return the request's body. Raises MalformedRequest, naming each fault with its field."""
    return check(model, await _json(request))


async def read_bytes(request: web.Request, limit: int) -> bytes:
    """Return a body that may be larger than that of other calls. Raises TooLarge."""
    data = bytearray()
    async for chunk in request.content.iter_chunked(_CHUNK):
        data += chunk
        if len(data) > limit:
            raise TooLarge(limit=limit)
    return bytes(data)


def check(model: type[_Model], value: Any) -> _Model:
    """Return `value` as the model. Raises MalformedRequest, naming each fault with its field."""
    if not isinstance(value, dict):
        raise MalformedRequest("the body must be a JSON object")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        faults = [_fault(fault) for fault in error.errors(include_url=False)]
    raise MalformedRequest(
        "; ".join(f"{fault['field']}: {fault['detail']}" for fault in faults), errors=faults
    )


def check_origin(request: web.Request, sites: Collection[str] = ()) -> None:
    """Refuse a page of another site, unless its origin is among `sites`. Raises Forbidden.

    Browsers say where a call comes from; callers that are no pages say nothing.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site in {"same-origin", "none"}:
        return
    origin = request.headers.get("Origin")
    if origin in sites:
        return
    if site is not None or (origin is not None and _host(origin) != request.host):
        raise Forbidden("calls from pages of other sites are refused")


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


async def _json(request: web.Request) -> Any:
    try:
        raw = await request.read()
    except web.RequestPayloadError as error:
        raise MalformedRequest("the body could not be decoded") from error
    try:
        return json.loads(raw)
    except RecursionError as error:
        raise MalformedRequest("the body is nested too deeply") from error
    except ValueError as error:
        raise MalformedRequest(f"the body is not JSON in UTF-8: {error}") from error


def _fault(fault: Any) -> dict[str, str]:
    return {"field": _path(fault["loc"]), "detail": _DETAILS.get(fault["type"], fault["msg"])}


def _path(location: Sequence[int | str]) -> str:
    return ".".join(str(part)[:MAX_NAME] for part in location)


_DETAILS = {
    "extra_forbidden": "unknown field",
    "missing": "this field is required",
    "string_type": "must be a string",
    "string_too_short": "must not be empty",
    "string_unicode": "must be valid Unicode",
    "model_type": "must be an object",
}
