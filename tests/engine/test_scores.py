"""How a labelled file is scored."""

import pytest

from bot.engine.scores import Tally, compare, total, value_key


def row(intent, entities=(), text="x"):
    listed = [{"entity": entity, "value": value} for entity, value in entities]
    return {"text": text, "intent": intent, "entities": listed}


def parse(intent, entities=()):
    listed = [{"entity": entity, "value": value} for entity, value in entities]
    return {"intent": {"name": intent}, "entities": listed}


def test_any_of_several_right_intents_counts():
    report = compare(
        [row(["urge", "track_order"]), row("urge")], [parse("track_order"), parse("urge")]
    )
    assert report.accuracy == 1.0


def test_a_wrong_intent_is_a_confusion():
    report = compare([row("urge"), row("urge")], [parse("complain"), parse("urge")])
    assert report.accuracy == 0.5
    assert report.confusions == {("urge", "complain"): 1}
    assert report.intents["urge"].recall == 0.5
    assert report.intents["complain"].precision == 0.0


def test_macro_f1_is_over_the_intents_of_the_file():
    report = compare([row("urge"), row("greet")], [parse("urge"), parse("nlu_fallback")])
    assert report.macro_f1 == pytest.approx(0.5)


def test_no_intent_at_all_is_wrong_not_an_error():
    assert compare([row("urge")], [parse(None)]).accuracy == 0.0


def test_entities_match_by_kind_and_value_and_by_how_many():
    wanted = [("appliance", "tv"), ("appliance", "tv"), ("floor", 6)]
    found = [("appliance", "tv"), ("floor", 7)]
    report = compare([row("greet", wanted)], [parse("greet", found)])
    assert (report.entities["appliance"].right, report.entities["appliance"].missed) == (1, 1)
    assert (report.entities["floor"].wrong, report.entities["floor"].missed) == (1, 1)
    assert report.kinds["floor"].right == 1
    assert total(report.entities) == Tally(right=1, wrong=1, missed=2)


def test_true_is_not_one():
    report = compare([row("x", [("elevator", True)])], [parse("x", [("elevator", 1)])])
    assert report.entity_f1 == 0.0


def test_the_same_instant_in_another_offset_is_the_same():
    east = {"from": "2026-11-20T08:00:00+08:00", "to": None}
    assert value_key(east) == value_key({"to": None, "from": "2026-11-20T00:00:00+00:00"})
    assert value_key(east) != value_key({"from": "2026-11-20T08:00:00+00:00", "to": None})


def test_scores_of_nothing():
    report = compare([], [])
    assert (report.accuracy, report.macro_f1, report.entity_f1) == (0.0, 0.0, 1.0)
