"""Which texts count as alike."""

import pytest

from bot.quality import similar


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("空调能不能装在阁楼上", "空调能不能装在阁楼"),
        ("你们能装空调在阁楼吗", "你们能装空调在阁楼上吗？"),
        ("订单2811234567890123456开箱要钱吗", "订单2811234567890999999开箱要钱吗！"),
        ("安裝師傅帶不帶梯子", "安装师傅带不带梯子呀"),
    ],
)
def test_alike(one, other):
    assert similar.likeness(one, other) >= similar.ALIKE
    assert set(similar.bands(one)) & set(similar.bands(other))


@pytest.mark.parametrize(
    ("one", "other"), [("空调能不能装在阁楼上", "冰箱门能换方向吗"), ("装", "退")]
)
def test_not_alike(one, other):
    assert similar.likeness(one, other) < similar.ALIKE


def test_particles_and_punctuation_make_no_difference():
    assert similar.key("能装吗？？") == similar.key("能装吗")
    assert similar.key("啊？") != similar.key("？？")


def test_bands_fit_a_signed_column_and_never_change():
    assert all(0 <= band < 2**63 for band in similar.bands("任何话"))
    assert similar.bands("梯子")[0] == similar.bands("梯子！")[0] == 4090372201746165902  # stored
