"""Invariant 13: what is offered, booked, told and fed to calendars does not depend on the host's
time zone."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from bot.settings import ROOT

ZONES = ("Asia/Shanghai", "UTC", "America/New_York", "Pacific/Kiritimati")


def _probe(url, zone):
    done = subprocess.run(
        [sys.executable, "-m", "tests.scheduling.invariants.zone_probe", url],
        env={**os.environ, "TZ": zone},
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    return json.loads(done.stdout)


def test_every_host_answers_alike(database_url):
    names, outcomes = zip(*(_probe(database_url, zone) for zone in ZONES), strict=True)
    assert len({tuple(name) for name in names}) == len(ZONES), "TZ did not reach the processes"
    first, *others = outcomes
    assert all(other == first for other in others)
    today, windows, changes, told = first[0]
    assert today == "2026-10-31"
    # The goods come on the first day, the licence ends on the tenth, the fifth is a holiday.
    assert [start[:10] for start, _ in windows][::4] == [
        f"2026-11-{day:02}" for day in (2, 3, 4, 6, 7, 8, 9, 10)
    ]
    assert changes[0] == ["2026-11-04T09:00:00+08:00"]
    assert len(told) > 3
