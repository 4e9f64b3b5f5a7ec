"""Buttons leave as ids that tell nothing; only the newest ones are worth their payload."""

from bot.dialogue.engine import Button, Reply, TurnResult

OFFER = TurnResult(
    (
        Reply(
            "选哪个？", (Button("周六上午", '/select_option{"option": 1}'), Button("不约", "/deny"))
        ),
    )
)


async def offered(service):
    service.engine._script = {"约": OFFER}
    (line,) = await service.say("约")
    return line.buttons


def last(service):
    turn = service.engine.turns[-1]
    return turn.text, turn.trusted


async def test_payloads_never_leave(service):
    choices = await offered(service)
    assert [choice["title"] for choice in choices] == ["周六上午", "不约"]
    assert all(choice["payload"].startswith("btn_") for choice in choices)
    assert len({choice["payload"] for choice in choices}) == 2


async def test_a_pressed_button_is_its_payload_to_the_engine_and_its_title_to_readers(service):
    choices = await offered(service)
    await service.say(choices[0]["payload"])
    assert last(service) == ('/select_option{"option": 1}', True)
    view = await service.conversations.transcript("s1")
    assert view.messages[2].text == "周六上午"


async def test_a_typed_title_presses_its_button_right_after_the_offer(service):
    await offered(service)
    await service.say("不约")
    assert last(service) == ("/deny", True)


async def test_a_typed_title_is_text_once_the_bot_has_said_more(service):
    await offered(service)
    await service.say("几点开门")
    await service.say("不约")
    assert last(service) == ("不约", False)


async def test_a_button_still_works_after_words_without_buttons(service):
    choices = await offered(service)
    await service.say("几点开门")
    await service.say(choices[1]["payload"])
    assert last(service) == ("/deny", True)


async def test_an_older_offers_button_is_only_its_title(service):
    old = await offered(service)
    await offered(service)
    await service.say(old[1]["payload"])
    assert last(service) == ("不约", False)


async def test_a_button_of_another_conversation_is_text(service):
    choices = await offered(service)
    await service.say(choices[0]["payload"], sender="s2")
    assert last(service) == (choices[0]["payload"], False)


async def test_a_payload_that_is_typed_is_not_trusted(service):
    await offered(service)
    await service.say('/select_option{"option": 1}')
    assert last(service) == ('/select_option{"option": 1}', False)
