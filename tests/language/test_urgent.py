"""Danger and the wish for a person: found whatever the wording, never where there is none."""

from __future__ import annotations

import pytest

from bot.language.urgent import detect

HUMAN = [
    "转人工", "转人工！！", "人工客服", "人工", "客服", "找真人", "我要和人说话", "叫你们客服来",
    "别机器人了", "能转一下人工不", "帮我转接人工客服吧", "转真人客服", "我要人工服务",
    "找个真人来",
    "换个活人跟我说", "不想跟机器人聊了", "叫个能做主的人来跟我讲", "让你们经理来", "我要找客服",
    "转人功", "转rengong", "联系人工", "喊个人来嘛",
    "你不是真人吧，给我转人工", "你到底是不是机器人 转人工", "可以让专员联系我吗", "我要揾人倾",
]  # fmt: skip
NOT_HUMAN = [
    "不用转人工", "不要人工", "先不转人工", "人工费多少", "人工安装多少钱", "人工智能",
    "派个人来装空调",
    "找个人来修", "你们客服说周六来", "刚才客服让我等", "客服电话多少", "你是人工客服吗",
    "你是真人？",
    "你不是真人吧", "你根本不是真人",
    "叫师傅来", "有人吗", "家里没人", "几个人来", "换个人送", "周六家里有人", "跟师傅说一声",
]  # fmt: skip
HAZARD = [
    "闻到煤气味", "家里有股燃气味", "煤气味好重", "漏气了", "厨房漏气", "天然气泄漏了", "漏电",
    "热水器漏电",
    "我触电了", "被电了一下", "摸着外壳麻手", "起火了", "插座冒烟", "着火了", "著火了", "冒黑烟",
    "冒火花",
    "跑水了", "水淹了厨房", "家里淹了", "漏水漏得满地都是", "水漫到楼下了", "燃气报警器一直在响",
    "洗衣机爆炸了", "漏电了，快来人", "外机快掉下来了", "一氧化碳中毒",
]  # fmt: skip
NOT_HAZARD = [
    "会不会漏电", "怎么防止漏电", "燃气热水器多少钱", "怕漏水", "担心漏气", "漏电保护器要自己买吗",
    "没有煤气味", "不是漏电", "要是漏气怎么办", "万一着火怎么办", "我着急上火", "急得冒烟",
    "天然气灶",
    "燃气还没通", "安装后会检漏吗", "防水吗", "去年漏过电", "空调不制冷", "洗碗机有点漏水",
    "火急火燎的",
]  # fmt: skip


@pytest.mark.parametrize("text", HUMAN)
def test_wants_a_person(text):
    assert detect(text) == "request_human"


@pytest.mark.parametrize("text", HAZARD)
def test_danger(text):
    assert detect(text) == "report_hazard"


@pytest.mark.parametrize("text", [*NOT_HUMAN, *NOT_HAZARD])
def test_neither(text):
    assert detect(text) is None


def test_danger_goes_first():
    assert detect("转人工，家里漏气了") == "report_hazard"


def test_a_denied_clause_does_not_hide_another():
    assert detect("不是漏电，是着火了") == "report_hazard"
    assert detect("不用催了，转人工") == "request_human"
