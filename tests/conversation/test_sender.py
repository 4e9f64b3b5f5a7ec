"""The outbox: what goes out, in which order, how often, and what becomes of what does not."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import select

from bot.conversation import dead_letters, outbox
from bot.conversation.claiming import Rhythm
from bot.conversation.conversations import host_seconds
from bot.conversation.delivery import Limits
from bot.conversation.delivery_tables import outbox as outbox_table
from bot.conversation.delivery_tables import recipient
from bot.conversation.records import Grant, Incoming, Purpose, Visibility, on_account
from bot.conversation.sender import Sender, Tries
from bot.conversation.states import Command
from bot.conversation.transcript import append_reply
from bot.dialogue.engine import Reply
from bot.errors import DeliveryRefused, DeliveryUnknown, RateLimited, RetryLater
from tests.channels.soon import until
from tests.conversation.fake_deliverer import FakeDeliverer
from tests.conversation.service import WANG

COUNTED = Limits(text_bytes=1000, replies=5)
HOUR = 3600.0


class Outcomes:
    def __init__(self):
        self.seen = []

    def sent(self, channel, outcome):
        self.seen.append(outcome)


class Post:
    """A service whose consumers are reached by a platform."""

    def __init__(self, service, deliverer):
        self.service = service
        self.deliverer = deliverer
        self.observer = Outcomes()
        self.seconds = host_seconds()

    def now(self):
        return self.seconds()

    def sender(self, lease=10, **tries):
        return Sender(
            self.service.database,
            self.service.clock,
            self.deliverer,
            self.service.staffing,
            self.service.conversations.publish,
            self.observer,
            self.now,
            Rhythm(lease=lease, poll=0.02),
            Tries(**{"base": 0.001, "cap": 0.01, "most": 4, **tries}),
        )

    @asynccontextmanager
    async def sending(self, **tries):
        sender = self.sender(**tries)
        await sender.start()
        with self.service.conversations.listen(sender.wake_for):
            yield sender
        await sender.stop()

    async def hear(self, text, message_id, user="u1", grant=None, account="a"):
        talks = self.service.conversations
        asked = len(self.service.engine.turns)
        incoming = Incoming(
            "fake", on_account(account, user), text, message_id, None, True, account, grant
        )
        await talks.receive(incoming)
        await until(lambda: len(self.service.engine.turns) > asked)

    async def bot_says(self, text, purpose=Purpose.BOT, user="u1", account="a"):
        async with self.service.database.transaction() as tx:
            await append_reply(
                tx,
                await self.service.case(on_account(account, user)),
                Reply(text),
                self.service.clock.now(),
                None,
                Visibility.PUBLIC,
                purpose=purpose,
            )

    async def agent_says(self, text, user="u1"):
        case = await self.service.case(f"a:{user}")
        await self.service.conversations.takeover.say(case, WANG, text, text)

    async def take_over(self, user="u1"):
        await self.service.move(Command.BARGE_IN, WANG, case=await self.service.case(f"a:{user}"))

    async def statuses(self):
        async with self.service.database.reading() as tx:
            found = await tx.execute(select(outbox_table.c.status).order_by(outbox_table.c.seq))
            return list(found.scalars())

    async def settled(self, *expected):
        async def done():
            return await self.statuses() == list(expected)

        await until(done, 60)

    async def pending(self):
        async with self.service.database.reading() as tx:
            return list((await tx.execute(select(recipient.c.pending))).scalars())


@pytest.fixture
async def post(service):
    return Post(service, FakeDeliverer())


async def test_only_what_a_platform_has_to_be_sent_is_in_the_outbox(post):
    await post.service.say("你好")
    await post.hear("你好", "m1")
    await post.settled("new")


async def test_two_senders_send_each_line_once_and_in_order(post):
    users = [f"u{number}" for number in range(8)]
    post.deliverer.failures = [RetryLater() if n % 5 == 0 else None for n in range(30)]
    async with post.sending(most=50), post.sending(most=50):
        for user in users:
            await post.hear("开始", "m1", user)
        for number in range(5):
            await asyncio.gather(*(post.bot_says(f"第{number}条", user=user) for user in users))
        await post.settled(*["sent"] * 48)
    for user in users:
        assert post.deliverer.texts(user) == ["echo: 开始", *(f"第{n}条" for n in range(5))]
    assert await post.pending() == [0] * 8


async def test_a_failure_holds_back_what_follows(post):
    post.deliverer.failures = [RetryLater(), RetryLater()]
    async with post.sending():
        await post.hear("一", "m1")
        await post.bot_says("二")
        await post.settled("sent", "sent")
    assert post.deliverer.texts() == ["echo: 一", "二"]
    assert [payload.body["text"] for payload in post.deliverer.tries] == [*["echo: 一"] * 3, "二"]
    assert len({payload.key for payload in post.deliverer.tries[:3]}) == 1


async def test_after_all_tries_it_is_dead_with_what_follows_and_a_person_is_called(post):
    post.deliverer.failures = [RetryLater()] * 4
    await post.hear("一", "m1")
    await post.bot_says("二")
    async with post.sending():
        await post.settled("dead", "dead")
        view = await post.service.conversations.transcript("a:u1")
        assert (str(view.state), view.reason) == ("queued", "undelivered")
        await post.bot_says("三")
        await post.settled("dead", "dead", "sent")
    assert post.deliverer.texts() == ["三"]
    assert post.observer.seen == ["retried"] * 3 + ["dead", "sent"]
    assert await post.pending() == [0]


async def test_what_is_refused_is_not_tried_again(post):
    post.deliverer.failures = [DeliveryRefused(reason="blocked")]
    async with post.sending():
        await post.hear("一", "m1")
        await post.settled("dead")
    assert len(post.deliverer.tries) == 1


@pytest.mark.parametrize(
    ("keyed", "purpose", "again"),
    [(False, Purpose.BOT, False), (True, Purpose.BOT, True), (False, Purpose.SAFETY, True)],
)
async def test_a_call_that_broke_off_is_repeated_only_where_that_is_harmless_or_matters(
    post, keyed, purpose, again
):
    post.deliverer.limits = Limits(keyed=keyed)
    await post.hear("一", "m1")
    async with post.sending():
        await post.settled("sent")
        post.deliverer.failures = [DeliveryUnknown()]
        await post.bot_says("快离开现场", purpose)
        await post.settled("sent", "sent" if again else "dead")
    assert len(post.deliverer.tries) == (3 if again else 2)


@pytest.mark.parametrize("keyed", [True, False])
async def test_a_process_that_dies_in_a_call_leaves_no_double(post, keyed):
    post.deliverer.limits = Limits(keyed=keyed)
    post.deliverer.gate.clear()
    dying = post.sender(lease=0.5)
    await dying.start()
    await post.hear("一", "m1")
    await until(lambda: len(post.deliverer.tries) == 1)
    # As a kill does: nothing is written any more.
    for task in [*dying._calls, *dying._claimers._running, dying._claimers._loop]:
        task.cancel()
    post.deliverer.gate.set()
    async with post.sending():
        await post.settled("sent" if keyed else "dead")
    assert len(post.deliverer.tries) == (2 if keyed else 1)
    assert len({payload.key for payload in post.deliverer.tries}) == 1


async def test_an_orderly_end_waits_for_the_call_under_way(post):
    post.deliverer.gate.clear()
    sender = post.sender()
    await sender.start()
    await post.hear("一", "m1")
    await until(lambda: len(post.deliverer.tries) == 1)
    stopping = asyncio.create_task(sender.stop())
    await asyncio.sleep(0.05)
    assert not stopping.done()
    post.deliverer.gate.set()
    await stopping
    assert await post.statuses() == ["sent"]


async def test_a_sender_that_begins_leaves_to_others_of_its_process_what_they_have(post):
    post.deliverer.gate.clear()
    async with post.sending():
        await post.hear("一", "m1")
        await until(lambda: len(post.deliverer.tries) == 1)
        async with post.sending():
            await asyncio.sleep(0.1)
            assert await post.statuses() == ["new"]
            post.deliverer.gate.set()
            await post.settled("sent")
    assert len(post.deliverer.tries) == 1


async def test_a_platform_that_hangs_holds_up_no_other(post):
    hanging, post.deliverer = post.deliverer, FakeDeliverer("other")
    hanging.gate.clear()
    other = post.sender()
    post.deliverer = hanging
    async with post.sending():
        await asyncio.gather(*(post.hear("一", "m1", f"u{number}") for number in range(20)))
        await until(lambda: len(hanging.tries) == Rhythm().lanes, 60)
        await other.start()
        talks = post.service.conversations
        await talks.receive(Incoming("other", "a:v1", "你好，在吗？", "m1", None, True, "a"))
        await until(lambda: other._deliverer.texts("v1") == ["echo: 你好，在吗？"], 60)
        # What is the hanging one's is left to it.
        assert len(other._deliverer.tries) == 1
        hanging.gate.set()
    await other.stop()


async def test_a_rate_limit_pauses_its_account_and_no_other(post):
    await post.hear("一", "m1")
    await post.hear("一", "m1", account="b")
    post.deliverer.failures = [RateLimited(after=HOUR)]
    async with post.sending():
        await until(lambda: post.observer.seen.count("limited") == 1)
        await until(lambda: post.observer.seen.count("sent") == 1)
        await post.bot_says("二", account="b")
        await until(lambda: post.observer.seen.count("sent") == 2)
        await asyncio.sleep(0.1)
        assert len(post.deliverer.tries) == 3
        real = post.seconds
        post.seconds = lambda: real() + HOUR + 1
        await until(lambda: post.observer.seen.count("sent") == 3)


async def test_limited_again_and_again_it_is_not_given_up(post):
    post.deliverer.failures = [*(RateLimited(after=0) for _ in range(10)), RetryLater()]
    async with post.sending():
        await post.hear("一", "m1")
        await post.settled("sent")


async def test_a_long_line_goes_on_with_the_part_that_failed(post):
    post.deliverer.limits = Limits(text_bytes=4, keyed=True)
    await post.hear("一", "m1")
    async with post.sending():
        await post.settled("sent")
        post.deliverer.taken.clear()
        post.deliverer.failures = [None, RetryLater()]
        await post.bot_says("一二三四五六七八九十")
        await post.settled("sent", "sent")
    assert post.deliverer.texts() == ["一二三四", "五六七八", "九十"]


# What a platform lets us send


async def counted(post, seconds=HOUR, replies=5):
    post.deliverer.limits = COUNTED
    await post.hear("你好", "m0", grant=Grant(replies, seconds))


async def test_what_waits_for_one_recipient_shares_a_reply(post):
    await counted(post)
    await post.bot_says("二")
    await post.bot_says("三")
    async with post.sending():
        await post.settled("sent", "sent", "sent")
    assert post.deliverer.texts() == ["echo: 你好\n\n二\n\n三"]


async def test_the_bot_leaves_replies_to_people_and_they_one_to_a_notice(post):
    await counted(post)
    async with post.sending():
        await post.settled("sent")
        await post.bot_says("第二条")
        await post.settled("sent", "sent")
        await post.bot_says("第三条")
        await until(lambda: "held" in post.observer.seen)
        assert len(post.deliverer.taken) == 2
        await post.take_over()
        await post.agent_says("我来")
        await post.settled(*["sent"] * 5)
        assert post.deliverer.texts()[-1].startswith("第三条\n\n")
        assert post.deliverer.texts()[-1].endswith("我来")
        await post.agent_says("再说一句")
        await post.settled(*["sent"] * 6)
        await post.agent_says("第三句")
        await asyncio.sleep(0.1)
        assert len(post.deliverer.taken) == 4
        await post.bot_says("师傅已出发", Purpose.NOTICE)
        await post.settled(*["sent"] * 8)
        assert post.deliverer.texts()[-1] == "第三句\n\n师傅已出发"
        await post.bot_says("师傅已到", Purpose.NOTICE)
        await asyncio.sleep(0.1)
        assert len(post.deliverer.taken) == 5


async def test_a_new_message_sets_free_what_was_held(post):
    await counted(post, replies=1)
    async with post.sending():
        await post.settled("sent")
        await post.bot_says("还有一件事")
        await until(lambda: "held" in post.observer.seen)
        await post.take_over()
        talks = post.service.conversations
        await talks.receive(Incoming("fake", "a:u1", "嗯", "m9", account="a", grant=Grant(5, HOUR)))
        await post.settled(*["sent"] * 3)
    assert len(post.deliverer.taken) == 2


async def test_what_is_longer_than_all_replies_goes_on_when_the_consumer_writes(post):
    post.deliverer.limits = Limits(text_bytes=2, replies=5)
    post.service.engine._script = {"你好": "一二三四五六七八九十百千", "嗯": "好"}
    await post.hear("你好", "m0", grant=Grant(5, HOUR))
    async with post.sending():
        await until(lambda: "held" in post.observer.seen)
        assert post.deliverer.texts() == ["一二", "三四", "五六", "七八", "九十"]
        await post.hear("嗯", "m1", grant=Grant(5, HOUR))
        await post.settled("sent", "sent")
    assert post.deliverer.texts()[5:] == ["百千", "好"]


async def test_a_redelivery_gives_no_new_replies(post):
    await counted(post, replies=1)
    async with post.sending():
        await post.settled("sent")
        await post.bot_says("还有一件事")
        await post.service.conversations.receive(
            Incoming("fake", "a:u1", "你好", "m0", account="a", grant=Grant(5, HOUR))
        )
        await asyncio.sleep(0.2)
        assert await post.statuses() == ["sent", "new"]


@pytest.mark.parametrize("templates", [True, False])
async def test_after_the_time_for_replies_there_is_another_way_or_none(post, templates):
    post.deliverer.templates = templates
    await counted(post, seconds=0)
    await asyncio.sleep(0.01)
    async with post.sending():
        await post.settled("sent" if templates else "dead")
    assert post.deliverer.texts() == (["template: echo: 你好"] if templates else [])


async def test_a_held_line_takes_the_other_way_once_the_time_is_over(post):
    post.deliverer.templates = True
    await counted(post, replies=1)
    async with post.sending():
        await post.settled("sent")
        await post.bot_says("还有一件事")
        await until(lambda: "held" in post.observer.seen)
        real = post.seconds
        post.seconds = lambda: real() + HOUR + 1
        await post.settled("sent", "sent")
    assert post.deliverer.texts()[-1] == "template: 还有一件事"


# Dead letters


async def test_dead_lines_are_listed_and_sent_anew_in_their_order_by_new_keys(post):
    post.deliverer.failures = [DeliveryRefused(reason="blocked")]
    await post.hear("一", "m1")
    await post.bot_says("二")
    database = post.service.database
    async with post.sending():
        await post.settled("dead", "dead")
        async with database.reading() as tx:
            listed = await dead_letters.listed(tx, post.seconds())
            assert await dead_letters.counts(tx, post.seconds()) == {"waiting": 0, "dead": 2}
        assert [(row.text, row.channel) for row in listed] == [("二", "fake"), ("echo: 一", "fake")]
        assert listed[1].error == "delivery_refused"
        async with database.transaction() as tx:
            assert await dead_letters.send_again(tx, listed[0].conversation_id) == 2
            assert await dead_letters.send_again(tx, "no such one") == 0
        await post.settled("sent", "sent")
    assert post.deliverer.texts() == ["echo: 一", "二"]
    assert len({payload.key for payload in post.deliverer.tries}) == 3


async def test_events_of_a_platform_are_new_once(post):
    async with post.service.database.transaction() as tx:
        seen = [await outbox.first_time(tx, "fake", "a", "e1", 1.0) for _ in range(3)]
        assert await outbox.first_time(tx, "fake", "b", "e1", 1.0)
    assert seen == [True, False, False]


async def test_events_are_forgotten_when_no_platform_tells_them_again(post):
    talks, day = post.service.conversations, 24 * HOUR
    async with post.service.database.transaction() as tx:
        for name, age in (("old", 9 * day), ("young", 6 * day)):
            await outbox.first_time(tx, "fake", "a", name, post.seconds() - age)
    assert await talks.forget_events() == 1
    async with post.service.database.transaction() as tx:
        assert not await outbox.first_time(tx, "fake", "a", "young", post.seconds())
