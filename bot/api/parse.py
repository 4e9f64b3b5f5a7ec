"""Understanding one text without a dialogue: Rasa's own call."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web

from bot.api.answers import answer
from bot.dialogue.engine import DialogueEngine
from bot.errors import MalformedRequest
from bot.requests import Body, Text, read

_EXAMPLE = "2026-11-20T10:00:00+08:00"


class Parse(Body):
    """The body of `POST /model/parse`. `now` decides what "tomorrow" means."""

    text: Text
    now: str | None = None


def routes(engine: DialogueEngine) -> list[web.RouteDef]:
    """Return the call."""

    async def parse(request: web.Request) -> web.Response:
        body = await read(request, Parse)
        return answer(await engine.parse(body.text, instant(body.now)))

    return [web.post("/model/parse", parse)]


def instant(text: str | None) -> datetime | None:
    """Read an instant. Raises MalformedRequest where it has no offset or is none."""
    if text is None:
        return None
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        value = None
    if value is None or value.tzinfo is None:
        raise MalformedRequest(f"now: must be ISO 8601 with an offset, such as {_EXAMPLE}")
    return value
