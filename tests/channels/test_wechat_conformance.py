"""微信客服 and 公众号 do what every channel has to do."""

import pytest
from sqlalchemy import select

from bot.channels.official_account.channel import OfficialAccountChannel
from bot.channels.wechat import api
from bot.channels.wecom_kf.channel import WecomKfChannel
from bot.conversation.tables import inbox
from tests.channels.conformance import Conformance
from tests.channels.simulators.official_account import OfficialAccount
from tests.channels.simulators.platform import USER
from tests.channels.simulators.wecom_kf import WecomKf
from tests.channels.soon import until


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(api, "_PAUSE", 0.2)


class TestWecomKf(Conformance):
    channel_class = WecomKfChannel
    deadline = 5.0
    timed = True

    def make_platform(self):
        return WecomKf()

    async def say(self, world, text, message_id="m1", user=USER):
        """The ring is acknowledged before the message is read."""
        await super().say(world, text, message_id, user)
        one = inbox.c.sender == world.sender(user), inbox.c.external_id == f"id:{message_id}"

        async def read():
            async with world.service.database.reading() as tx:
                return (await tx.execute(select(inbox.c.id).where(*one))).first()

        await until(read)


class TestOfficialAccount(Conformance):
    channel_class = OfficialAccountChannel
    deadline = 5.0
    timed = True

    def make_platform(self):
        return OfficialAccount()
