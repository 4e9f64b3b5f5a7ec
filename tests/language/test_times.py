"""The time grammar, phrase by phrase, against one frozen moment."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from bot.language.normalise import normalise
from bot.language.times import TimeMention, find_times

HERE = Path(__file__).parent


def _day(text, year):
    return date.fromisoformat(text if text.count("-") == 2 else f"{year}-{text}")


def _instant(text, now):
    day, _, hour = text.partition("T")
    hour, _, minute = (hour or "0").partition(":")
    midnight = datetime.combine(_day(day, now.year), datetime.min.time(), now.tzinfo)
    return midnight + timedelta(hours=int(hour), minutes=int(minute or 0))


def _expected(text, now):
    rejected = text.startswith("!")
    text = text.lstrip("!")
    if "~" in text:
        first, _, last = text.partition("~")
        return (
            _instant(first, now) if first else None,
            _instant(last, now) if last else None,
            rejected,
        )
    first, _, last = text.partition("..")
    return _instant(first, now), _instant(last or first, now) + timedelta(days=1), rejected


def _rows(name):
    now = None
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("now "):
            now = datetime.fromisoformat(line[4:])
        elif line and not line.startswith("#"):
            phrase, _, values = line.partition(" | ")
            yield pytest.param(now, phrase, values, id=f"{now:%d%H%M}-{phrase}")


def read(phrase, now):
    return [(m.earliest, m.latest, m.rejected) for m in find_times(normalise(phrase).text, now)]


@pytest.mark.parametrize(("now", "phrase", "values"), list(_rows("times.txt")))
def test_phrase(now, phrase, values):
    wanted = [] if values == "-" else [_expected(v, now) for v in values.split("; ")]
    assert read(phrase, now) == wanted


def test_the_table_is_large():
    assert len(list(_rows("times.txt"))) >= 300


def test_value_is_the_contracts():
    now = datetime.fromisoformat("2026-11-24T10:00:00+08:00")
    (mention,) = find_times("后天上午9点以后", now)
    assert mention == TimeMention(0, 8, datetime.fromisoformat("2026-11-26T09:00:00+08:00"), None)
    assert mention.value == {"from": "2026-11-26T09:00:00+08:00", "to": None}


def test_result_is_in_the_zone_of_now():
    now = datetime.fromisoformat("2026-11-24T02:00:00+00:00")
    (mention,) = find_times("2026-11-28T10:00:00+08:00", now)
    assert mention.earliest.utcoffset() == timedelta(0)
    assert mention.earliest.hour == 2
