"""公众号: what comes in by push, before anything is sent."""

from datetime import timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from bot.channels.official_account.account import OfficialAccount as Settings
from bot.channels.official_account.channel import OfficialAccountChannel
from bot.conversation import texts
from bot.conversation.delivery_tables import attachment, recipient
from bot.errors import ConversationNotFound
from bot.scheduling import Caller
from tests.channels.pictures import JPEG
from tests.channels.simulators.official_account import APP, ECHO, OfficialAccount
from tests.channels.simulators.wechat_servers import AES_KEY, TOKEN
from tests.channels.soon import until
from tests.channels.world import connected
from tests.scheduling import world as w
from tests.scheduling.world import World as Orders

SENDER = "main:u1"


@pytest.fixture
async def world(tmp_path):
    async with connected(tmp_path, OfficialAccountChannel, OfficialAccount()) as world:
        yield world


async def lines(world, author="consumer", sender=SENDER):
    """What somebody said in public, in order."""
    try:
        view = await world.service.conversations.transcript(sender)
    except ConversationNotFound:
        return []
    return [line.text for line in view.messages if line.author == author]


async def granted(world):
    async with world.service.database.reading() as tx:
        return (await tx.execute(select(recipient))).one()


async def test_the_consoles_check_gets_its_own_word_back(world):
    assert await world.platform.check_url() == (200, ECHO)
    status, _ = await world.platform.check_url(token="another")
    assert status == 401


async def test_a_push_is_answered_success_at_once_and_acted_on_once(world):
    world.service.engine.gate.clear()
    params, body = world.platform.message("u1", "text", {"Content": "改到周六", "MsgId": "1"})
    assert await world.platform.thrice(params, body) == [200] * 3
    assert max(seconds for _, seconds in world.platform.pushes) < world.platform.deadline
    assert await lines(world) == ["改到周六"]
    world.service.engine.gate.set()
    await until(lambda: lines(world, "bot"))
    assert world.service.engine.texts == ["改到周六"]


async def test_the_answer_is_the_word_that_ends_the_retries(world):
    params, body = world.platform.message("u1", "text", {"Content": "在吗", "MsgId": "1"})
    answer = await world.client.post("/channels/official_account/main", params=params, data=body)
    assert (answer.status, await answer.text()) == (200, "success")


@pytest.mark.parametrize("how", [{"forged": True}, {"unsigned": True}, {"age": 301}, {"age": -301}])
async def test_what_is_not_wechats_or_not_of_now_is_refused(world, how):
    assert await world.platform.say("在吗", **how) == 401
    assert await lines(world) == []


async def test_a_plain_push_is_refused_unless_that_was_asked_for(world, tmp_path):
    world.platform.plain = True
    assert await world.platform.say("在吗") == 401
    platform = OfficialAccount()
    platform.settings = {"allow_plain": True, "encoding_aes_key": None}
    platform.plain = True
    (tmp_path / "plain").mkdir()
    async with connected(tmp_path / "plain", OfficialAccountChannel, platform) as plain:
        assert await platform.say("在吗") == 200
        assert await lines(plain) == ["在吗"]
        for number, how in enumerate([{"forged": True}, {"unsigned": True}, {"age": 301}]):
            assert await platform.say("在吗", f"f{number}", **how) == 401


async def test_a_push_for_another_account_is_refused(world):
    other = OfficialAccount()
    other.client = world.client
    other.envelope = type(other.envelope)(TOKEN, [AES_KEY], "wx0000000000000000")
    assert await other.say("在吗") == 401


async def test_one_message_id_of_two_consumers_is_two_messages(world):
    await world.platform.say("甲", "1", "u1")
    await world.platform.say("乙", "1", "u2")
    assert await lines(world) == ["甲"]
    assert await lines(world, sender="main:u2") == ["乙"]


async def test_two_events_of_one_second_are_two_and_one_that_comes_again_is_one(world):
    tap = world.platform.message("u1", "event", {"Event": "CLICK", "EventKey": "查物流"})
    other = world.platform.message("u1", "event", {"Event": "CLICK", "EventKey": "约时间"})
    for params, body in (tap, tap, other):
        assert await world.platform.post(params, body) == 200
    assert await lines(world) == ["查物流", "约时间"]


