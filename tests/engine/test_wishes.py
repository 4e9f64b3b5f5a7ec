"""Where a message is cut into two wishes, with a reader of which the tests say what it reads."""

import pytest

from bot.engine.wishes import divide

TRACK, FEES, MOVE, SITE = "track_order", "ask_fees", "reschedule_visit", "describe_site"


def reader(meanings):
    """Read a text as the last of the words in it that `meanings` knows; unsure where none is."""
    asked = []

    async def parse(text):
        asked.append(text)
        name = next((n for word, n in reversed(meanings.items()) if word in text), None)
        confidence = 0.9 if name else 0.2
        return {"intent": {"name": name or "out_of_scope", "confidence": confidence}}

    parse.asked = asked
    return parse


@pytest.mark.parametrize(
    ("text", "meanings", "parts"),
    [
        (
            "冰箱到哪了，另外上楼收费吗",
            {"到哪": TRACK, "收费": FEES},
            ["冰箱到哪了，", "另外上楼收费吗"],
        ),
        ("到哪了啊 安装多少钱", {"到哪": TRACK, "多少": FEES}, ["到哪了啊 ", "安装多少钱"]),
        (
            "我家六楼没电梯还有安装怎么收费",
            {"电梯": SITE, "收费": FEES},
            ["我家六楼没电梯", "还有安装怎么收费"],
        ),
        (
            "橱柜还没装好，安装收费吗",
            {"橱柜": SITE, "收费": FEES},
            ["橱柜还没装好，", "安装收费吗"],
        ),
        (
            "明天不在家，改到周六，安装收费吗",
            {"不在家": MOVE, "改到": MOVE, "收费": FEES},
            ["明天不在家，改到周六，", "安装收费吗"],
        ),
    ],
)
async def test_two_wishes_are_two_parts(text, meanings, parts):
    found = await divide(text, reader(meanings))
    assert found == parts
    assert "".join(found) == text


@pytest.mark.parametrize(
    ("text", "meanings"),
    [
        ("明天不在家，改到周六", {"不在家": MOVE, "改到": MOVE}),
        ("家里还没装修好，先取消预约", {"装修": SITE, "取消": "cancel_visit"}),
        ("改到周六吧，橱柜还没装好", {"改到": MOVE, "橱柜": SITE}),
        ("您好，冰箱到哪了", {"您好": "greet", "到哪": TRACK}),
        ("冰箱摔坏了，安装收费吗", {"坏": "report_damage", "收费": FEES}),
        ("到哪了，反正我就是问问", {"到哪": TRACK}),
        ("改到11.28，12.5也行", {"改到": MOVE}),
        ("到哪了，多少", {"到哪": TRACK, "多少": FEES}),
        ("a，" * 20 + "到哪了，收费吗", {"到哪": TRACK, "收费": FEES}),
    ],
)
async def test_one_wish_stays_whole(text, meanings):
    assert await divide(text, reader(meanings)) == [text]


async def test_a_short_text_is_not_even_read():
    parse = reader({})
    assert await divide("到哪了", parse) == ["到哪了"]
    assert parse.asked == []
