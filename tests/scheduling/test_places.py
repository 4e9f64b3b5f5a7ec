"""Districts by the names that people use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.normalise import normalise
from bot.scheduling.divisions import full_name, today
from bot.scheduling.places import find_districts

ONE = [
    ("改到浦东", "310115"), ("上海市浦东新区锦绣路1000弄", "310115"), ("浦东新區", "310115"), ("改送到北京朝阳", "110105"),
    ("长春 朝阳区", "220104"), ("杭州西湖区文三路1号", "330106"), ("上海静安区南京西路100号", "310106"),
    ("福州鼓楼", "350102"), ("东莞长安镇", "441900"), ("东莞市南城街道", "441900"), ("天津和平区", "120101"),
    ("不是朝阳区是海淀区", "110108"), ("从朝阳区改到丰台", "110106"), ("深圳南山", "440305"), ("重庆渝北", "500112"),
    ("内蒙古包头昆都仑区", "150203"), ("西安新城区", "610102"), ("吉林市船营区", "220204"), ("义乌", "330782"),
    ("广东省佛山市顺德区北滘镇", "440606"), ("济南市中区", "370103"), ("浙江省宁波市江北区", "330205"),
    ("南通通州区", "320612"), ("沙县", "350405"), ("乌鲁木齐天山区", "650102"), ("延边延吉", "222401"),
]  # fmt: skip
SEVERAL = [
    ("朝阳区建国路88号", {"110105", "220104"}), ("朝阳", {"110105", "220104", "211321"}),
    ("西湖区", {"330106", "360103"}), ("改到通州", {"110112", "320612"}), ("江北区", {"330205", "500105"}),
    ("山东市中区", {"370103", "370402"}),
]  # fmt: skip
NONE = [
    "我想改地址", "南京西路100号", "北京路12号", "中山路5号", "和平小区3栋", "阳光花园东区3号", "新城区", "我家在郊区", "杭州",
    "吉林", "苏州工业园区", "不要海淀区", "", "上海朝阳区",
]  # fmt: skip


def codes(text, near=""):
    return [one.adcode for one in find_districts(normalise(text).text, near)]


@pytest.mark.parametrize(("text", "adcode"), ONE)
def test_one_district(text, adcode):
    assert codes(text) == [adcode]


@pytest.mark.parametrize(("text", "adcodes"), SEVERAL)
def test_several_districts(text, adcodes):
    assert set(codes(text)) == adcodes


@pytest.mark.parametrize("text", NONE)
def test_no_district(text):
    assert codes(text) == []


def test_the_nearest_comes_first():
    assert codes("朝阳区", near="220102")[0] == "220104"
    assert codes("朝阳区", near="110101")[0] == "110105"


def test_every_district_is_found_by_its_full_name():
    names = {code: name for code, name in today().items() if not code.endswith("00")}
    missed = [
        name
        for code, name in names.items()
        if code not in [one.adcode for one in find_districts(full_name(code))]
    ]
    assert missed == []


@given(st.text(max_size=40))
def test_every_text_has_an_answer(text):
    assert all(one.adcode in today() for one in find_districts(text))
