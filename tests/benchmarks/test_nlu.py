"""The measuring of understanding: test sets, thresholds and tables say what they claim."""

from __future__ import annotations

import random

import pytest

from benchmarks.nlu.recipes import ALL, SETS, Project, recipes
from benchmarks.nlu.results import Result
from benchmarks.nlu.tables import page
from benchmarks.nlu.texts import mistyped, rows, spoken
from benchmarks.nlu.thresholds import (
    AMBIGUITIES,
    LEASTS,
    THRESHOLDS,
    curve,
    questions,
    questions_table,
    table,
)
from benchmarks.page import replace
from bot.language.homophones import sounds

TEXT = "你好，我想把周六的安装改到周日 可以吗？"


@pytest.mark.parametrize("name", SETS)
def test_a_changed_set_keeps_its_labels_and_is_the_same_each_time(name):
    plain, changed = rows("dev", 40), rows(name, 40)
    assert [row["intent"] for row in plain] == [row["intent"] for row in changed]
    assert changed == rows(name, 40)
    differing = sum(a["text"] != b["text"] for a, b in zip(plain, changed, strict=True))
    assert (differing == 0) == (name == "dev")


def test_typos_have_the_sound_of_what_was_meant():
    for seed in range(30):
        typed = mistyped(TEXT, random.Random(seed))
        assert typed != TEXT
        assert sounds(typed) == sounds(TEXT)


def test_typos_leave_texts_without_words_alone():
    assert mistyped("12号", random.Random(0)) == "12号"


def test_speech_has_no_marks_and_hesitates():
    for seed in range(10):
        heard = spoken(TEXT, random.Random(seed))
        assert heard.isalnum()
        assert len(heard) > sum(char.isalnum() for char in TEXT)


def parsed(name, first, second=0.0):
    ranking = [{"name": name, "confidence": first}, {"name": "other", "confidence": second}]
    return {"intent": {"name": name}, "intent_ranking": ranking, "entities": []}


def labelled(intent):
    return {"text": "字", "intent": intent, "entities": []}


def point_at(points, threshold, ambiguity):
    return next(p for p in points if (p.threshold, p.ambiguity) == (threshold, ambiguity))


def test_thresholds_trade_refused_wishes_against_accepted_nonsense():
    dev = [
        (labelled("urge"), parsed("urge", 0.9)),
        (labelled("urge"), parsed("urge", 0.22, 0.21)),
        (labelled(["urge", "greet"]), parsed("thank", 0.4)),
        (labelled("out_of_scope"), parsed("out_of_scope", 0.9)),
    ]
    garbage = [(labelled("out_of_scope"), parsed("urge", 0.3))]
    points = list(curve(dev, garbage))
    assert len(points) == len(THRESHOLDS) * len(AMBIGUITIES)
    low = point_at(points, 0.1, 0.0)
    assert (low.accuracy, low.wrong, low.refused, low.nonsense) == (3 / 4, 1 / 3, 0, 1 / 2)
    unsure = point_at(points, 0.1, 0.05)
    assert (unsure.accuracy, unsure.wrong, unsure.refused) == (2 / 4, 1 / 3, 1 / 3)
    high = point_at(points, 0.5, 0.0)
    assert (high.accuracy, high.wrong, high.refused, high.nonsense) == (2 / 4, 0, 1 / 3, 0)
    assert "| **0.10** | **0.050** |" in table(points, 0.1, 0.05)


def test_what_says_nothing_is_not_accepted():
    nothing = [(labelled("out_of_scope"), parsed("nlu_fallback", 1.0))]
    assert {point.nonsense for point in curve(nothing, nothing)} == {0}


def test_questions_offer_two_readings_that_are_likely_enough():
    pairs = [
        (labelled("other"), parsed("urge", 0.3, 0.16)),
        (labelled("greet"), parsed("urge", 0.3, 0.16)),
        (labelled("urge"), parsed("urge", 0.9)),
        (labelled("out_of_scope"), parsed("urge", 0.2, 0.11)),
    ]
    found = questions(pairs, 0.4, 0.0)
    assert tuple(found) == LEASTS
    assert found[0.1] == (2, 2, 1, 1)
    assert found[0.15] == (2, 2, 1, 0)
    assert found[0.2] == (2, 0, 0, 0)
    assert "| **0.12** | **2** | **2** | **1** | **0** |" in questions_table(found, 0.12)


def test_the_least_confidence_shown_is_the_one_in_use():
    from actions.meanings import LEAST
    from benchmarks.nlu.__main__ import _LEAST

    assert _LEAST == LEAST


def test_recipes_are_the_projects_own_components_with_changes():
    every = recipes(100)
    assert every["product"].parts == Project().parts
    encoders = {
        key: config["encoder"]
        for key, recipe in every.items()
        for path, config in recipe.parts
        if path.endswith("DenseSentenceFeaturizer")
    }
    assert encoders["ours"] == encoders["product"] == "use"
    assert encoders["both grams"] == "use+e5"
    assert encoders["no encoder"] == "none"
    assert all(recipe.runs[-1] == ALL for recipe in every.values())


def test_tables_hold_what_was_measured_and_no_empty_ones():
    recipe = recipes(100)["ours"]
    right = [
        parsed(row["intent"] if isinstance(row["intent"], str) else row["intent"][0], 0.9)
        for row in rows("dev", 4)
    ]
    found = {
        "fit": 1.26,
        "load": 2.0,
        "p50": 3.0,
        "p95": 4.0,
        "rss": 1500,
        "sets": dict.fromkeys(SETS, right),
        "runs": [
            {"run": [10, 0], "dev": [parsed("none", 1.0)] * 4},
            {"run": [10, 1], "dev": right},
            {"run": list(ALL), "dev": []},
        ],
    }
    text = page({"ours": Result(recipe, found)})
    assert f"| {recipe.title} | 100.0% | 1.000 | 1.3 | 2.0 | 3.0 | 4.0 | 1,500 |" in text
    assert f"| {recipe.title} |  | 50.0% |  | 100.0% |" in text
    assert "Entities" not in text


def test_values_of_plain_taggers_come_from_the_catalogue():
    recipe = recipes(100)["crf"]
    row = rows("dev", 1)[0]
    answer = {
        "intent": {"name": row["intent"]},
        "intent_ranking": [],
        "entities": [
            {"entity": "appliance", "value": "洗衣机"},
            {"entity": "brand", "value": "无"},
        ],
    }
    report = Result(recipe, {"sets": {"dev": [answer]}}).learned()
    assert report.entity_mistakes == []
    assert report.entities["appliance"].right == 1


def test_a_table_replaces_the_one_on_its_page(tmp_path):
    file = tmp_path / "page.md"
    file.write_text("before\n<!-- t -->\nold\n<!-- /t -->\nafter\n", encoding="utf-8")
    replace(file, "t", "new\n")
    assert file.read_text(encoding="utf-8") == ("before\n<!-- t -->\n\nnew\n\n<!-- /t -->\nafter\n")
    with pytest.raises(ValueError, match="no marks"):
        replace(file, "other", "new")
