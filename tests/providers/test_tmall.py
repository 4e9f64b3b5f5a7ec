"""An order at Tmall, a chat anywhere and the crew's work card agree: over the platform's own wire."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from sqlalchemy import delete

from bot.catalogue import load
from bot.errors import RateLimited, RetryLater, TokenExpired
from bot.providers.delivering import Deliveries
from bot.providers.events import Events
from bot.providers.tables import event, event_clock, outlet, tmall_card
from bot.providers.tmall import messages
from bot.providers.tmall.account import TmallAccount
from bot.providers.tmall.adapter import TmallAdapter
from bot.providers.tmall.calls import Top
from bot.providers.tmall.consumer import Consumer
from bot.providers.tmall.service import Tmall
from bot.providers.tmall.teller import KIND
from bot.scheduling import Dispatch
from bot.scheduling.status import StatusUpdate
from tests.providers.simulators.tmall import APP_KEY, SECRET, SESSION, FakeTmall
from tests.scheduling import world as w

NOW = w.NOW.timestamp()
NOON = w.window(start="12:00", end="15:00")
MERCHANT = "海尔官方旗舰店"
ORDER, CARD = "2811234567890123456", 700001


class Setting:
    """The platform, our account there, and what runs beside the server, let run by the test."""

    def __init__(self, world, http, platform, base):
        self.world, self.http, self.platform = world, http, platform
        self.now = NOW
        self.account = TmallAccount(
            name="haier",
            app_key=APP_KEY,
            app_secret=SECRET,
            session=SESSION,
            merchant=MERCHANT,
            gateway=f"{base}/router/rest",
            messages=f"{base.replace('http', 'ws')}/messages",
        )
        self.top = Top(http, self.account, self.seconds)
        self.feed = world.feed.named("tmall")
        self.events = Events(world.database, world.feed, [], self.seconds, [self.account.party])
        self.adapter = TmallAdapter(
            world.database, self.feed, self.events, self.top, self.account, self.seconds
        )
        self.tmall = Tmall(
            world.database, world.feed, self.events, [self.account], http, self.seconds
        )
        self.consumer = Consumer(
            http,
            self.account,
            self.adapter.handle,
            self.seconds,
            pull_seconds=0.05,
            reconnect_seconds=0.05,
        )

    def seconds(self):
        return self.now

    async def deliver(self):
        tellers = {KIND: self.tmall.teller}
        deliveries = Deliveries(self.world.database, self.seconds, tellers, 9)
        while await deliveries.deliver():
            pass

    async def said(self, topic, **content):
        """Let the platform say something and wait until it is confirmed."""
        name = self.platform.push(topic, content)
        await self.platform.until_confirmed(name)

    async def task(self, change, at=None, minutes=0, **more):
        content = {
            "id": CARD,
            "change_type": change,
            "main_status": 1000,
            "sub_status": 1002,
            "buyer_name": "李女士",
            "order_source": "TMALL",
            "service_code": "install",
            "update_time": f"2026-11-24 10:{minutes:02}:00",
            **({"service_time": at} if at else {}),
            **more,
        }
        await self.said(messages.TASK, **content)

    async def visits(self):
        order = await self.world.scheduling.api_order(ORDER)
        return [(v["status"], v["window_start"]) for v in order["visits"]]

    def written(self):
        """Return what was written to the card since the last time."""
        found = [(name, params) for name, params in self.platform.calls if name != "query"]
        self.platform.calls.clear()
        return found

    async def report(self, visit_id, status, **more):
        world = self.world
        dispatch = Dispatch(world.database, world.clock, load(), world.rules)
        await dispatch.report(StatusUpdate(visit_id, status, f"r-{status}", **more))


@pytest.fixture
async def setting(world):
    async with world.database.transaction() as tx:
        for table in (outlet, event, event_clock, tmall_card):
            await tx.execute(delete(table))
    shifts = [w.shift(end="15:00", capacity=210), w.shift("2026-11-27", end="12:00")]
    await world.take(w.order(ORDER), crews=[w.crew(shifts=shifts)])
    platform = FakeTmall(NOW)
    platform.cards[CARD] = {
        "id": CARD,
        "parent_biz_order_id": int(ORDER),
        "master_trade_order": {
            "order_id": int(ORDER),
            "auction_title": "海尔1.5匹挂机空调 KFR-35GW",
            "sku_id": 42,
            "buy_amount": 1,
        },
    }
    async with TestServer(platform.app()) as server, ClientSession() as http:
        found = Setting(world, http, platform, str(server.make_url("")).rstrip("/"))
        await found.tmall.ask_to_be_told()
        await found.consumer.start()
        yield found
        await found.consumer.stop()


async def test_a_time_that_is_chosen_at_tmall_is_our_visit_and_is_written_back(setting):
    await setting.task("CREATE")
    assert await setting.visits() == []
    await setting.task("RESERVE", "2026-11-26 09:00:00", 1)
    assert await setting.visits() == [("scheduled", w.window().start.isoformat())]
    await setting.deliver()
    (reserve, assign) = setting.written()
    assert reserve == (
        "reserve",
        {
            "workcard_id": str(CARD),
            "reserve_time_start": "2026-11-26 09:00:00",
            "reserve_time_end": "2026-11-26 12:00:00",
            "worker_name": "王师傅组",
            "worker_mobile": "13800000001",
        },
    )
    assert assign[0] == "assignworker"


async def test_who_rebooks_at_tmall_moves_our_visit(setting):
    await setting.world.scheduling.book(w.OWNER, ORDER, w.window(), "chat-1")
    await setting.task("CREATE")
    await setting.task("RERESERVE", "2026-11-26 13:30:00", 1)
    assert await setting.visits() == [("scheduled", NOON.start.isoformat())]
    await setting.deliver()
    times = [p["reserve_time_start"] for name, p in setting.written() if name == "reserve"]
    assert times[-1] == "2026-11-26 12:00:00"
    await setting.world.ledger_is_sound()


async def test_who_rebooks_in_the_chat_moves_the_card_and_its_echo_changes_nothing(setting):
    await setting.task("CREATE")
    await setting.world.scheduling.book(w.OWNER, ORDER, w.window(), "chat-1")
    await setting.world.scheduling.book(w.OWNER, ORDER, NOON, "chat-2")
    await setting.deliver()
    times = [p["reserve_time_start"] for name, p in setting.written() if name == "reserve"]
    assert times == ["2026-11-26 09:00:00", "2026-11-26 12:00:00"]
    await setting.task("RESERVE", "2026-11-26 12:00:00", 2)
    await setting.deliver()
    assert setting.written() == []


async def test_a_time_that_cannot_be_kept_is_answered_with_when_to_ask_again(setting):
    await setting.world.scheduling.book(w.OWNER, ORDER, w.window(), "chat-1")
    await setting.task("CREATE")
    await setting.task("RERESERVE", "2026-11-28 09:00:00", 1)
    (params,) = [params for name, params in setting.written() if name == "reservefail"]
    assert params["workcard_id"] == str(CARD)
    assert params["gmt_next_contact"] == "2026-11-25 10:00:00"
    assert await setting.visits() == [("scheduled", w.window().start.isoformat())]


async def test_an_older_word_of_a_card_comes_too_late(setting):
    await setting.task("RESERVE", "2026-11-26 13:00:00", 5)
    await setting.task("RESERVE", "2026-11-26 09:00:00", 4)
    assert await setting.visits() == [("scheduled", NOON.start.isoformat())]


@pytest.mark.parametrize(
    "more", [{"change_type": "CANCEL"}, {"main_status": 3000, "sub_status": 3001}]
)
async def test_a_card_that_is_cancelled_cancels_our_visit_and_is_left_alone(setting, more):
    await setting.task("RESERVE", "2026-11-26 09:00:00")
    await setting.deliver()
    setting.written()
    await setting.task("UPDATE", minutes=1, **more)
    assert [status for status, _ in await setting.visits()] == ["cancelled"]
    await setting.world.scheduling.book(w.OWNER, ORDER, NOON, "chat-1")
    await setting.deliver()
    assert setting.written() == []


async def test_a_crew_at_work_is_not_called_back_by_tmall(setting):
    await setting.task("RESERVE", "2026-11-26 09:00:00")
    (order,) = await setting.world.scheduling.orders(w.OWNER)
    await setting.report(order.visits[0].visit_id, "en_route")
    await setting.task("CANCEL", minutes=1)
    (order,) = await setting.world.scheduling.orders(w.OWNER)
    assert [(v.status, v.attention) for v in order.visits] == [("en_route", True)]


async def test_a_visit_is_followed_on_its_card_to_its_end(setting):
    await setting.task("CREATE")
    visit = await setting.world.scheduling.book(w.OWNER, ORDER, w.window(), "chat-1")
    for status in ("en_route", "in_progress", "completed"):
        await setting.report(visit.visit_id, status)
    await setting.deliver()
    written = setting.written()
    assert [name for name, _ in written] == [
        "reserve",
        "assignworker",
        "signin",
        "status.update",
        "status.update",
    ]
    assert [p["status"] for name, p in written if name == "status.update"] == ["4", "5"]


@pytest.mark.parametrize(
    ("reason", "name", "key", "value"),
    [
        ("unreachable", "reservefail", "fail_code", "1"),
        ("unreachable", "reservefail", "gmt_next_contact", "2026-11-27 15:00:00"),
        ("not_wanted_now", "reservefail", "fail_code", "3"),
        ("site_not_ready", "status.update", "status", "11"),
    ],
)
async def test_a_visit_that_fails_says_why_and_when_to_ask_again(setting, reason, name, key, value):
    await setting.task("CREATE")
    visit = await setting.world.scheduling.book(w.OWNER, ORDER, w.window(), "chat-1")
    later = {"reason": reason, "next_contact_at": w.at("2026-11-27", "15:00")}
    await setting.report(visit.visit_id, "failed", **later)
    await setting.deliver()
    (found,) = [params for said, params in setting.written() if said == name]
    assert found[key] == value


async def test_who_cancels_in_the_chat_is_asked_again(setting):
    await setting.task("CREATE")
    await setting.world.scheduling.book(w.OWNER, ORDER, w.window(), "chat-1")
    await setting.world.scheduling.cancel(w.OWNER, ORDER, "chat-2", "not_home")
    await setting.deliver()
    name, params = setting.written()[-1]
    assert (name, params["fail_code"]) == ("reservefail", "3")
    assert params["gmt_next_contact"] == "2026-11-25 10:00:00"


async def test_an_order_without_a_card_and_one_of_another_merchant_are_not_told(setting):
    await setting.world.take(w.order("O2") | {"merchant": "别家店"}, crews=[])
    await setting.world.scheduling.book(w.OWNER, ORDER, w.window(), "chat-1")
    await setting.world.scheduling.book(w.OWNER, "O2", NOON, "chat-2")
    await setting.deliver()
    assert setting.written() == []


async def test_an_order_that_only_tmall_knows_is_made_of_its_card(setting):
    new = 2811234567890999999
    setting.platform.cards[CARD] |= {"parent_biz_order_id": new}
    buyer = {"buyer_id": 7, "buyer_phone": "13912345678"}
    await setting.task("CREATE", **buyer, buyer_address="上海 上海市 浦东新区 锦绣路1000弄3号")
    order = await setting.world.scheduling.api_order(str(new))
    assert order["address"]["adcode"] == "310115"
    assert [item["category"] for item in order["items"]] == ["split_ac"]
    assert order["consumer"]["consumer_id"] == "tmall:7"
    assert (await setting.world.scheduling.availability(str(new))).windows


async def test_a_card_of_an_order_that_cannot_be_made_comes_again_until_it_is_brought(setting):
    setting.platform.cards[CARD] |= {"parent_biz_order_id": 99}
    name = setting.platform.push(
        messages.TASK, {"id": CARD, "change_type": "CREATE", "main_status": 1000}
    )
    await setting.said(
        messages.TRACE, tid=99, action="GOT", desc="已揽收", time="2026-11-24 08:00:00"
    )
    assert name in setting.platform.waiting
    await setting.world.take(w.order("99"), crews=[])
    await setting.platform.until_confirmed(name)
    await setting.events.sweep()
    order = await setting.world.scheduling.api_order("99")
    assert [step["code"] for step in order["tracking"]] == ["got"]


async def test_the_goods_way_is_tracked_once(setting):
    step = {
        "tid": int(ORDER),
        "action": "ARRIVAL",
        "desc": "快件已到达【浦东】",
        "company_name": "日日顺",
        "out_sid": "888",
        "time": "2026-11-24 08:31:09",
    }
    await setting.said(messages.TRACE, **step)
    await setting.said(messages.TRACE, **step)
    order = await setting.world.scheduling.api_order(ORDER)
    assert order["tracking"] == [
        {
            "at": "2026-11-24T08:31:09+08:00",
            "code": "arrival",
            "text": "日日顺 快件已到达【浦东】",
        }
    ]


async def test_a_trade_that_is_closed_closes_the_order_a_part_of_it_does_not(setting):
    await setting.said(
        "taobao_trade_TradeClose", tid=int(ORDER), oid=1, status="WAIT_SELLER_SEND_GOODS"
    )
    assert "closed" not in await setting.world.scheduling.api_order(ORDER)
    await setting.said(
        "taobao_trade_TradeClose", tid=int(ORDER), oid=int(ORDER), status="TRADE_CLOSED"
    )
    assert (await setting.world.scheduling.api_order(ORDER))["closed"]


async def test_what_is_no_message_of_ours_is_confirmed_and_dropped(setting):
    await setting.said("taobao_item_ItemAdd", num_iid=1)
    await setting.said(messages.TASK, id="x")
    await setting.said(messages.TRACE, tid=1)


async def test_after_a_broken_connection_what_was_not_confirmed_comes_again(setting):
    await setting.task("CREATE")
    before = setting.platform.connections
    await setting.platform.drop_connections()
    await setting.task("RESERVE", "2026-11-26 09:00:00", 1)
    assert setting.platform.connections > before
    assert await setting.visits() == [("scheduled", w.window().start.isoformat())]


async def test_while_calls_fail_messages_wait_and_are_taken_later(setting):
    setting.platform.refusals = [(15, "isp.remote-service-error"), (7, "accesscontrol.limited")]
    await setting.task("CREATE")
    assert len([name for name, _ in setting.platform.calls]) == 1


async def test_a_grant_that_is_over_is_tried_again_until_it_is_renewed(setting):
    await setting.task("CREATE")
    await setting.world.scheduling.book(w.OWNER, ORDER, w.window(), "chat-1")
    setting.platform.session = "grant-2"
    await setting.deliver()
    assert setting.written() == []
    setting.platform.session = SESSION
    setting.now += 10
    setting.platform.now += 10
    await setting.deliver()
    assert [name for name, _ in setting.written()] == ["reserve", "assignworker"]


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        ((7, "accesscontrol.limited-by-api-access-count"), RateLimited),
        ((15, "isp.remote-service-timeout"), RetryLater),
        ((27, "invalid-sessionkey"), TokenExpired),
    ],
)
async def test_what_went_wrong_is_told_by_what_to_do(setting, refusal, error):
    setting.platform.refusals = [refusal]
    with pytest.raises(error):
        await setting.top.call("tmall.servicecenter.workcard.signin", workcard_id=1)


async def test_a_clock_that_is_off_is_refused_by_the_platform(setting):
    setting.now += 700
    with pytest.raises(RetryLater, match="31"):
        await setting.top.call("tmall.servicecenter.workcard.signin", workcard_id=1)


async def test_a_wrong_secret_never_connects(setting):
    wrong = setting.account.model_copy(update={"app_secret": "wrong"})
    taken = []
    other = Consumer(
        setting.http,
        wrong,
        taken.append,
        setting.seconds,
        pull_seconds=0.01,
        reconnect_seconds=0.01,
    )
    await setting.consumer.stop()
    before = setting.platform.connections
    await other.start()
    setting.platform.push(messages.TASK, {"id": CARD})
    await asyncio.sleep(0.2)
    await other.stop()
    assert (setting.platform.connections, taken) == (before, [])
