"""What the desk shows of a chat that somebody has in a platform's own client."""

from bot.conversation import elsewhere
from bot.conversation.records import Incoming


async def test_it_is_shown_with_who_has_it_and_what_they_said(world):
    case = await world.queue()
    who, incoming = elsewhere.person("wecom_kf", "zhangsan"), Incoming("rest", "s1", "")
    async with world.service.database.transaction() as tx:
        await elsewhere.said(tx, incoming, who, "我来看看", world.service.clock.now())
    status, whole = await world.boss.get(f"/conversations/{case}")
    assert status == 200
    shown = whole["conversation"]
    assert (shown["state"], shown["agent"]["alias"]) == ("human", "zhangsan")
    assert whole["messages"][-1]["text"] == "我来看看"
    assert await world.desk.desk.release_the_gone() == 0
