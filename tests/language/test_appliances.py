"""Appliances and brands by every name, beside words that only look like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import catalogue
from bot.language.appliances import find_appliances
from bot.language.normalise import normalise

# A brand has an @ before it.
ROWS = [
    ("焗爐", "oven"), ("洗碗碟機", "dishwasher"), ("書枱", "furniture"), ("乾衣機", "dryer"), ("抽油煙機", "range_hood"),
    ("冰箱📦到哪了", "refrigerator"), ("冰 箱 到 哪 了", "refrigerator"), ("冰\u200b箱", "refrigerator"), ("洗衣机机机", "washing_machine"),
    ("挂机", "split_ac"), ("柜机", "split_ac"), ("变频空调", "split_ac"), ("立式的空调柜机", "split_ac"),
    ("1.5p空调", "split_ac"), ("大1匹挂机", "split_ac"), ("空调内机", "split_ac"), ("冷气机", "split_ac"),
    ("風管機", "central_ac"), ("中央空调多联机", "central_ac"), ("吸顶机", "central_ac"),
    ("天井机", "central_ac"), ("五恒系统", ""), ("空调扇", ""), ("冷风机", ""), ("波轮", "washing_machine"),
    ("滚筒", "washing_machine"), ("迷你洗衣机", "washing_machine"), ("洗烘一体", "washing_machine"),
    ("洗烘一体的机子", "washing_machine"), ("内衣洗衣机", "washing_machine"), ("全自动波轮", "washing_machine"),
    ("洗烘套装到了吗", "washing_machine"), ("烘干机", "dryer"), ("热泵干衣机", "dryer"), ("衣物护理柜", "dryer"),
    ("烘衣机", "dryer"), ("烟机", "range_hood"), ("侧吸烟机", "range_hood"), ("顶吸式油烟机", "range_hood"),
    ("脱排", "range_hood"), ("吸油烟機", "range_hood"), ("欧式烟机", "range_hood"),
    ("抽油烟机", "range_hood"), ("排烟机", "range_hood"), ("集成灶", "gas_hob"), ("灶台", "gas_hob"),
    ("煤气灶", "gas_hob"), ("煤气炉", "gas_hob"), ("双灶", "gas_hob"), ("瓦斯爐", "gas_hob"),
    ("打火灶", "gas_hob"), ("燃气灶具", "gas_hob"), ("天然气灶", "gas_hob"), ("电磁炉", ""),
    ("液化气灶", "gas_hob"), ("对开门", "refrigerator"), ("十字门", "refrigerator"),
    ("十字对开的冰箱", "refrigerator"), ("风冷冰箱", "refrigerator"), ("双门冰箱", "refrigerator"),
    ("法式多门", "refrigerator"), ("雪櫃", "refrigerator"), ("冰厢", "refrigerator"),
    ("电冰箱", "refrigerator"), ("小冰箱", "refrigerator"), ("冰柜", "freezer"), ("卧式冷柜", "freezer"),
    ("冷冻柜", "freezer"), ("立式冷柜", "freezer"), ("雪糕柜", "freezer"), ("展示柜", "freezer"),
    ("冷藏展示柜", "freezer"), ("电视", "tv"), ("85寸的电视机", "tv"), ("彩电", "tv"), ("智慧屏", "tv"),
    ("電視機", "tv"), ("大屏电视", "tv"), ("投影仪", ""), ("电视盒子", ""), ("电视机顶盒", ""),
    ("热水器燃气的那台", "gas_water_heater"), ("热水器 电的60升", "electric_water_heater"),
    ("热水器，烧气的", "gas_water_heater"), ("那个热水器是用电的", "electric_water_heater"),
    ("热水器不是电的是燃气的", "gas_water_heater"), ("60升的电热水器", "electric_water_heater"),
    ("燃热", "gas_water_heater"), ("厨宝", "electric_water_heater"),
    ("即热式热水器", "electric_water_heater"), ("空气能热水器", "electric_water_heater"),
    ("热水器80L的", "electric_water_heater"), ("16升热水器", "gas_water_heater"),
    ("热水器13升的", "gas_water_heater"), ("熱水爐", ""), ("煤氣熱水爐", "gas_water_heater"),
    ("電熱水爐", "electric_water_heater"), ("气热水器", "gas_water_heater"),
    ("煤气的热水器", "gas_water_heater"), ("燃气式热水器", "gas_water_heater"), ("壁挂炉", "gas_water_heater"),
    ("太阳能热水器", ""), ("热水器到哪了", ""), ("热水器要用多少度电", ""), ("热水器旁边有个电源", ""),
    ("电子打火的燃气热水器", "gas_water_heater"), ("电的热水器", "electric_water_heater"),
    ("燃气的热水器", "gas_water_heater"), ("洗碗机", "dishwasher"), ("洗碗機", "dishwasher"),
    ("嵌入式洗碗机", "dishwasher"), ("刷碗机", "dishwasher"), ("水槽式洗碗机", "dishwasher"), ("消毒柜", ""),
    ("烤箱", "oven"), ("蒸烤箱", "oven"), ("蒸烤一体机", "oven"), ("微蒸烤", "oven"), ("嵌入式蒸箱", "oven"),
    ("电烤箱", "oven"), ("烤炉", "oven"), ("净水器", "water_purifier"), ("净水", "water_purifier"),
    ("前置", "water_purifier"), ("前置过滤器", "water_purifier"), ("净水机", "water_purifier"),
    ("過濾器", ""), ("RO机", "water_purifier"), ("纯水机", "water_purifier"),
    ("直饮水机", "water_purifier"), ("软水机", "water_purifier"), ("饮水机", ""),
    ("濾水器", "water_purifier"), ("滤水器", "water_purifier"), ("床", "furniture"),
    ("床垫", "furniture"), ("衣柜", "furniture"), ("餐桌", "furniture"), ("茶几", "furniture"),
    ("沙发", "furniture"), ("梳化", "furniture"), ("布藝沙發", "furniture"), ("三人位沙发", "furniture"),
    ("1米8的床", "furniture"), ("席梦思", "furniture"), ("电动沙发", "furniture"), ("岩板餐桌", "furniture"),
    ("书柜", "furniture"), ("电脑椅", "furniture"), ("人体工学椅", "furniture"), ("儿童床", "furniture"),
    ("上下铺", "furniture"), ("鞋柜", "furniture"), ("电视柜", "furniture"), ("床头柜", "furniture"),
    ("写字台", "furniture"), ("办公桌", "furniture"), ("衣橱", "furniture"), ("屏风", ""),
    ("智能床", "furniture"), ("买的橱柜什么时候送", "furniture"), ("橱柜送到了吗", "furniture"), ("橱柜柜体预留好了", ""),
    ("嵌在橱柜里", ""), ("橱柜已经装好了，装洗碗机行吗", "dishwasher"), ("橱柜开孔", ""), ("旁边是橱柜", ""),
    ("跑步机", "fitness_equipment"), ("动感单车", "fitness_equipment"), ("椭圆机", "fitness_equipment"),
    ("划船机", "fitness_equipment"), ("走步机", "fitness_equipment"), ("跑步機", "fitness_equipment"),
    ("健身单车", "fitness_equipment"), ("家用单车", "fitness_equipment"), ("力量架", "fitness_equipment"),
    ("哑铃凳", "fitness_equipment"), ("单杠", "fitness_equipment"), ("台球桌", "fitness_equipment"),
    ("乒乓球桌", "fitness_equipment"), ("按摩椅", ""), ("登山机", "fitness_equipment"),
    ("太空漫步机", "fitness_equipment"), ("漫步机", "fitness_equipment"), ("躺在床上", ""), ("空调费多少", ""),
    ("看电视剧", ""), ("冰箱贴", ""), ("我还没起床", ""), ("临床", ""), ("空调病", ""), ("在看电视", ""),
    ("沙发套", ""), ("沙发上", ""), ("床单", ""), ("微波炉架", ""), ("滚筒刷", ""), ("一床被子", ""), ("电视台", ""),
    ("衣柜里", ""), ("桌子上", ""), ("冰箱里", "refrigerator"), ("空调外机", "split_ac"), ("空调机位", ""),
    ("空调孔打好了", ""), ("热水器的插座", ""), ("厨房灶台是石英石的", ""), ("灶台石", ""), ("燃气公司", ""), ("净水处理", ""),
    ("前置条件", ""), ("顶吸引", ""), ("餐桌上", ""), ("茶几上", ""), ("床边", ""), ("靠床", ""), ("电热毯", ""),
    ("电热水壶", ""), ("床底下", ""), ("车床", ""), ("牙床", ""), ("大床房", ""), ("沙发客", ""),
    ("对开门的小区门", ""), ("电视墙", ""), ("电视背景墙", ""), ("书桌上", ""), ("中国好声音", ""),
    ("空调遥控器", "split_ac"), ("海尔", "@海尔"), ("haier", "@海尔"), ("Haier冰箱", "@海尔 refrigerator"),
    ("格力", "@格力"), ("gree的空调", "@格力 split_ac"), ("奥克斯", "@奥克斯"), ("小米电视", "@小米 tv"),
    ("米家的烟机", "@小米 range_hood"), ("万和热水器", "@万和"), ("万和的燃气热水器", "@万和 gas_water_heater"),
    ("格兰仕烤箱", "@格兰仕 oven"), ("苏泊尔灶具", "@苏泊尔 gas_hob"), ("苏泊尔的燃气灶", "@苏泊尔 gas_hob"),
    ("星星冷柜", "@星星 freezer"), ("星星的冰柜", "@星星 freezer"), ("美的挂机", "@美的 split_ac"),
    ("西门子洗衣机", "@西门子 washing_machine"), ("老板烟机", "@老板 range_hood"), ("老板，热水器呢", ""),
    ("老板你好", ""), ("方太的", "@方太"), ("ao史密斯热水器", "@A.O.史密斯"), ("AO史密斯", "@A.O.史密斯"),
    ("史密斯的热水器", "@A.O.史密斯"), ("九阳净水器", "@九阳 water_purifier"), ("杨子空调", "@扬子 split_ac"),
    ("扬子空调", "@扬子 split_ac"), ("TCL", "@TCL"), ("三菱重工空调", "@三菱重工 split_ac"),
    ("三菱电机中央空调", "@三菱电机 central_ac"), ("大金空调", "@大金 split_ac"),
    ("小天鹅滚筒", "@小天鹅 washing_machine"), ("博世洗碗机", "@博世 dishwasher"), ("能率热水器", "@能率"),
    ("林内燃气热水器", "@林内 gas_water_heater"), ("顾家沙发", "@顾家家居 furniture"),
    ("芝华仕头等舱沙发", "@芝华仕 furniture"), ("全友家居的床", "@全友 furniture"), ("慕思床垫", "@慕思 furniture"),
    ("雅兰床垫", "@雅兰 furniture"), ("穗宝床垫", "@穗宝 furniture"), ("惠达橱柜", ""),
    ("亿健跑步机", "@亿健 fitness_equipment"), ("舒华椭圆机", "@舒华 fitness_equipment"),
    ("keep动感单车", "@Keep fitness_equipment"), ("伊莱克斯冰箱", "@伊莱克斯 refrigerator"), ("容声的双门", "@容声"),
    ("美菱冰箱", "@美菱 refrigerator"), ("康佳电视", "@康佳 tv"), ("雷鸟电视", "@雷鸟 tv"), ("vidda", "@Vidda"),
    ("松下洗衣机", "@松下 washing_machine"), ("東芝冰箱", "@东芝 refrigerator"), ("松下来歇会", ""),
    ("华帝灶", "@华帝 gas_hob"), ("帅丰集成灶", "@帅丰 gas_hob"), ("火星人集成灶", "@火星人 gas_hob"),
    ("浙江美大的集成灶", "@美大 gas_hob"), ("海耳冰箱", "@海尔 refrigerator"), ("格立空调", "@格力 split_ac"),
    ("美地空调", "@美的 split_ac"), ("西门孑冰箱", "@西门子 refrigerator"), ("海信65寸", "@海信"),
    ("卡萨蒂冰箱", "@卡萨帝 refrigerator"), ("华凌挂机", "@华凌 split_ac"), ("科龙空调", "@科龙 split_ac"),
    ("威力洗衣机", "@威力 washing_machine"), ("海尔的和格力的", "@海尔 @格力"), ("佳尼特净水", "@佳尼特 water_purifier"),
    ("沁园净水器", "@沁园 water_purifier"), ("冰箱和洗衣机都到了吗", "refrigerator washing_machine"),
    ("空调冰箱一起送", "split_ac refrigerator"), ("烟灶套装", "range_hood"),
    ("烟机灶具一套", "range_hood gas_hob"), ("洗衣机烘干机", "washing_machine dryer"),
    ("海尔滚筒洗衣机", "@海尔 washing_machine"), ("HAIER的冰箱", "@海尔 refrigerator"),
    ("老板油烟机", "@老板 range_hood"), ("老板，我的空调呢", "split_ac"), ("是老板牌的", "@老板"),
    ("挂机两台", "split_ac"), ("美的的烘干机", "@美的 dryer"), ("装得挺美的", ""), ("大金中央空调", "@大金 central_ac"),
    ("大金额订单", ""), ("A.O.史密斯净水器", "@A.O.史密斯 water_purifier"), ("史密斯机到了吗", "fitness_equipment"),
    ("tcl电视", "@TCL tv"), ("热水器什么时候装", ""), ("热水器是电的那种", "electric_water_heater"),
    ("热水器用的天然气", "gas_water_heater"), ("电视柜送到了吗", "furniture"), ("装个灶", "gas_hob"),
    ("烟机和灶具", "range_hood gas_hob"), ("洗烘一体机", "washing_machine"), ("雪柜", "refrigerator"),
    ("3M净水器", "@3M water_purifier"), ("ikea床", "@宜家 furniture"),
]  # fmt: skip


def read(text):
    found = find_appliances(normalise(text).text)
    return " ".join("@" * (m.entity == "brand") + m.value for m in found)


@pytest.mark.parametrize(("text", "expected"), ROWS)
def test_appliances(text, expected):
    assert read(text) == expected


def test_every_name_of_the_catalogue_is_read():
    names = {
        name: row.category for row in catalogue.load().categories.values() for name in row.names
    }
    assert {name: read(name) for name in names} == names


@given(st.text(max_size=60))
def test_spans_are_in_the_text_and_apart(text):
    clean = normalise(text).text
    found = find_appliances(clean)
    assert all(0 <= m.start < m.end <= len(clean) for m in found)
    assert all(one.end <= other.start for one, other in zip(found, found[1:], strict=False))
