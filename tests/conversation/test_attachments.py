"""Pictures that lie with a platform: fetched once, tried again, and said to be lost."""

import asyncio

import pytest
from sqlalchemy import select

from bot.conversation.attachments import Attachments
from bot.conversation.conversations import host_seconds
from bot.conversation.delivery_tables import attachment
from bot.conversation.photos import PhotoRules
from bot.conversation.records import Grant, Incoming
from bot.errors import MediaRefused, MediaUnavailable
from tests.channels.pictures import JPEG

LOST = ("[图片]", "没收到，请重发")


class Maker:
    """Where the picture lies; `failures` are raised by the next fetches."""

    def __init__(self):
        self.failures = []
        self.asked = []

    async def fetch(self, account, source):
        self.asked.append((account, source))
        if self.failures:
            raise self.failures.pop(0)
        return JPEG


@pytest.fixture
def maker():
    return Maker()


@pytest.fixture
def pictures(service, maker, tmp_path):
    """Two processes' fetching, by a watch of their own."""
    real = host_seconds()
    watch = {"ahead": 0.0}
    photos = service.conversations.photos(PhotoRules(tmp_path / "photos", 2**20, 20))

    def build():
        return Attachments(
            service.database,
            photos,
            {"fake": maker},
            service.conversations.receive,
            LOST,
            lambda: real() + watch["ahead"],
        )

    return build(), build(), watch


async def send(service, message_id="m1", channel="fake"):
    picture = Incoming(
        channel, "a:u1", "", message_id, account="a", grant=Grant(5, 60), source={"id": "p1"}
    )

    async def nothing(_tx):
        """A picture alone."""

    await service.conversations.receive_all([picture], nothing)


async def statuses(service):
    async with service.database.reading() as tx:
        found = await tx.execute(select(attachment.c.status, attachment.c.attempts))
        return [tuple(row) for row in found]


async def shown(service):
    return [(str(line.author), bool(line.custom), line.text) for line in await service.lines()]


async def test_a_picture_is_fetched_once_by_whoever_comes_first(service, pictures, maker):
    first, second, _ = pictures
    for _ in range(3):
        await send(service)
    await asyncio.gather(first.fetch_due(), second.fetch_due(), first.fetch_due())
    assert maker.asked == [("a", {"id": "p1"})]
    assert await statuses(service) == [("done", 1)]
    assert [line[:2] for line in await shown(service)] == [("consumer", True), ("bot", False)]


async def test_what_cannot_be_had_now_is_tried_again(service, pictures, maker):
    first, _, watch = pictures
    maker.failures = [MediaUnavailable(), MediaUnavailable()]
    await send(service)
    await first.fetch_due()
    assert await first.fetch_due() == 0
    for _ in range(2):
        watch["ahead"] += 300
        await first.fetch_due()
    assert await statuses(service) == [("done", 3)]
    assert (await shown(service))[0][1]


async def test_after_eight_tries_the_consumer_is_asked_to_send_it_again(service, pictures, maker):
    first, _, watch = pictures
    maker.failures = [MediaUnavailable()] * 8
    await send(service)
    for _ in range(9):
        await first.fetch_due()
        watch["ahead"] += 301
    assert len(maker.asked) == 8
    assert await statuses(service) == [("dead", 8)]
    assert await shown(service) == [("consumer", False, LOST[0]), ("bot", False, LOST[1])]


async def test_what_the_maker_refuses_is_not_asked_for_again(service, pictures, maker):
    first, _, _ = pictures
    maker.failures = [MediaRefused()]
    await send(service)
    await first.fetch_due()
    assert await statuses(service) == [("dead", 1)]
    assert (await shown(service))[-1] == ("bot", False, LOST[1])


async def test_a_process_that_died_while_fetching_leaves_the_picture_to_others(
    service, pictures, maker
):
    first, second, watch = pictures
    maker.failures = [KeyboardInterrupt()]
    await send(service)
    with pytest.raises(KeyboardInterrupt):
        await first._fetch((await due(service))[0])
    assert await second.fetch_due() == 0
    watch["ahead"] += 121
    assert await second.fetch_due() == 1
    assert await statuses(service) == [("done", 2)]


async def due(service):
    async with service.database.reading() as tx:
        return (await tx.execute(select(attachment))).all()


async def test_a_picture_of_another_process_channel_is_left_to_it(service, pictures):
    first, _, _ = pictures
    await send(service, channel="other")
    assert await first.fetch_due() == 0
