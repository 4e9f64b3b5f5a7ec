"""An old appliance goes with the visit that brings the new one, and takes the crew longer."""

import pytest

from actions.describe import OldAppliance
from bot.settings import BookingRules
from tests.actions.chat import TALK
from tests.scheduling import world as w

EXTRA = BookingRules().old_appliance_minutes


@pytest.mark.parametrize(
    ("capacity", "minutes", "said"),
    [
        (w.AC_MINUTES + EXTRA, w.AC_MINUTES + EXTRA, ["utter_old_appliance"]),
        (
            w.AC_MINUTES + EXTRA - 1,
            w.AC_MINUTES,
            ["utter_old_appliance", "utter_site_conflict"],
        ),
    ],
)
async def test_it_is_charged_to_the_same_visit_or_another_time_is_offered(
    chat, capacity, minutes, said
):
    await chat.world.take(crews=[w.crew(shifts=[w.shift(capacity=capacity)])])
    await chat.run(OldAppliance(), "t1", "旧空调帮我拆走", "remove_old_appliance")
    assert chat.said == said
    order = await chat.world.scheduling.order(TALK, "O1")
    (visit,) = order.visits
    assert (order.site["old_appliance"], visit.minutes) == (True, minutes)
    assert visit.attention is (len(said) > 1)
    await chat.world.ledger_is_sound()
