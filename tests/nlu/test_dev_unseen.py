"""The test sets measure something: the training examples do not hold their lines."""

from __future__ import annotations

import json
import re
from pathlib import Path

from bot.settings import ROOT

MARK = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})")
HAN = re.compile(r"[一-鿿]")
# Everybody says "你好" or types a number; longer sentences meet by chance at most.
LONG = 7


def _key(text: str) -> str:
    return re.sub(r"\W", "", MARK.sub(r"\1", text))


def _is_long(text: str) -> bool:
    return len(HAN.findall(text)) >= LONG


def _trained() -> set[str]:
    pages = (ROOT / "data" / "nlu").glob("*.yml")
    lines = (line for page in pages for line in page.read_text(encoding="utf-8").splitlines())
    return {_key(line) for line in lines if line.strip().startswith("- ")}


def _dev() -> list[str]:
    lines = (Path(__file__).parent / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines]


def test_no_longer_line_is_trained_on() -> None:
    trained = _trained()
    assert len(trained) > 100
    assert [text for text in _dev() if _is_long(text) and _key(text) in trained] == []


def test_no_longer_nonsense_is_trained_on() -> None:
    nonsense = (Path(__file__).parent / "garbage.txt").read_text(encoding="utf-8").splitlines()
    trained = _trained()
    assert len(nonsense) > 100
    assert [text for text in nonsense if _is_long(text) and _key(text) in trained] == []
