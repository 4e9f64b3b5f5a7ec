"""Errors as RFC 9457 problem details: what is wrong and how to mend it, never a bare 500."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, is_dataclass
from http import HTTPStatus
from typing import Any

from aiohttp import web

from bot.errors import BotError, EngineUnavailable, Refused, TooLarge, TurnPending
from bot.log import get_logger

log = get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

CONTENT_TYPE = "application/problem+json"
_RETRY_SECONDS = "5"
_CLIENT_ERROR = 400
_SERVER_ERROR = 500
_CODES = {404: "not_found", 405: "method_not_allowed"}
_DETAILS = {
    404: "There is nothing at this path; see /api/openapi.json.",
    405: "This path does not take this method; see /api/openapi.json.",
}


def problem_body(status: int, code: str, detail: str, **facts: Any) -> dict[str, Any]:
    """Return a problem as a member of another answer."""
    return {
        **facts,
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }


def problem(status: int, code: str, detail: str, **facts: Any) -> web.Response:
    """Return a problem. `facts` are further members; they never replace the standard ones."""
    body = problem_body(status, code, detail, **facts)
    # ASCII escapes: what a client sent may be quoted here, halves of surrogate pairs included.
    return web.json_response(body, status=status, content_type=CONTENT_TYPE)


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error of a handler into a problem."""
    try:
        return await handler(request)
    except BotError as error:
        return _of_error(request, error)
    except web.HTTPRequestEntityTooLarge:
        return _of_error(request, TooLarge(limit=request.client_max_size))
    except web.HTTPException as error:
        if error.status < _CLIENT_ERROR:
            raise
        return _of_http(error)
    except Exception:  # a fault of ours: the caller learns that, and the log the rest
        log.exception("request_failed", method=request.method, path=_pattern(request))
        detail = "This is a fault of the server; its log says more. The same call may work later."
        return problem(_SERVER_ERROR, "internal_error", detail)


def _pattern(request: web.Request) -> str:
    """Return the address without what stands in it, which may be a secret."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else ""


def _of_error(request: web.Request, error: BotError) -> web.Response:
    if not isinstance(error, (Refused, EngineUnavailable, TurnPending)):
        log.error("request_failed", method=request.method, path=_pattern(request), code=error.code)
    told = {name: _told(value) for name, value in error.facts.items()}
    facts = {name: value for name, value in told.items() if _plain(value)}
    response = problem(error.status, error.code, error.detail, **facts)
    if isinstance(error, (EngineUnavailable, TurnPending)):
        response.headers["Retry-After"] = _RETRY_SECONDS
    if "retry_after" in error.facts:
        response.headers["Retry-After"] = str(error.facts["retry_after"])
    if error.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _of_http(error: web.HTTPException) -> web.Response:
    status = error.status
    code = _CODES.get(status, HTTPStatus(status).phrase.lower().replace(" ", "_"))
    response = problem(status, code, _DETAILS.get(status, error.reason))
    if "Allow" in error.headers:
        response.headers["Allow"] = error.headers["Allow"]
    return response


def _told(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def _plain(value: Any) -> bool:
    return isinstance(value, (str, int, float, bool, list, dict, type(None)))
