"""Marks of reading: only those that are true, and only ever forward."""

from sqlalchemy import select

from bot.conversation.records import Author, ReadUpTo
from bot.conversation.states import Command
from bot.conversation.tables import conversation
from tests.conversation.service import LI, WANG, heard


async def marks(service):
    name = await service.case()
    view = await service.conversations.newest_case(name)
    return view.read_seq


async def test_what_the_owner_read_is_told_and_kept(service):
    await service.say("a")
    await service.move(Command.BARGE_IN, WANG)
    name = await service.case()
    with service.conversations.subscribe(name) as subscription:
        await service.conversations.takeover.read(name, WANG, 2)
        assert await heard(subscription) == ReadUpTo(2, Author.AGENT)
    assert await marks(service) == 2


async def test_whoever_only_looks_on_leaves_no_mark(service):
    await service.say("a")
    await service.conversations.takeover.read(await service.case(), LI, 2)
    await service.move(Command.BARGE_IN, WANG)
    await service.conversations.takeover.read(await service.case(), LI, 2)
    assert await marks(service) == 0


async def test_a_mark_never_goes_back_nor_beyond_what_was_said(service):
    await service.say("a")
    await service.move(Command.BARGE_IN, WANG)
    name = await service.case()
    for seq in (2, 1, 99):
        await service.conversations.takeover.read(name, WANG, seq)
        await service.conversations.read_up_to(name, seq)
    assert await marks(service) == 2
    async with service.database.reading() as tx:
        assert await tx.scalar(select(conversation.c.consumer_read_seq)) == 2


async def test_the_same_mark_is_told_once(service):
    await service.say("a")
    name = await service.case()
    with service.conversations.subscribe(name) as subscription:
        await service.conversations.read_up_to(name, 2)
        await service.conversations.read_up_to(name, 2)
        assert await heard(subscription) == ReadUpTo(2, Author.CONSUMER)
        await service.say("b")
        assert not isinstance(await heard(subscription), ReadUpTo)
