"""The catalogue is complete, unambiguous and known to the tokenizer."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from bot import catalogue

ROOT = Path(__file__).parents[2]
CATEGORIES = [
    "refrigerator", "washing_machine", "dryer", "split_ac", "central_ac", "tv",
    "electric_water_heater", "gas_water_heater", "range_hood", "gas_hob", "dishwasher", "oven",
    "water_purifier", "freezer", "furniture", "fitness_equipment",
]  # fmt: skip
CARRIED = {
    "refrigerator", "freezer", "washing_machine", "dryer", "furniture", "fitness_equipment",
}  # fmt: skip
FACTS = {
    "floor", "elevator", "wall", "outdoor_unit", "gas_kind", "gas_open", "socket", "pipe_metres",
    "old_appliance", "door_width_cm", "hole",
}  # fmt: skip
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def known():
    return catalogue.load()


def test_every_category_of_the_contract_is_there_and_no_other(known):
    assert sorted(known.categories) == sorted(CATEGORIES)


def test_no_name_means_two_categories(known):
    names = Counter(name for row in known.categories.values() for name in row.names)
    assert [name for name, count in names.items() if count > 1] == []


def test_no_way_to_write_a_brand_means_two_brands():
    brands = yaml.safe_load((ROOT / "data/catalogue/brands.yml").read_text(encoding="utf-8"))
    written = Counter(str(w).lower() for b, also in brands.items() for w in {b, *also})
    assert [word for word, count in written.items() if count > 1] == []


@pytest.mark.parametrize("category", CATEGORIES)
def test_category_is_complete(known, category):
    row = known.categories[category]
    assert 0 < row.minutes <= 180
    assert row.members == 1
    assert row.carried == (category in CARRIED)
    assert row.extra_skills == (("gas",) if category in {"gas_water_heater", "gas_hob"} else ())
    assert {q.fact for q in row.questions} <= FACTS
    assert all("您" in q.question and q.question.endswith("？") for q in row.questions) or all(
        "请" in q.question for q in row.questions
    )
    for sentence in (*row.needs, row.steps):
        assert sentence.endswith("。")
        assert HAN.search(sentence)
    assert row.duration


def test_outdoor_unit_is_asked_for_air_conditioners(known):
    asking = {
        c
        for c, row in known.categories.items()
        if "outdoor_unit" in {q.fact for q in row.questions}
    }
    assert asking == {"split_ac", "central_ac"}


def test_the_dictionary_holds_word_lists_only():
    folder = ROOT / "data" / "dictionary"
    for path in folder.iterdir():
        assert path.suffix == ".txt"
        for line in path.read_text(encoding="utf-8").splitlines():
            assert re.fullmatch(r"\S+ \d+ [a-z]+", line), f"{path.name}: {line}"


def test_the_tokenizer_knows_every_name(known):
    words = {
        line.split()[0]
        for path in (ROOT / "data" / "dictionary").glob("*.txt")
        for line in path.read_text(encoding="utf-8").splitlines()
    }
    names = {n for row in known.categories.values() for n in row.names if re.fullmatch(r"\w\w+", n)}
    assert names - words == set()


@pytest.mark.parametrize(
    ("text", "category", "meant"),
    [
        ("热水器到了吗", None, {"gas_water_heater", "electric_water_heater"}),
        ("空调到了吗", "split_ac", {"split_ac", "central_ac"}),
        ("挂机到了吗", "split_ac", {"split_ac"}),
        ("冰箱到了吗", "refrigerator", {"refrigerator"}),
        ("到了吗", None, set()),
    ],
)
def test_a_shared_name_means_each_of_its_categories(known, text, category, meant):
    assert known.meant(text, category) == meant


def test_shared_names_are_of_known_categories(known):
    assert known.shared
    assert all(len(c) > 1 and c <= set(CATEGORIES) for c in known.shared.values())