@pytest.mark.parametrize(
    ("kind", "more", "shown"),
    [
        (
            "location",
            {"Location_X": "31.2", "Location_Y": "121.5", "Scale": 16, "Label": "锦绣路1号"},
            "[位置] 锦绣路1号 (31.2, 121.5)",
        ),
        (
            "link",
            {"Title": "空调", "Description": "…", "Url": "https://a.example"},
            "[其他消息] 空调",
        ),
        ("voice", {"MediaId": "v", "Format": "amr", "Recognition": ""}, "[语音]"),
        ("video", {"MediaId": "v", "ThumbMediaId": "t"}, "[视频]"),
        ("shortvideo", {"MediaId": "v", "ThumbMediaId": "t"}, "[视频]"),
        ("a_kind_of_tomorrow", {}, "[其他消息]"),
    ],
)
async def test_every_kind_is_taken_and_answered_without_a_turn(world, kind, more, shown):
    assert await world.platform.send_in(kind, **more) == 200
    assert await lines(world) == [shown]
    assert len(await lines(world, "bot")) == 1
    assert world.service.engine.turns == []


@pytest.mark.parametrize("name", ["unsubscribe", "VIEW", "LOCATION", "view_miniprogram"])
async def test_events_that_ask_for_nothing_are_passed_over(world, name):
    assert await world.platform.event(name, EventKey="x") == 200
    assert await lines(world) + await lines(world, "bot") == []


async def test_who_follows_is_greeted_and_may_be_sent_little(world):
    assert await world.platform.event("subscribe") == 200
    assert await lines(world, "bot") == [texts.greeting("stranger")]
    given = await granted(world)
    assert given.granted == 3
    await world.platform.say("在吗")
    assert (await granted(world)).granted == 5


@pytest.mark.parametrize("prefix", ["", "qrscene_"])
async def test_who_scans_an_orders_code_is_known_by_it(world, prefix):
    orders = Orders(world.service.database, world.service.clock)
    await orders.take(w.order("O1"), w.order("O2"))
    (link,) = await world.channel.order_links("O1", timedelta(days=40))
    assert (link.account, link.kind) == ("main", "qr_code")
    handle = world.platform.scanned(link.url)
    name = "subscribe" if prefix else "SCAN"
    assert await world.platform.event(name, EventKey=f"{prefix}{handle}") == 200
    assert await lines(world, "bot") == [texts.greeting("by_order", tail="O1")]
    caller = Caller(await world.service.case(SENDER))
    assert [order.order_no for order in await orders.scheduling.orders(caller)] == ["O1"]


async def test_a_tap_takes_nothing_away_from_what_a_message_allowed(world):
    await world.platform.say("在吗")
    before = await granted(world)
    await world.platform.event("CLICK", EventKey="查物流")
    after = await granted(world)
    assert (after.granted, after.granted_until) == (5, before.granted_until)


async def test_an_entry_of_a_menu_message_allows_no_more_than_a_tap(world):
    more = {"Content": "周日", "MsgId": "9", "bizmsgmenuid": "101"}
    await world.platform.post(*world.platform.message("u1", "text", more))
    assert (await granted(world)).granted == 3
    # A menu that is not ours says what stands on it.
    assert await lines(world) == ["周日"]


async def test_a_picture_is_noted_with_what_fetches_it(world):
    await world.platform.show("image")
    async with world.service.database.reading() as tx:
        (source,) = (await tx.execute(select(attachment.c.source))).scalars().all()
    assert await world.channel.fetch("main", source) == JPEG


def test_an_account_without_a_key_has_to_say_that_it_wants_that():
    given = {"app_id": APP, "secret": "s", "token": TOKEN}
    with pytest.raises(ValidationError, match="allow_plain"):
        Settings.model_validate(given)
    assert Settings.model_validate(given | {"allow_plain": True}).envelope is None
    with pytest.raises(ValidationError, match="EncodingAESKey"):
        Settings.model_validate(given | {"encoding_aes_key": "short"})
