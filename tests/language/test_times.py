"""The time grammar, phrase by phrase, against one frozen moment."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.language.normalise import normalise
from bot.language.times import TimeMention, find_times
from bot.language.times.feasts import FEASTS
from tests.language.times_table import rows


def read(phrase, now):
    return [(m.earliest, m.latest, m.rejected) for m in find_times(normalise(phrase).text, now)]


TABLE = list(rows())


@pytest.mark.parametrize("row", TABLE, ids=lambda r: f"{r.now:%d%H%M}-{r.phrase}")
def test_phrase(row):
    assert read(row.phrase, row.now) == row.wanted


def test_the_tables_are_large():
    assert len(TABLE) >= 400
    assert len({(row.now, row.phrase) for row in TABLE}) > 0.95 * len(TABLE)


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


@pytest.mark.parametrize("name", sorted(set(FEASTS) - {"年", "618", "十一"}))
def test_each_feast_is_read_without_another_word_of_time(name):
    now = datetime.fromisoformat("2026-11-20T10:00:00+08:00")
    assert read(f"{name}可以吗", now), name
