"""Lines that no platform took: who sees them, who sends them again, and what is traced."""

import pytest
from sqlalchemy import select, update

from bot.conversation.delivery_tables import outbox, recipient
from bot.conversation.records import Incoming


@pytest.fixture
async def lost(world):
    """A conversation whose two lines are dead."""
    talks, database = world.service.conversations, world.service.database
    for number in range(2):
        words = f"第{number}句，可以吗？"
        incoming = Incoming("webhook", "shop:o-1", words, f"m{number}", None, True, "shop")
        receipt = await talks.receive(incoming)
        await talks.replies(receipt, 5)
    async with database.transaction() as tx:
        await tx.execute(update(outbox).values(status="dead", settled_at=9e9))
        await tx.execute(update(outbox).where(outbox.c.seq == 2).values(error="delivery_refused"))
        await tx.execute(update(recipient).values(pending=0))
    return await world.service.case("shop:o-1")


async def waiting(world):
    async with world.service.database.reading() as tx:
        found = await tx.execute(
            select(recipient.c.pending, outbox.c.status, outbox.c.round).join(
                outbox, outbox.c.recipient_id == recipient.c.id
            )
        )
        return found.all()


async def test_a_supervisor_sees_them_and_sends_them_anew(world, lost):
    _, body = await world.boss.get("/undelivered")
    assert [(line["text"], line["error"]["label"]) for line in body["lines"]] == [
        ("echo: 第1句，可以吗？", "前一条未送达，一并停发"),
        ("echo: 第0句，可以吗？", "平台拒收"),
    ]
    assert {line["conversation_id"] for line in body["lines"]} == {lost}
    assert await world.boss.post(f"/conversations/{lost}/resend") == (200, {"lines": 2})
    assert await waiting(world) == [(2, "new", 1)] * 2
    assert await world.boss.get("/undelivered") == (200, {"lines": []})
    _, audit = await world.boss.get("/supervisor/audit")
    assert (audit["entries"][0]["action"], audit["entries"][0]["detail"]) == (
        "resend",
        {"lines": 2},
    )


async def test_an_agent_sees_and_sends_those_of_the_own_chat_only(world, lost):
    assert await world.wang.get("/undelivered") == (200, {"lines": []})
    status, _ = await world.wang.post(f"/conversations/{lost}/resend")
    assert status == 409
    status, _ = await world.wang.post(f"/conversations/{lost}/barge-in", epoch=0)
    assert status == 200
    _, body = await world.wang.get("/undelivered")
    assert len(body["lines"]) == 2
    assert (await world.li.get("/undelivered"))[1] == {"lines": []}
    assert (await world.li.post(f"/conversations/{lost}/resend"))[0] == 409
    assert (await world.wang.post(f"/conversations/{lost}/resend"))[0] == 200
