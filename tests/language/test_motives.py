"""Why a visit does not suit, read from the words."""

import pytest

from bot.language.motives import motive
from bot.scheduling import CHANGE_REASONS

SAID = {
    "not_home": [
        "那天家里没人",
        "我不在家，换一天",
        "家里没有人收货",
        "下周要出差，往后推推",
        "全家都在外地",
        "周末回老家了",
        "我们出去旅游，改一下",
        "白天没人在",
    ],
    "time_conflict": [
        "跟我的时间冲突了",
        "上午要开会",
        "那天没空",
        "临时有事，帮我改一下",
        "我要上班，改到晚上",
        "赶不上",
        "时间不合适",
        "请不到假",
    ],
    "decoration": [
        "还没装修好",
        "家里正在装修",
        "橱柜还没装好，过一周再来",
        "墙没刷完",
        "房子还没交房",
        "装修队拖了",
    ],
    "utilities_not_on": ["天然气还没开通", "家里停电了", "还没通水", "水电没接好"],
    "property_hours": ["物业周末不让施工", "小区规定中午不能打孔"],
    "weather": ["下大雨了改天吧", "台风要来", "天气预报说有暴雪", "高温天就别来了"],
    "not_wanted": [
        "商品不要了",
        "空调不想要了",
        "先不装了",
        "不需要安装了",
        "买错型号",
        "我找别人装了",
        "暂时不装",
    ],
    "goods_late": ["货还没到", "还没收到货", "冰箱都没送到呢", "物流太慢了"],
    "crew": ["师傅一直没来", "师傅说他来不了"],
}
CASES = [(code, text) for code, texts in SAID.items() for text in texts]


@pytest.mark.parametrize(("code", "text"), CASES, ids=[text for _, text in CASES])
def test_it_is_told(code, text):
    assert motive(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "改到周六上午",
        "不要周日",
        "周六不要了，改周日",
        "算了不改了",
        "家里有人",
        "我在家",
        "好的，确认",
        "换个时间",
        "取消预约",
        "第二个",
        "你们几点到",
        "又没下雨",
        "装修已经好了，可以来了",
        "帮我约安装",
        "没问题",
        "有事故保险吗",
        "周六有没有空",
        "家里没空调，快点来",
        "跟师傅说改到周日",
        "物业师傅帮忙收的",
        "不是因为下雨",
        '/reschedule_visit{"order_no": "1"}',
    ],
)
def test_what_says_nothing_of_it_is_none(text):
    assert motive(text) is None


def test_the_home_goes_before_the_time():
    assert motive("橱柜还没做好，那天我也没空") == "decoration"


def test_every_code_is_one_that_is_kept():
    assert SAID.keys() <= set(CHANGE_REASONS)


def test_traditional_writing_and_blanks_are_read():
    assert motive("那天家裡沒人") == "not_home"
