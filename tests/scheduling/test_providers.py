"""Several logistics providers side by side: an order bound to one is served by its crews only."""

from __future__ import annotations

import pytest

from bot.errors import WindowTaken
from tests.scheduling import world as w

MORNING, NOON = w.window(), w.window(start="12:00", end="15:00")


def _two_providers(order, shared=True):
    """A crew of each, one in the morning, one at noon, at one hub of both or one hub each."""
    noon = [w.shift(start="12:00", end="15:00")]
    if shared:
        hubs = [w.hub()]
        crews = [w.crew(provider="日日顺"), w.crew("C2", noon, provider="安得")]
    else:
        hubs = [{**w.hub(), "provider": "日日顺"}, {**w.hub("H2"), "provider": "安得"}]
        crews = [w.crew(), w.crew("C2", noon, hub_id="H2")]
    return {"hubs": hubs, "crews": crews, "orders": [order]}


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize(
    ("provider", "windows"),
    [("日日顺", {MORNING}), ("安得", {NOON}), (None, {MORNING, NOON}), ("京东", set())],
)
async def test_an_order_is_offered_its_providers_windows(world, provider, windows, shared):
    await world.scheduling.import_document(_two_providers(w.order(provider=provider), shared))
    found = await world.scheduling.availability("O1")
    assert set(found.windows) == windows
    if not windows:
        assert found.reason.code == ("no_shift" if shared else "no_hub")


async def test_a_window_of_another_providers_crew_cannot_be_booked(world):
    await world.scheduling.import_document(_two_providers(w.order(provider="安得")))
    with pytest.raises(WindowTaken):
        await world.scheduling.book(w.OWNER, "O1", MORNING, "b1")
    booked = await world.scheduling.book(w.OWNER, "O1", NOON, "b2")
    assert booked.crew.crew_id == "C2"


async def test_a_crews_own_provider_goes_with_it_when_its_hub_gets_none(world):
    document = _two_providers(w.order(provider="安得"), shared=False)
    await world.scheduling.import_document(document)
    await world.take(hubs=[w.hub("H2")], crews=[])
    assert (await world.scheduling.availability("O1")).reason.code == "no_shift"
