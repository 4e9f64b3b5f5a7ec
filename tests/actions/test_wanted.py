"""What hours without a day are the hours of."""

from datetime import date

from actions.wanted import on_days

DAY = date(2026, 11, 26)


def hours(start, end):
    day = "2026-11-24T"
    whole = [start and f"{day}{start}:00+08:00", end and f"{day}{end}:00+08:00"]
    return {"from": whole[0], "to": whole[1], "dated": False}


def placed(start, end):
    return [(one["from"][:16], one["to"][:16]) for one in on_days([hours(start, end)], [DAY])]


def test_hours_move_to_the_day():
    assert placed("12:00", "18:00") == [("2026-11-26T12:00", "2026-11-26T18:00")]


def test_what_is_open_ends_with_the_day():
    assert placed("18:00", None) == [("2026-11-26T18:00", "2026-11-27T00:00")]
    assert placed(None, "11:00") == [("2026-11-26T00:00", "2026-11-26T11:00")]


def test_each_day_has_such_hours():
    days = [DAY, date(2026, 11, 27)]
    found = on_days([hours("18:00", "22:00")], days)
    assert [one["from"][:10] for one in found] == ["2026-11-26", "2026-11-27"]


def test_a_day_that_was_said_stays():
    said = [{**hours("12:00", "18:00"), "dated": True}]
    assert on_days(said, [DAY]) == said
