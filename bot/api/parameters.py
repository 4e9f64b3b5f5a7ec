"""What stands in an address, read strictly: names, days, and numbers."""

from __future__ import annotations

import re
from datetime import date

from aiohttp import web

from bot.errors import MalformedRequest, NotFound

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_ID = re.compile(r"[\x21-\x7e]{1,64}")
_YEARS = range(2000, 2101)


def name(request: web.Request, parameter: str, absent: type[NotFound]) -> str:
    """Return an id of the path. Raises `absent` for what can be no id."""
    value = request.match_info[parameter]
    if not _ID.fullmatch(value):
        raise absent(**{parameter: value[:64]})
    return value


def day(request: web.Request, parameter: str) -> date | None:
    """Return a day of the query, or None. Raises MalformedRequest, naming the parameter."""
    text = request.query.get(parameter)
    if text is None:
        return None
    try:
        value = date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        value = None
    if value is None or value.year not in _YEARS:
        raise MalformedRequest(
            f"{parameter}: must be a date such as 2026-11-20", parameter=parameter
        )
    return value
