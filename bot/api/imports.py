"""Documents brought over HTTP: in one piece or in ranges of bytes, each key taken once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any, Protocol

from aiohttp import web

from bot.api import parameters
from bot.api.answers import answer
from bot.api.parties import party_of
from bot.api.problems import problem_body
from bot.errors import ImportRejected, MalformedRequest, UploadNotFound
from bot.providers.party import Party
from bot.providers.uploads import OVER, Range

_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})", re.ASCII)
_WAIT = re.compile(r"\bwait=(\d{1,4})\b", re.ASCII)
_LONGEST_WAIT = 30
_LOOK_SECONDS = 0.2
_READ_BYTES = 64 * 1024
_TAKEN, _ACCEPTED = 200, 202


class Taking(Protocol):
    """The part of the uploads that these calls need."""

    async def receive(
        self, party: Party, key: str, body: AsyncIterator[bytes], where: Range | None
    ) -> dict[str, Any]:
        """Take bytes of a document."""

    async def status(self, party: Party, upload_id: str) -> dict[str, Any]:
        """Return how an upload stands."""


def routes(uploads: Taking) -> list[web.RouteDef]:
    """Return the calls."""

    async def bring(request: web.Request) -> web.Response:
        party, key, where = party_of(request), _key(request), _range(request)
        body = request.content.iter_chunked(_READ_BYTES)
        status = await uploads.receive(party, key, body, where)
        status = await _awaited(uploads, party, status, _patience(request))
        if status["state"] == "refused":
            raise _refusal(status)
        response = answer(status, _TAKEN if status["state"] == "taken" else _ACCEPTED)
        response.headers["Location"] = f"/api/v1/imports/{status['id']}"
        return response

    async def progress(request: web.Request) -> web.Response:
        upload_id = parameters.name(request, "upload_id", UploadNotFound)
        return answer(_encoded(await uploads.status(party_of(request), upload_id)))

    return [
        web.post("/api/v1/import", bring),
        web.get("/api/v1/imports/{upload_id}", progress),
    ]


async def _awaited(
    uploads: Taking, party: Party, status: dict[str, Any], seconds: int
) -> dict[str, Any]:
    """Return how the upload stands once it is over, or when the caller's patience is."""
    for _ in range(int(seconds / _LOOK_SECONDS)):
        if status["state"] in (*OVER, "receiving"):
            break
        await asyncio.sleep(_LOOK_SECONDS)
        status = await uploads.status(party, status["id"])
    return status


def _encoded(status: dict[str, Any]) -> dict[str, Any]:
    if status["state"] != "refused":
        return status
    refused = _refusal(status)
    body = problem_body(refused.status, refused.code, refused.detail, **refused.facts)
    kept = {name: status[name] for name in ("id", "state", "received", "total", "objects")}
    return {**kept, "problem": body}


def _refusal(status: dict[str, Any]) -> ImportRejected:
    return ImportRejected(count=status["fault_count"], faults=status["faults"], id=status["id"])


def _key(request: web.Request) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not _KEY.fullmatch(key):
        raise MalformedRequest(
            "Idempotency-Key: a name for this document, 1 to 200 visible ASCII characters, "
            "is needed; the same one again is the same document",
            header="Idempotency-Key",
        )
    return key


def _range(request: web.Request) -> Range | None:
    text = request.headers.get("Content-Range")
    if text is None:
        return None
    found = _RANGE.fullmatch(text)
    first, last, total = map(int, found.groups()) if found else (1, 0, 0)
    if not first <= last < total:
        raise MalformedRequest(
            "Content-Range: write e.g. bytes 0-1048575/52428800", header="Content-Range"
        )
    return Range(first, last + 1, total)


def _patience(request: web.Request) -> int:
    """Return how many seconds the caller waits, as RFC 7240 says it."""
    found = _WAIT.search(request.headers.get("Prefer", ""))
    return min(int(found[1]), _LONGEST_WAIT) if found else 0
