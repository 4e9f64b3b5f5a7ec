"""What leaves the pipeline when several extractors speak of the same text."""

import pytest

from bot.nlu.merge import merge

CRF = "CharCrfEntityExtractor"
RULE = "GrammarEntityExtractor"


def entity(kind, value, start, end, extractor=RULE, **more):
    return {
        "entity": kind,
        "value": value,
        "start": start,
        "end": end,
        "extractor": extractor,
        **more,
    }


def test_same_span_from_two_rules_is_reported_once():
    twice = [
        entity("appliance", "tv", 2, 4, "SpacyEntityRuler"),
        entity("appliance", "tv", 2, 4),
    ]
    assert [e["value"] for e in merge(twice)] == ["tv"]


def test_rule_wins_over_tagger_even_where_it_is_shorter():
    found = [entity("appliance", "tv", 0, 5, CRF), entity("appliance", "furniture", 0, 3)]
    assert [e["value"] for e in merge(found)] == ["furniture"]


def test_tagger_speaks_where_no_rule_does():
    found = [entity("appliance", "tv", 0, 2), entity("brand", "老板", 5, 7, CRF)]
    assert [e["entity"] for e in merge(found)] == ["appliance", "brand"]


def test_longer_of_two_rules_wins():
    found = [entity("phone_tail", "1234", 3, 7), entity("phone_tail", "12345", 3, 8)]
    assert [e["value"] for e in merge(found)] == ["12345"]


def test_two_times_side_by_side_both_stay():
    found = [entity("time", {"from": "a"}, 0, 2), entity("time", {"from": "b"}, 2, 4)]
    assert len(merge(found)) == 2


def test_numbers_and_names_inside_an_address_belong_to_it():
    found = [
        entity("address", "海尔路1000弄3号", 0, 10, CRF),
        entity("brand", "海尔", 0, 2),
        entity("phone_tail", "1000", 3, 7),
    ]
    assert [e["entity"] for e in merge(found)] == ["address"]


def test_floor_inside_an_address_stays():
    found = [entity("address", "锦绣路8号6楼", 0, 8, CRF), entity("floor", 6, 6, 8)]
    assert [e["entity"] for e in merge(found)] == ["address", "floor"]


def test_brand_inside_an_appliance_name_is_part_of_it():
    found = [entity("appliance", "tv", 0, 6), entity("brand", "小米", 0, 2)]
    assert [e["entity"] for e in merge(found)] == ["appliance"]


def test_entities_outside_the_contract_do_not_leave():
    assert merge([entity("mood", "cross", 0, 2)]) == []


def test_roles_are_kept_and_order_is_that_of_the_text():
    found = [entity("time", {}, 5, 7, role="rejected"), entity("time", {}, 0, 2)]
    assert [e.get("role") for e in merge(found)] == [None, "rejected"]


@pytest.mark.parametrize("found", [[], [entity("floor", 6, 0, 2)]])
def test_merging_again_changes_nothing(found):
    assert merge(merge(found)) == merge(found)
