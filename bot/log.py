"""Structured logs: facts, not sentences; personal data only masked."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog

_TALKATIVE = ("aiosqlite", "asyncio")
_DIGITS = re.compile(r"(?<!\d)\d{7,}(?!\d)")


def mask(value: str) -> str:
    """Return `value` with the middle of every run of seven digits or more hidden."""
    return _DIGITS.sub(lambda m: m[0][:3] + "*" * (len(m[0]) - 7) + m[0][-4:], value)


def _mask_values(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    return {key: mask(value) if isinstance(value, str) else value for key, value in event.items()}


def configure(*, json_lines: bool = False, level: str = "INFO") -> None:
    """Send all logs, the standard library's too, to standard error through structlog.

    `json_lines` chooses one JSON object a line over text for people.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
        _mask_values,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json_lines
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    quieten(root.level)


def quieten(level: int) -> None:
    """Let no library write what it works on: its statements hold what consumers said."""
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(level, logging.INFO))


def get_logger(name: str) -> Any:
    """Return the structured logger of the module `name`."""
    return structlog.get_logger(name)
