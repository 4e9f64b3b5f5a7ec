"""Which telephones are of orders that are not done."""

import pytest

from bot.scheduling.telephones import Telephones
from tests.scheduling import world as w

PHONE = "13912345678"


def order(phone, *visits):
    made = w.order(visits=list(visits))
    made["consumer"]["phone"] = phone
    return made


@pytest.mark.parametrize("written", [PHONE, "+8613912345678", "8613912345678", "139-1234-5678"])
async def test_a_telephone_is_known_however_the_shop_writes_it(world, written):
    await world.take(order(written))
    telephones = Telephones(world.database)
    assert await telephones.has_open_order(PHONE)
    assert not await telephones.has_open_order("13912345679")


async def test_where_all_is_done_it_is_not(world):
    visit = w.visit_at(status="completed")
    await world.take(order(PHONE, visit))
    assert not await Telephones(world.database).has_open_order(PHONE)
