"""Labels: what a group of missed turns really is, by somebody who knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.anonymous import anonymous
from bot.conversation.misses import FALLBACK, OUT_OF_SCOPE
from bot.errors import GroupChanged, MalformedRequest
from bot.quality.tables import DECISIONS, quality_example, quality_group

_DOMAIN = Path(__file__).resolve().parents[2] / "domain.yml"
_NOT_TYPED = frozenset({FALLBACK, "confirm_visit", "rate_visit"})


@dataclass(frozen=True)
class Span:
    """An entity marked in a text: characters `start` to `end`, `end` exclusive."""

    entity: str
    start: int
    end: int


@dataclass(frozen=True)
class Marked:
    """A text with its entities."""

    text: str
    entities: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Label:
    """A decision on a group as it was at `version`."""

    decision: str
    version: int
    intent: str | None = None
    note: str | None = None
    examples: tuple[Marked, ...] = ()


@cache
def intents() -> tuple[str, ...]:
    """Return the intents that consumers' words can have."""
    domain = yaml.safe_load(_DOMAIN.read_text(encoding="utf-8"))
    return tuple(name for name in domain["intents"] if name not in _NOT_TYPED)


@cache
def entities() -> tuple[str, ...]:
    """Return the names of the entities."""
    domain = yaml.safe_load(_DOMAIN.read_text(encoding="utf-8"))
    return tuple(e if isinstance(e, str) else next(iter(e)) for e in domain["entities"])


async def decide(tx: AsyncConnection, group_id: int, label: Label, by: str, at: datetime) -> None:
    """Set a group's label and its examples in place of earlier ones.

    Raises MalformedRequest, and GroupChanged where somebody was faster.
    """
    _check(label)
    intent = OUT_OF_SCOPE if label.decision == "out_of_scope" else label.intent
    moved = await tx.execute(
        update(quality_group)
        .where(quality_group.c.id == group_id, quality_group.c.version == label.version)
        .values(
            decision=label.decision,
            intent=intent if label.decision in {"intent", "out_of_scope"} else None,
            note=label.note or None,
            version=label.version + 1,
            decided_at=at,
            decided_by=by,
        )
        .returning(quality_group.c.id)
    )
    if moved.first() is None:
        raise GroupChanged
    await _replace(tx, group_id, label, intent)


async def _replace(tx: AsyncConnection, group_id: int, label: Label, intent: str | None) -> None:
    """Store the examples; one that stays as it was exported stays exported."""
    e = quality_example.c
    found = await tx.execute(select(quality_example).where(e.group_id == group_id))
    before = {row.text: row for row in found}
    await tx.execute(delete(quality_example).where(e.group_id == group_id))
    if label.decision not in {"intent", "out_of_scope"}:
        return
    rows = [_row(group_id, str(intent), marked) for marked in label.examples]
    for row in rows:
        old = before.get(row["text"])
        same = old and (old.intent, old.entities) == (row["intent"], row["entities"])
        row["export_id"] = old.export_id if old and same else None
    await tx.execute(insert(quality_example), list({row["text"]: row for row in rows}.values()))


def _row(group_id: int, intent: str, marked: Marked) -> dict[str, Any]:
    # What the page sends back is anonymous already; whatever else comes becomes so here.
    plain = anonymous(marked.text)
    spans = [(span, plain.span(span.start, span.end)) for span in marked.entities]
    return {
        "group_id": group_id,
        "text": plain.text,
        "intent": intent,
        "entities": [
            {"entity": span.entity, "start": start, "end": end}
            for span, (start, end) in sorted(spans, key=lambda one: one[1])
        ],
    }


def _check(label: Label) -> None:
    if label.decision not in DECISIONS:
        raise MalformedRequest(f"decision: one of {', '.join(DECISIONS)}")
    if label.decision == "intent" and label.intent not in intents():
        raise MalformedRequest(f"intent: one of {', '.join(intents())}")
    if label.decision in {"intent", "out_of_scope"} and not label.examples:
        raise MalformedRequest("examples: mark at least one text as an example")
    if label.decision == "new_skill" and not label.note:
        raise MalformedRequest("note: say what consumers want that the bot cannot do")
    for at, marked in enumerate(label.examples):
        _check_spans(f"examples.{at}", marked.text, marked.entities)


def _check_spans(where: str, text: str, spans: Sequence[Span]) -> None:
    end = 0
    for span in sorted(spans, key=lambda one: one.start):
        if span.entity not in entities():
            raise MalformedRequest(f"{where}.entities: one of {', '.join(entities())}")
        if not end <= span.start < span.end <= len(text):
            raise MalformedRequest(
                f"{where}.entities: start and end are characters of the text, without overlap"
            )
        end = span.end
