"""A messenger's simulator and its channel, connected to the world of staff."""

from contextlib import asynccontextmanager

from aiohttp.test_utils import TestClient
from sqlalchemy import func, select

from bot.staff.tables import card, heard
from tests.conversation.service import sqlite
from tests.staff.world import eventually, staffed


@asynccontextmanager
async def connected(folder, platform, channel_class, **account):
    """The running world, with the channel's one account, called `main`."""
    await platform.start()

    def make(kit, staff):
        settings = channel_class.account_model.model_validate(platform.account(**account))
        return channel_class(kit, {"main": settings}, staff)

    async with sqlite(folder) as database, staffed(database, channels=[make]) as world:
        world.robot = (channel_class.name, "main")
        async with TestClient(world.server) as client:
            platform.client = client
            yield world
    await platform.stop()


async def answered(platform, place, number=1):
    """The card of that number that a person or a group was sent."""

    def there():
        return len([one for one in platform.messages if one.place == place]) >= number

    await eventually(there)
    return [one for one in platform.messages if one.place == place][number - 1]


async def events(world):
    """How many events were stored."""
    async with world.service.database.reading() as tx:
        return (await tx.execute(select(func.count()).select_from(heard))).scalar_one()


async def only_card(world):
    """The one card of the outbox, None where there is none yet."""
    async with world.service.database.reading() as tx:
        return (await tx.execute(select(card))).one_or_none()


async def given_up(world, why):
    """Wait until the one card is given up, for that reason."""

    async def dead():
        row = await only_card(world)
        return row is not None and row.status == "dead" and why in row.error

    await eventually(dead)
