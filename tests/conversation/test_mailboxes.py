"""Mailboxes: one reader at a time, no ring forgotten, and none that reads twice."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.conversation import mailboxes
from bot.conversation.delivery_tables import mailbox
from bot.conversation.mailboxes import LEASE_SECONDS, Box

BOX = Box("wecom_kf", "main", "wkA")
NOW = 1000.0


async def ring(database, token="t1", now=NOW):
    async with database.transaction() as tx:
        await mailboxes.ring(tx, BOX, token, now, 600)


async def claim(database, reader="a", now=NOW):
    async with database.transaction() as tx:
        return await mailboxes.claim(tx, BOX, reader, now)


async def advance(database, reading, cursor, now=NOW):
    async with database.transaction() as tx:
        return await mailboxes.advance(tx, reading, cursor, now)


async def finish(database, reading, due_at=NOW + 120):
    async with database.transaction() as tx:
        await mailboxes.finish(tx, reading, due_at)


async def cursor(database):
    async with database.reading() as tx:
        return (await tx.execute(select(mailbox.c.cursor))).scalar_one()


async def test_of_many_who_claim_at_once_one_reads(database):
    await ring(database)
    found = await asyncio.gather(*(claim(database, f"r{number}") for number in range(20)))
    assert len([one for one in found if one is not None]) == 1


async def test_a_box_is_read_when_it_rang_or_is_due_and_not_otherwise(database):
    # Nobody knows what came before the first look.
    first = await claim(database)
    assert (first.cursor, first.token, first.rings) == (None, None, 0)
    await finish(database, first)
    assert await claim(database) is None
    assert await claim(database, now=NOW + 119) is None
    due = await claim(database, now=NOW + 121)
    await finish(database, due, NOW + 240)
    await ring(database, now=NOW + 122)
    assert (await claim(database, now=NOW + 122)).token == "t1"


async def test_a_ring_while_it_is_read_is_read_for_again(database):
    await ring(database)
    reading = await claim(database)
    await ring(database, "t2")
    await finish(database, reading)
    again = await claim(database, "b")
    assert (again.token, again.rings) == ("t2", 2)
    await finish(database, again)
    assert await claim(database, "c") is None


async def test_a_rings_token_is_left_out_once_it_is_over(database):
    await ring(database)
    assert (await claim(database, now=NOW + 601)).token is None


async def test_the_cursor_moves_on_from_where_it_was_read_only(database):
    await ring(database)
    reading = await claim(database)
    assert await advance(database, reading, "1")
    assert not await advance(database, reading, "1b")
    assert await advance(database, replace(reading, cursor="1"), "2")
    assert await cursor(database) == "2"


async def test_a_reader_whose_lease_ran_out_moves_nothing_any_more(database):
    await ring(database)
    slow = await claim(database, "slow")
    assert await claim(database, "quick", NOW + LEASE_SECONDS - 1) is None
    quick = await claim(database, "quick", NOW + LEASE_SECONDS + 1)
    assert not await advance(database, slow, "1")
    assert await advance(database, quick, "1", NOW + LEASE_SECONDS + 1)
    # Nor does its end take the box from who has it now.
    await ring(database, now=NOW + LEASE_SECONDS + 1)
    await finish(database, slow)
    assert await claim(database, "third", NOW + LEASE_SECONDS + 2) is None


async def test_each_page_makes_the_lease_longer(database):
    await ring(database)
    reading = await claim(database, "slow")
    await advance(database, reading, "1", NOW + LEASE_SECONDS - 1)
    assert await claim(database, "quick", NOW + LEASE_SECONDS + 1) is None


async def test_after_a_failure_nobody_reads_for_a_while(database):
    await ring(database)
    reading = await claim(database)
    async with database.transaction() as tx:
        await mailboxes.rest(tx, reading, NOW + 60)
    assert await claim(database, "b", NOW + 59) is None
    assert await claim(database, "b", NOW + 61) is not None


@pytest.mark.parametrize("other", [{"account": "shop"}, {"name": "wkB"}, {"channel": "x"}])
async def test_a_ring_is_for_its_own_box_only(database, other):
    await ring(database)
    await finish(database, await claim(database))
    async with database.transaction() as tx:
        await mailboxes.ring(tx, replace(BOX, **other), "t9", NOW, 600)
    assert await claim(database) is None
