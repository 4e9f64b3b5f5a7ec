"""Messages that are nothing but a value."""

import pytest

from bot.nlu.content import goes_on, intent_of, remainder

FILLER = ["吧", "订单号", "是", "的", "就"]


def entity(kind, start, end, **more):
    return {"entity": kind, "start": start, "end": end, **more}


@pytest.mark.parametrize(
    ("text", "entities", "rest"),
    [
        ("2", [entity("option", 0, 1)], ""),
        ("2。", [entity("option", 0, 1)], ""),
        ("第二个吧！", [entity("option", 0, 3)], ""),
        ("订单号是2811234567890123456", [entity("order_no", 4, 23)], ""),
        ("就 明天下午 吧", [entity("time", 2, 6)], ""),
        ("冰箱明天到吗", [entity("time", 2, 4)], "冰箱到吗"),
        ("", [], ""),
    ],
)
def test_remainder_is_what_is_said_beside_the_values(text, entities, rest):
    assert remainder(text, entities, FILLER) == rest


def test_filler_does_not_join_what_stood_apart():
    # Taken out without a blank, 就 would make the filler 是的 of 是就的.
    assert remainder("是就的", [], ["就", "是的"]) == "是的"


@pytest.mark.parametrize(
    ("kinds", "intent"),
    [
        ({"option"}, "select_option"),
        ({"time"}, "inform"),
        ({"order_no", "phone_tail"}, "inform"),
        ({"phone"}, "inform"),
        ({"option", "time"}, None),
        ({"appliance"}, None),
        ({"floor"}, None),
        (set(), None),
    ],
)
def test_intent_of_a_bare_value(kinds, intent):
    assert intent_of([entity(kind, 0, 1) for kind in kinds]) == intent


def test_a_refused_time_alone_decides_nothing():
    assert intent_of([entity("time", 0, 2, role="rejected")]) is None


@pytest.mark.parametrize(
    ("rest", "kinds", "found"),
    [
        ("呢", ["appliance"], True),
        ("呢", ["brand", "appliance"], True),
        ("呢", ["time"], False),
        ("呢", ["appliance", "time"], False),
        ("到了呢", ["appliance"], False),
        ("", ["appliance"], False),
    ],
)
def test_other_goods_alone_go_on_with_the_question(rest, kinds, found):
    assert goes_on(rest, [entity(kind, 0, 1) for kind in kinds]) is found
