"""Notices in words, by the patterns of `data/texts/notices.yml` and the actions' wording."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from actions import wording
from bot.dialogue.engine import Button, Reply
from bot.scheduling.notices import Notice

_FILE = Path(__file__).resolve().parents[2] / "data" / "texts" / "notices.yml"
_BECAUSE = "because"
_MOVE = ("reschedule", "reschedule_visit")
_BUTTONS: dict[str, tuple[tuple[str, str], ...]] = {
    "reminder": (("window_suits", "confirm_visit"), _MOVE),
    "late": (_MOVE, ("human", "request_human")),
    "failed": (("book_now", "schedule_visit"),),
    "replaced": (("book_now", "schedule_visit"),),
}
_SCORES = (5, 4, 3, 2, 1)


def kinds() -> frozenset[str]:
    """Return the kinds of notices that there are words for."""
    return frozenset(_texts()) - {_BECAUSE}


def as_line(notice: Notice, today: date) -> Reply:
    """Return the notice as a line of the bot; `custom.notice` says which kind it is.

    Its `words` are what the line was made of, for platforms that know it as a template.
    """
    about = {"kind": notice.kind, "order_no": notice.order.order_no}
    custom = {"notice": {**about, "words": _words(notice, today)}}
    return Reply(text(notice, today), _buttons(notice), custom)


def as_card(notice: Notice, today: date) -> Reply:
    """Return the notice as a card without a line of the bot, for a chat that a person has."""
    card = {
        "kind": notice.kind,
        "order_no": notice.order.order_no,
        "title": _texts()[notice.kind]["title"],
        "text": text(notice, today),
    }
    return Reply(custom={"notice": card})


def text(notice: Notice, today: date) -> str:
    """Return the words of a notice."""
    return str(_texts()[notice.kind]["text"].format(**_words(notice, today)))


def _words(notice: Notice, today: date) -> dict[str, str]:
    order, visit = notice.order, notice.visit
    return {
        "goods": wording.goods(order),
        "window": wording.window(notice.window, today),
        "kind": wording.kind(visit.kind if visit else order.next_visit_kind),
        "crew_line": wording.crew_line(visit),
        "because": _texts()[_BECAUSE].get(notice.facts.get("reason"), ""),
    }


def _buttons(notice: Notice) -> tuple[Button, ...]:
    order_no = notice.order.order_no
    if notice.kind == "done":
        return tuple(
            _button(f"rate_{score}", "rate_visit", order_no=order_no, option=score)
            for score in _SCORES
        )
    if notice.kind == "window_opened" and notice.window is not None:
        window = notice.window
        time = {"from": window.start.isoformat(), "to": window.end.isoformat()}
        intent = "reschedule_visit" if notice.visit else "schedule_visit"
        return (_button("take_window", intent, order_no=order_no, time=time),)
    return tuple(
        _button(label, intent, order_no=order_no) for label, intent in _BUTTONS.get(notice.kind, ())
    )


def _button(label: str, intent: str, **entities: Any) -> Button:
    return Button(wording.label(label), f"/{intent}{json.dumps(entities, ensure_ascii=False)}")


@cache
def _texts() -> dict[str, Any]:
    texts: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return texts
