"""Labels as training examples: Rasa's NLU files, one an intent, and what a reviewer has to know."""

from __future__ import annotations

import asyncio
import io
import json
import re
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.engine.lint_files import Entity, Example, Place, read_examples
from bot.engine.lint_words import crossing
from bot.language.normalise import normalise
from bot.quality.tables import quality_example, quality_export
from bot.settings import ROOT

# The entities that are learned. The others are read by grammars (docs/understanding.md), and
# marking them would teach the tagger a second opinion.
LEARNED = frozenset({"appliance", "brand", "address"})
_DEV = Path("tests") / "nlu" / "dev.jsonl"
_BLANKS = re.compile(r"\s+")
# What would end an example, or read as an annotation.
_MARKUP = str.maketrans({"[": "(", "]": ")", "{": "(", "}": ")"})


@dataclass
class Export:
    """What is exported: files by name, and what was left out, with why."""

    files: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    left_out: list[dict[str, str]] = field(default_factory=list)
    taken: list[tuple[int, str]] = field(default_factory=list)

    def review(self) -> str:
        """Return the summary as Markdown."""
        rows = [f"| {name} | {count} |" for name, count in self.counts.items()]
        notes = [f"- {one['why']}: `{one['text']}` ({one['intent']})" for one in self.left_out]
        return "\n".join(
            ["# Review", "", "| intent | examples |", "|---|---|", *rows, "", "## Left out", ""]
            + (notes or ["Nothing."])
            + [""]
        )


async def exports(tx: AsyncConnection) -> list[dict[str, Any]]:
    """Return the latest exports, newest first."""
    found = await tx.execute(select(quality_export).order_by(quality_export.c.id.desc()).limit(20))
    return [{"id": r.id, "at": r.at, "by": r.by, "examples": r.examples} for r in found]


async def prepare(tx: AsyncConnection, since: int | None = None, root: Path = ROOT) -> Export:
    """Return what an export would have: all, or with `since` what it and earlier ones had not."""
    e = quality_example.c
    query = select(quality_example).order_by(e.intent, e.text, e.group_id)
    if since is not None:
        query = query.where((e.export_id.is_(None)) | (e.export_id > since))
    rows = (await tx.execute(query)).all()
    # Reading all training examples takes a second.
    return await asyncio.to_thread(build, rows, root)


async def latest(tx: AsyncConnection) -> int:
    """Return the newest export's id, 0 before the first."""
    return int(
        (await tx.execute(select(func.coalesce(func.max(quality_export.c.id), 0)))).scalar_one()
    )


async def record(tx: AsyncConnection, made: Export, by: str, at: datetime) -> int:
    """Note that an export was taken; its examples are not new any more. Return its id."""
    stored = await tx.execute(
        insert(quality_export)
        .values(at=at, by=by, examples=sum(made.counts.values()))
        .returning(quality_export.c.id)
    )
    export_id = int(stored.scalar_one())
    e = quality_example.c
    for group_id, text in made.taken:
        await tx.execute(
            update(quality_example)
            .where(e.group_id == group_id, e.text == text, e.export_id.is_(None))
            .values(export_id=export_id)
        )
    return export_id


def build(rows: Sequence[Row[Any]], root: Path = ROOT) -> Export:
    """Return labelled rows as files; those that would do harm in training are left out."""
    made = Export()
    training = _training(root)
    development = _development(root)
    labels: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        labels[same(row.text)].add(row.intent)
    lines: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        text = same(row.text)
        why = _refused(row, labels[text], training.get(text), text in development)
        why = why or _crossing(row, root)
        if why is not None:
            made.left_out.append({"text": row.text, "intent": row.intent, "why": why})
        elif text not in lines[row.intent]:
            lines[row.intent][text] = marked(row.text, row.entities)
            made.taken.append((row.group_id, row.text))
    for intent, found in sorted(lines.items()):
        if found:
            made.files[f"{intent}_from_consumers.yml"] = _file(intent, sorted(found.values()))
            made.counts[intent] = len(found)
    return made


def _refused(
    row: Row[Any],
    labels: set[str],
    known: Example | None,
    in_development: bool,  # noqa: FBT001
) -> str | None:
    """Return why an example would do harm, or None."""
    if len(labels) > 1:
        return f"labelled both {' and '.join(sorted(labels))}"
    if known is not None and known.intent != row.intent:
        return f"conflict: {known.intent} in {known.place}"
    if known is not None:
        return f"already in {known.place}"
    return "is in the development set" if in_development else None


def one_file(made: Export) -> str:
    """Return all files as one."""
    if not made.files:
        return 'version: "3.1"\nnlu: []\n'
    blocks = [text.partition("nlu:\n")[2] for text in made.files.values()]
    head = next(iter(made.files.values())).partition("nlu:\n")[0]
    return head + "nlu:\n" + "\n".join(blocks)


def archive(made: Export) -> bytes:
    """Return the files and the review as a ZIP; the same labels make the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in [*made.files.items(), ("REVIEW.md", made.review())]:
            file.writestr(zipfile.ZipInfo(name), text)
    return packed.getvalue()


def marked(text: str, entities: Sequence[dict[str, Any]]) -> str:
    """Return a text on one line, its learned entities annotated as Rasa wants them."""
    result, at = "", 0
    for one in sorted(entities, key=lambda one: one["start"]):
        if one["entity"] in LEARNED:
            words = _clean(text[one["start"] : one["end"]])
            result += f"{_clean(text[at : one['start']])}[{words}]({one['entity']})"
            at = one["end"]
    return _BLANKS.sub(" ", result + _clean(text[at:])).strip()


def same(text: str) -> str:
    """Return what two texts have in common that are one example to the model."""
    return normalise(_BLANKS.sub(" ", text)).text.strip().lower()


def _clean(text: str) -> str:
    return text.translate(_MARKUP)


def _file(intent: str, examples: Sequence[str]) -> str:
    lines = "".join(f"    - {example}\n" for example in examples)
    return (
        'version: "3.1"\n\n# Said by consumers, labelled at the desk (docs/quality.md).\n'
        f"nlu:\n- intent: {intent}\n  examples: |\n{lines}"
    )


def _crossing(row: Row[Any], root: Path) -> str | None:
    spans = tuple(
        Entity(e["entity"], e["start"], e["end"]) for e in row.entities if e["entity"] in LEARNED
    )
    example = Example(row.intent, row.text, spans, Place("", 0))
    for words, cut in crossing(example, root / "data" / "dictionary"):
        return f"{words} cuts the word {cut}; mark whole words, or mend data/dictionary"
    return None


def _training(root: Path) -> dict[str, Example]:
    files = sorted((root / "data" / "nlu").rglob("*.yml"))
    return _examples(root, tuple((path, path.stat().st_mtime_ns) for path in files))


@lru_cache(maxsize=2)
def _examples(root: Path, files: tuple[tuple[Path, int], ...]) -> dict[str, Example]:
    """Return the training examples by what makes them the same; read again when a file changes."""
    found: dict[str, Example] = {}
    for path, _changed in files:
        for example in read_examples(path, root):
            found.setdefault(same(example.text), example)
    return found


def _development(root: Path) -> set[str]:
    path = root / _DEV
    if not path.is_file():
        return set()
    rows = path.read_text(encoding="utf-8").splitlines()
    return {same(json.loads(row)["text"]) for row in rows if row.strip()}
