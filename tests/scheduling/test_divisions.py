"""Adcodes: every district of today and before, and what is said of those that are none."""

from __future__ import annotations

import re

import pytest

from bot.errors import ImportRejected
from bot.scheduling.divisions import divisions, doubt, full_name
from tests.scheduling import world as w

NEW = {"临平区": "330113", "钱塘区": "330114", "龙华区": "440309", "色尼区": "540602"}
UNDIVIDED = {"东莞市": "441900", "儋州市": "460400", "中山市": "442000", "嘉峪关市": "620200"}
COUNTIES_OF_PROVINCES = {"仙桃市": "429004", "五指山市": "469001", "石河子市": "659001"}
REGIONS = {"台湾省": "710000", "香港特别行政区": "810000", "澳门特别行政区": "820000"}
FORMER = {"崇明县": "310230", "下城区": "330103", "莱城区": "371202", "日喀则地区的县": "542322"}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        item
        for group in (NEW, UNDIVIDED, COUNTIES_OF_PROVINCES, REGIONS, FORMER)
        for item in group.items()
    ],
)
def test_a_place_that_is_or_was(name, code):
    assert doubt(code) is None, name


@pytest.mark.parametrize(("name", "code"), [*NEW.items(), *UNDIVIDED.items()])
def test_it_is_called_by_its_name(name, code):
    assert full_name(code).endswith(name)


def test_every_county_that_is_known_is_taken():
    counties = [code for code in divisions() if not code.endswith("00")]
    assert len(counties) > 2800
    assert [code for code in counties if doubt(code) is not None] == []


@pytest.mark.parametrize("code", ["310199", "659012", "810001", "710100", "310001"])
def test_an_unknown_district_of_a_known_prefecture_is_only_odd(code):
    found = doubt(code)
    assert found is not None
    assert not found.wrong


@pytest.mark.parametrize(("code", "name"), [("310000", "上海市"), ("330100", "杭州市")])
def test_a_whole_region_is_only_odd(code, name):
    found = doubt(code)
    assert found is not None
    assert not found.wrong
    assert name in found.detail


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("301115", "310115 上海市浦东新区"),
        ("990101", ""),
        ("316115", "310115"),
        ("319915", ""),
        ("000000", ""),
    ],
)
def test_a_place_that_cannot_be_is_wrong_and_near_ones_are_named(code, hint):
    found = doubt(code)
    assert found is not None
    assert found.wrong
    assert hint in found.detail


async def test_an_import_names_wrong_adcodes_by_their_path(world):
    hubs = [w.hub(adcodes=("310115", "001115"))]
    with pytest.raises(ImportRejected) as refused:
        await world.take(w.order(address={"adcode": "316115"}), hubs=hubs)
    faults = {fault["path"]: fault["detail"] for fault in refused.value.facts["faults"]}
    assert set(faults) == {"$.hubs[0].adcodes[1]", "$.orders[0].address.adcode"}
    assert re.search(r"上海市 has no prefecture 3161; near it: .*310115", " ".join(faults.values()))


async def test_an_import_takes_odd_adcodes_with_a_warning(world):
    report = await world.take(
        w.order(address={"adcode": "310199"}), hubs=[w.hub(adcodes=("310115", "330100"))]
    )
    assert [warning["path"] for warning in report.warnings] == [
        "$.hubs[0].adcodes[1]",
        "$.orders[0].address.adcode",
    ]
