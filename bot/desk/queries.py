"""What stands in the address of a desk's call, read strictly."""

from __future__ import annotations

from datetime import date, datetime

from aiohttp import web

from bot.errors import MalformedRequest


def day(request: web.Request, name: str, default: date) -> date:
    """Return a day, or the default where it is left out."""
    text = request.query.get(name)
    try:
        return default if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise MalformedRequest(f"{name}: write a day such as 2026-11-20") from error


def count(request: web.Request, name: str, default: int, most: int) -> int:
    """Return a number from 0, or the default where it is left out."""
    text = request.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and int(text[:12]) <= most):
        raise MalformedRequest(f"{name}: must be an integer up to {most}")
    return int(text)


def instant(request: web.Request, name: str) -> datetime | None:
    """Return an instant with an offset, or None where it is left out."""
    text = request.query.get(name)
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise MalformedRequest(f"{name}: write an instant such as 2026-11-20T10:00:00+08:00")
    return at
