"""Our fake Telegram and WhatsApp against the libraries that are kept for the real ones.

What those libraries send, the fakes take; what the fakes tell us, the libraries can read.
"""

import pytest
from pywa.utils import webhook_updates_validator
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import BadRequest, Forbidden, InvalidToken, RetryAfter

from tests.channels.simulators import telegram, whatsapp
from tests.channels.simulators.platform import USER
from tests.channels.simulators.telegram import KINDS, FakeTelegram, number
from tests.channels.simulators.whatsapp import FakeWhatsApp

WHO = number(USER)


class Notebook:
    """In place of our server: keeps what a fake tells it."""

    def __init__(self):
        self.told = []

    async def post(self, _path, json=None, data=None, headers=None):
        self.told.append((json or data, headers))
        return self

    status, content_type = 200, "text/plain"


@pytest.fixture
async def platform():
    platform = FakeTelegram()
    platform.users[WHO] = USER
    await platform.start()
    yield platform
    await platform.stop()


@pytest.fixture
def bot(platform):
    return _bot(platform, telegram.TOKEN)


def _bot(platform, token):
    return Bot(token, base_url=f"{platform.url}/bot", base_file_url=f"{platform.url}/file/bot")


def _keyboard(data):
    return InlineKeyboardMarkup([[InlineKeyboardButton("好", callback_data=data)]])


async def test_a_client_of_telegrams_writes_to_the_fake(platform, bot):
    sent = await bot.send_message(WHO, "你好", reply_markup=_keyboard("btn_1"))
    assert (sent.text, sent.message_id) == ("你好", 1)
    assert (platform.texts(), platform.heard[0].buttons) == (["你好"], {"好": "btn_1"})


async def test_it_fetches_a_picture(bot):
    data = await (await bot.get_file("image")).download_as_bytearray()
    assert data.startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize(("fault", "error"), [("limited", RetryAfter), ("refused", Forbidden)])
async def test_it_understands_what_is_refused(platform, bot, fault, error):
    platform.faults = [fault]
    with pytest.raises(error):
        await bot.send_message(WHO, "你好")


async def test_it_understands_what_is_too_long_and_who_is_unknown(platform, bot):
    for text, data in (("长" * 4097, "b"), ("好", "b" * 65)):
        with pytest.raises(BadRequest):
            await bot.send_message(WHO, text, reply_markup=_keyboard(data))
    with pytest.raises(InvalidToken):
        await _bot(platform, "1:" + "x" * 30).send_message(WHO, "你好")


async def test_it_reads_what_the_fake_tells_us():
    fake = FakeTelegram()
    fake.client = Notebook()
    await fake.say("你好")
    await fake.press("btn_1")
    for kind in KINDS:
        await fake.show(kind)
    said, pressed, *shown = [Update.de_json(body, None) for body, _ in fake.client.told]
    assert (said.message.text, said.effective_chat.id) == ("你好", WHO)
    assert (pressed.callback_query.data, pressed.callback_query.message.chat.id) == ("btn_1", WHO)
    kinds = {kind: update.message for kind, update in zip(KINDS, shown, strict=True)}
    assert kinds["image"].photo[-1].file_id == "image"
    assert kinds["voice"].voice
    assert kinds["location"].venue.title == "锦绣路"
    assert kinds["file"].document.file_name == "合同.pdf"


async def test_a_library_for_whatsapp_believes_what_the_fake_signs():
    fake = FakeWhatsApp()
    fake.client = Notebook()
    await fake.say("你好，😀")
    await fake.say("你好", forged=True)
    believed = [
        webhook_updates_validator(whatsapp.SECRET, body, headers["X-Hub-Signature-256"])
        for body, headers in fake.client.told
    ]
    assert believed == [True, False]
