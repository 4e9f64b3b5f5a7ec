"""What the character tagger sees."""

from bot.nlu.char_features import features, positions


def test_one_row_of_features_a_character():
    text = "海尔冰箱，6楼 A座"
    assert len(features(text)) == len(text)


def test_no_features_of_an_empty_text():
    assert features("") == []


def test_window_reaches_three_characters_and_stops_at_the_edge():
    first = features("冰箱坏了呀")[0]
    assert {"1+0=冰", "1+1=箱", "1+3=了", "2+0=冰箱", "3+1=箱坏了", "1-1=·"} <= set(first)


def test_dictionary_spans_show_their_place():
    rows = features("我的冰箱", known=[(2, 4, "appliance")])
    assert ["dict=B-appliance" in rows[2], "dict=E-appliance" in rows[3]] == [True, True]
    assert "dict=O" in rows[0]


def test_kinds_of_characters_differ():
    kinds = [next(f for f in row if f.startswith("class=")) for row in features("箱a1，")]
    assert kinds == ["class=han", "class=latin", "class=digit", "class=mark"]


def test_positions_of_a_single_a_pair_and_a_run():
    spans = [(0, 1, "brand"), (1, 3, "appliance"), (4, 7, "address")]
    assert positions(8, spans) == [
        "S-brand",
        "B-appliance",
        "E-appliance",
        "O",
        "B-address",
        "I-address",
        "E-address",
        "O",
    ]


def test_longer_of_two_overlapping_spans_counts():
    assert positions(4, [(0, 4, "address"), (1, 2, "brand")]) == [
        "B-address",
        "I-address",
        "I-address",
        "E-address",
    ]
