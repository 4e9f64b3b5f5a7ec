"""What each role needs, and that it says so by the setting's name."""

from dataclasses import replace

import pytest

from bot.app.roles import ROLES, check
from bot.errors import SettingsError
from bot.settings import Settings

WHOLE = replace(
    Settings(),
    database_url="postgresql+asyncpg://me@db/bot",
    session_secret="s" * 32,
    engine_urls="http://e1:5005, http://e2:5005/",
    engine_port=5005,
    engine_token="t" * 32,
    action_url="http://actions:5055/webhook",
    action_port=5055,
)
NEEDS = {
    "all": {},
    "gateway": {
        "database_url": "BOT_DATABASE_URL",
        "session_secret": "BOT_SESSION_SECRET",
        "engine_token": "BOT_ENGINE_TOKEN",
    },
    "worker": {
        "database_url": "BOT_DATABASE_URL",
        "engine_urls": "BOT_ENGINE_URLS",
        "engine_token": "BOT_ENGINE_TOKEN",
    },
    "engine": {
        "database_url": "BOT_DATABASE_URL",
        "engine_token": "BOT_ENGINE_TOKEN",
        "action_url": "BOT_ACTION_URL",
        "engine_port": "BOT_ENGINE_PORT",
    },
    "actions": {
        "database_url": "BOT_DATABASE_URL",
        "engine_token": "BOT_ENGINE_TOKEN",
        "action_port": "BOT_ACTION_PORT",
    },
}
CASES = [(role, field, name) for role, needs in NEEDS.items() for field, name in needs.items()]


def test_every_role_is_tried():
    assert NEEDS.keys() == ROLES.keys()


@pytest.mark.parametrize("role", ROLES)
def test_a_role_that_has_all_it_needs(role):
    check(role, WHOLE)
    assert WHOLE.engines == ("http://e1:5005", "http://e2:5005")


@pytest.mark.parametrize(("role", "field", "name"), CASES)
def test_a_role_names_what_it_lacks(role, field, name):
    with pytest.raises(SettingsError, match=name):
        check(role, replace(WHOLE, **{field: type(getattr(WHOLE, field))()}))


@pytest.mark.parametrize("role", [role for role in ROLES if role != "all"])
def test_parts_do_not_share_a_file(role):
    with pytest.raises(SettingsError, match="BOT_DATABASE_URL"):
        check(role, replace(WHOLE, database_url="sqlite:////tmp/bot.db"))


def test_everything_in_one_process_needs_nothing():
    check("all", Settings())


def test_engines_elsewhere_need_their_token():
    with pytest.raises(SettingsError, match="BOT_ENGINE_TOKEN"):
        check("all", replace(Settings(), engine_urls="http://e1:5005"))


def test_a_gateway_needs_no_engine():
    check("gateway", replace(WHOLE, engine_urls="", engine_token=""))
