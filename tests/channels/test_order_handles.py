from datetime import datetime, timedelta
from urllib.parse import quote

import pytest

from bot.channels.order_handles import OrderHandles
from bot.clock import FixedClock
from bot.errors import MalformedRequest

ORDER_NO = "2811234567890123456"
WEEK = timedelta(days=7)


@pytest.fixture
def clock():
    return FixedClock(datetime.fromisoformat("2026-11-20T10:00:00+08:00"))


@pytest.fixture
def handles(clock):
    return OrderHandles("secret", clock)


@pytest.mark.parametrize("order_no", [ORDER_NO, "A.1", "订单9", "a b&c=d"])
def test_a_handle_comes_back_as_its_order(handles, order_no):
    made = handles.make(order_no, WEEK)
    assert handles.read(made) == order_no
    assert len(quote(made, safe="")) <= 128


def test_a_handle_is_over_after_its_life(handles, clock):
    made = handles.make(ORDER_NO, WEEK)
    clock.advance(WEEK)
    assert handles.read(made) == ORDER_NO
    clock.advance(timedelta(seconds=1))
    assert handles.read(made) is None


def test_a_handle_of_another_order_or_secret_or_time_is_none(handles, clock):
    number, until, mac = handles.make(ORDER_NO, WEEK).split(".")
    later = f"{int(until, 16) + 1:x}"
    forged = [f"2811234567890123457.{until}.{mac}", f"{number}.{later}.{mac}", f"{number}.{mac}"]
    forged += [number, "", "..", OrderHandles("other", clock).make(ORDER_NO, WEEK)]
    assert [handles.read(one) for one in forged] == [None] * len(forged)


def test_an_order_number_that_fits_no_link_is_refused(handles):
    handles.make("1" * 90, WEEK)
    with pytest.raises(MalformedRequest):
        handles.make("1" * 110, WEEK)
