"""微信客服: what comes in by ring and cursor, and what happens there beside messages."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.channels.base import Kit
from bot.channels.tokens import Tokens
from bot.channels.wecom_kf.channel import WecomKfChannel
from bot.conversation import mailboxes, texts
from bot.conversation.conversations import host_seconds
from bot.conversation.delivery_tables import attachment, mailbox, recipient
from bot.conversation.states import State
from bot.errors import ConversationNotFound, MalformedRequest, Refused, RetryLater
from bot.scheduling import Caller
from tests.channels.pictures import JPEG
from tests.channels.simulators.wecom_kf import ECHO, KF, WecomKf
from tests.channels.soon import until
from tests.channels.world import connected
from tests.scheduling import world as w
from tests.scheduling.world import World as Orders
from tests.wired import wired

SENDER = f"main:{KF}:u1"
WEEK = timedelta(days=7)


@pytest.fixture
async def world(tmp_path):
    async with connected(tmp_path, WecomKfChannel, WecomKf()) as world:
        yield world


async def lines(world, author="consumer", sender=SENDER):
    """What somebody said in public, in order."""
    try:
        view = await world.service.conversations.transcript(sender)
    except ConversationNotFound:
        return []
    return [line.text for line in view.messages if line.author == author]


async def all_of(world, *expected, author="consumer"):
    await until(lambda: _has(world, len(expected), author))
    assert await lines(world, author) == list(expected)


async def _has(world, count, author):
    return len(await lines(world, author)) >= count


async def state(world):
    return (await world.service.conversations.transcript(SENDER)).state


async def box(world):
    async with world.service.database.reading() as tx:
        return (await tx.execute(select(mailbox).where(mailbox.c.box == KF))).one_or_none()


async def read_to(world, cursor):
    async def there():
        row = await box(world)
        return row and row.cursor == cursor and row.lease_until == 0

    await until(there)


def write(world, text, message_id, **more):
    world.platform.write("text", {"content": text}, message_id, **more)


async def test_the_consoles_check_gets_the_word_that_was_sealed(world):
    assert await world.platform.check_url() == ECHO


async def test_several_pages_are_read_in_order_and_the_cursor_moves_with_them(world):
    for number in range(5):
        write(world, f"第{number}句", f"m{number}")
    assert await world.platform.ring() == 200
    await all_of(world, *(f"第{number}句" for number in range(5)))
    await read_to(world, "5")


async def test_rings_and_messages_that_come_again_are_one_message(world):
    write(world, "改到周六", "m1")
    assert await world.platform.thrice(*world.platform.bell()) == [200] * 3
    write(world, "改到周六", "m1")
    await world.platform.ring()
    await world.platform.say("谢谢", "m2")
    await all_of(world, "改到周六", "谢谢")


@pytest.mark.parametrize("how", [{"forged": True}, {"unsigned": True}, {"age": 301}, {"age": -301}])
async def test_a_ring_that_is_not_theirs_or_not_of_now_is_refused(world, how):
    await read_to(world, "0")
    assert await world.platform.say("在吗", **how) == 401
    assert (await box(world)).rings == 0


@pytest.mark.parametrize("box_name", ["wkB", "wkUnknown"])
async def test_each_service_account_is_a_mailbox_and_others_are_passed_over(world, box_name):
    write(world, "在吗", "m1", kf=box_name)
    assert await world.platform.ring(box_name) == 200
    sender = f"main:{box_name}:u1"
    if box_name == "wkB":
        assert await until(lambda: lines(world, sender=sender)) == ["在吗"]
    else:
        await world.platform.say("谢谢", "m2")
        await all_of(world, "谢谢")
        assert await lines(world, sender=sender) == []


async def test_a_ring_is_acknowledged_whatever_their_api_does(world):
    async with world.platform.gate:
        assert await world.platform.say("在吗") == 200
        assert world.platform.pushes[-1][1] < world.platform.deadline
    await all_of(world, "在吗")


async def test_a_page_that_could_not_be_stored_is_read_again(world, monkeypatch):
    await read_to(world, "0")
    stored = mailboxes.advance

    async def fails_once(tx, reading, *given):
        done = await stored(tx, reading, *given)
        if reading.box.name == KF:
            monkeypatch.setattr(mailboxes, "advance", stored)
            raise RuntimeError("the process dies before the commit")
        return done

    monkeypatch.setattr(mailboxes, "advance", fails_once)
    await world.platform.say("在吗")
    await until(lambda: mailboxes.advance is stored)
    assert await lines(world) == []
    assert (await box(world)).cursor == "0"
    await rested(world)
    await world.platform.ring()
    await all_of(world, "在吗")
    await read_to(world, "1")


async def rested(world):
    """The rest after a failure is over."""

    async def rests():
        row = await box(world)
        return row and row.rests_until > 0 and row.lease_until == 0

    await until(rests)
    async with world.service.database.transaction() as tx:
        await tx.execute(update(mailbox).values(rests_until=0))


async def test_a_ring_while_it_is_read_is_read_for_again(world):
    async with world.platform.gate:
        await world.platform.say("在吗", "m1")
        await until(lambda: world.platform.waiting)
        await world.platform.say("还在吗", "m2")
    await all_of(world, "在吗", "还在吗")

    async def read_for_both():
        row = await box(world)
        return row.rings == row.read_rings == 2

    await until(read_for_both)


async def test_two_processes_never_read_one_mailbox_at_once(world):
    kit = Kit(
        world.service.conversations,
        world.channel.kit.http,
        Tokens(world.service.database, host_seconds()),
    )
    other = WecomKfChannel(kit, world.channel.accounts)
    await other.start()
    try:
        for number in range(12):
            write(world, f"第{number}句", f"m{number}")
            await world.platform.ring()
            other._reader.wake()
        await all_of(world, *(f"第{number}句" for number in range(12)))
    finally:
        await other.stop()
    assert world.platform.most_at_once == 1


async def test_a_ring_at_one_process_wakes_the_reader_of_another(world):
    here, there = wired()
    world.channel.kit = replace(world.channel.kit, wakeups=here)
    other = WecomKfChannel(replace(world.channel.kit, wakeups=there), world.channel.accounts)
    assert not other._reader._woken.is_set()
    await world.platform.ring()
    assert other._reader._woken.is_set()


async def test_a_reader_that_seemed_dead_stores_nothing_any_more(world):
    await read_to(world, "0")
    async with world.platform.gate:
        await world.platform.say("在吗")
        await until(lambda: world.platform.waiting)
        async with world.service.database.transaction() as tx:
            await tx.execute(update(mailbox).values(reader="another", lease_until=9e12))
    await until(lambda: not world.platform.waiting)
    await asyncio.sleep(0.1)
    assert await lines(world) == []
    assert (await box(world)).cursor == "0"


async def test_what_was_said_before_it_was_connected_is_not_answered(world):
    await read_to(world, "0")
    world.platform.shift = -700
    write(world, "上周的话", "m1")
    world.platform.shift = 0
    await world.platform.say("现在的话", "m2")
    await all_of(world, "现在的话")
    await read_to(world, "2")


async def test_a_ring_token_that_is_over_is_used_once(world):
    await read_to(world, "0")
    asked = len(world.platform.bodies("sync_msg"))
    for number in range(5):
        write(world, f"第{number}句", f"m{number}")
    params, body = world.platform.bell()
    world.platform.rings.clear()
    assert await world.platform.post(params, body) == 200
    await all_of(world, *(f"第{number}句" for number in range(5)))
    await read_to(world, "5")
    tokens = ["token" in said for said in world.platform.bodies("sync_msg")[asked:]]
    assert tokens.count(True) == 1
    assert len(tokens) > 2


@pytest.mark.parametrize(("code", "least"), [(45009, 50), (-1, 3)])
async def test_after_a_failure_it_rests_and_reads_later(world, code, least):
    await read_to(world, "0")
    world.platform.sync_faults.append((code, "not now"))
    await world.platform.say("在吗")
    await until(lambda: not world.platform.sync_faults)
    await until(lambda: _rests(world, least))
    assert await lines(world) == []
    await rested(world)
    await world.platform.ring()
    await all_of(world, "在吗")


async def _rests(world, least):
    return (await box(world)).rests_until > host_seconds()() + least


async def test_a_token_that_is_over_is_fetched_anew_once(world):
    await world.platform.say("在吗", "m1")
    await all_of(world, "在吗")
    world.platform.valid.clear()
    await world.platform.say("还在吗", "m2")
    await all_of(world, "在吗", "还在吗")
    assert len(world.platform.bodies("gettoken")) == 2


async def test_a_person_in_wecom_silences_the_bot_until_the_session_ends(world):
    await world.platform.say("在吗", "m1")
    await all_of(world, "echo: 在吗", author="bot")
    await world.platform.take_over("zhangsan")
    await world.platform.answer("zhangsan", "我是小张，您说")
    await world.platform.say("几点来", "m2")
    await all_of(world, "在吗", "几点来")
    assert await state(world) == State.HUMAN
    assert await lines(world, "agent") == ["我是小张，您说"]
    await world.platform.end("zhangsan")
    await world.platform.say("还有件事", "m3")
    await all_of(world, "echo: 在吗", "echo: 还有件事", author="bot")


async def test_what_is_said_after_the_end_is_answered_though_it_is_on_the_same_page(world):
    world.platform.page = 100
    write(world, "在吗", "m1")
    world.platform.add_event("session_status_change", change_type=1, new_servicer_userid="li")
    write(world, "说给小李听", "m2")
    world.platform.add_event("session_status_change", change_type=3, old_servicer_userid="li")
    write(world, "说给机器人听", "m3")
    await world.platform.ring()
    await all_of(world, "在吗", "说给小李听", "说给机器人听")
    await until(lambda: "说给机器人听" in world.service.engine.texts)
    assert "说给小李听" not in world.service.engine.texts


async def test_who_taps_an_orders_link_is_greeted_by_it_and_may_talk_about_it(world):
    orders = Orders(world.service.database, world.service.clock)
    await orders.take(w.order("O1"), w.order("O2"))
    link, other = await world.channel.order_links("O1", WEEK)
    assert (link.account, link.kind) == ("main", "link")
    assert link.url.startswith(f"https://work.weixin.qq.com/kf/{KF}?enc_scene=")
    assert other.url.startswith("https://work.weixin.qq.com/kf/wkB?")
    await world.platform.open_link(link.url)
    await all_of(world, texts.greeting("by_order", tail="O1"), author="bot")
    caller = Caller(await world.service.case(SENDER))
    assert [order.order_no for order in await orders.scheduling.orders(caller)] == ["O1"]
    async with world.service.database.reading() as tx:
        granted = (await tx.execute(select(recipient))).one()
    assert granted.grant_token.startswith("WELCOME")


async def test_a_forged_link_is_greeted_as_a_stranger_and_sees_nothing(world):
    orders = Orders(world.service.database, world.service.clock)
    await orders.take(w.order("O1"))
    await world.platform.enter(scene="order", scene_param="O1.ffffffff.AAAAAAAAAAAAAAAAAAAAAA")
    await all_of(world, texts.greeting("stranger"), author="bot")
    caller = Caller(await world.service.case(SENDER))
    assert await orders.scheduling.orders(caller) == []


async def test_an_order_number_that_no_link_holds_is_refused(world):
    with pytest.raises(MalformedRequest):
        await world.channel.order_links("1" * 120, WEEK)


async def test_a_recalled_message_is_remarked_to_agents(world):
    await world.platform.say("地址是……", "m1")
    await all_of(world, "地址是……")
    await world.platform.event("user_recall_msg", recall_msgid="m1")

    async def remarked():
        return [line for line in await world.service.lines() if line.visibility == "note"]

    assert len(await until(remarked)) == 1


@pytest.mark.parametrize(
    ("kind", "content", "shown"),
    [
        ("location", {"name": "绿地公园", "address": "锦绣路1号"}, "[位置] 绿地公园 锦绣路1号"),
        ("link", {"title": "空调", "url": "https://a.example"}, "[其他消息] 空调"),
        ("voice", {"media_id": "v"}, "[语音]"),
        ("video", {"media_id": "v"}, "[视频]"),
        ("file", {"media_id": "f"}, "[文件]"),
        ("business_card", {"userid": "x"}, "[其他消息]"),
        ("a_kind_of_tomorrow", {}, "[其他消息]"),
    ],
)
async def test_every_kind_is_taken_and_answered_without_a_turn(world, kind, content, shown):
    world.platform.write(kind, content, "m1")
    await world.platform.ring()
    await all_of(world, shown)
    assert len(await lines(world, "bot")) == 1
    assert world.service.engine.turns == []


async def test_items_that_are_not_as_documented_do_not_stop_the_mailbox(world):
    person = {"open_kfid": KF, "external_userid": "u1", "origin": 3}
    for odd in (
        {"msgid": ""},
        {**person, "msgid": "o0", "msgtype": "text", "send_time": "soon"},
        {**person, "msgid": "o1"},
        {**person, "msgid": "o2", "msgtype": "text", "text": "no object"},
        {"msgid": "o3", "origin": 4, "msgtype": "event"},
        {"msgid": "o4", "origin": 4, "msgtype": "event", "event": ["no", "object"]},
        {"msgid": "o5", "origin": 99, "msgtype": "text"},
    ):
        world.platform.add(odd)
    world.platform.add_event("msg_send_fail", fail_type=["odd"], fail_msgid=None)
    world.platform.add_event("session_status_change", change_type="odd")
    await world.platform.say("在吗", "m1")
    await all_of(world, "[其他消息]", "[其他消息]", "在吗")
    await read_to(world, "10")


async def test_a_token_that_does_not_come_is_asked_for_again(world):
    world.platform.valid.clear()
    world.platform.tokens_down = True
    await world.platform.say("在吗")
    await until(lambda: _rests(world, 3))
    with pytest.raises(RetryLater):
        await world.channel.order_links("O1", WEEK)
    world.platform.tokens_down = False
    await rested(world)
    await world.platform.ring()
    await all_of(world, "在吗")


async def test_a_picture_is_noted_with_what_fetches_it(world):
    await world.platform.show("image")

    async def noted():
        async with world.service.database.reading() as tx:
            return (await tx.execute(select(attachment.c.source))).scalars().all()

    (source,) = await until(noted)
    assert await world.channel.fetch("main", source) == JPEG
    with pytest.raises(Refused):
        await world.channel.fetch("main", {"media_id": "gone"})
