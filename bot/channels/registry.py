"""Which channels there are, and those that the file of channels connects."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from pydantic import ValidationError

from bot.channels.base import Kit, PlatformChannel
from bot.channels.staff import Staff, StaffChannel
from bot.errors import BotError, SettingsError
from bot.requests import Body
from bot.settings import document

VARIABLE = "BOT_CHANNELS_FILE"
# By name, imported only where one is connected.
CHANNELS = {
    "official_account": "bot.channels.official_account.channel:OfficialAccountChannel",
    "sms": "bot.channels.sms:SmsChannel",
    "telegram": "bot.channels.telegram:TelegramChannel",
    "webhook": "bot.channels.webhook:WebhookChannel",
    "wecom_kf": "bot.channels.wecom_kf.channel:WecomKfChannel",
    "whatsapp": "bot.channels.whatsapp:WhatsAppChannel",
}
# Those that reach staff; `bot.staff` answers them.
STAFF = {
    "dingtalk": "bot.channels.dingtalk.channel:DingTalkChannel",
    "feishu": "bot.channels.feishu.channel:FeishuChannel",
}
_ACCOUNT = re.compile(r"[A-Za-z0-9_-]{1,40}")


def connected(path: str, kit: Kit) -> list[PlatformChannel[Any]]:
    """Return the consumers' channels of a file; none where `path` is empty.

    Raises SettingsError, naming what is missing or wrong by channel, account and field, never
    a value: one of them may be a secret.
    """
    return [
        channel(kit, _accounts(name, given, channel.account_model))
        for name, channel, given in _read(path, CHANNELS)
    ]


def for_staff(path: str, kit: Kit, staff: Staff) -> list[StaffChannel[Any]]:
    """Return the channels of a file by which `staff` is reached. Raises SettingsError."""
    return [
        channel(kit, _accounts(name, given, channel.account_model), staff)
        for name, channel, given in _read(path, STAFF)
    ]


def spoofable(path: str) -> frozenset[str]:
    """Return those channels of a file in which anybody may send in a sender's name."""
    return frozenset(name for name, channel, _ in _read(path, CHANNELS) if channel.spoofable)


def _read(path: str, wanted: Mapping[str, str]) -> Iterator[tuple[str, Any, Any]]:
    """Yield name, class and what is given, of those channels of a file that are wanted."""
    found = document(path, VARIABLE) if path else {}
    if not isinstance(found, dict):
        raise SettingsError(f"{VARIABLE}: must be a mapping of channels to accounts")
    for name in found:
        if name not in CHANNELS and name not in STAFF:
            known = ", ".join(sorted((*CHANNELS, *STAFF)))
            raise SettingsError(f"{VARIABLE}: there is no channel {name}; there are {known}")
    for name, place in wanted.items():
        if name in found:
            module, _, attribute = place.partition(":")
            yield name, getattr(import_module(module), attribute), found[name]


def _accounts(name: str, given: Any, model: type[Body]) -> dict[str, Body]:
    if not isinstance(given, dict) or not given:
        raise SettingsError(f"{VARIABLE}: {name}: must be a mapping of accounts to their settings")
    return {
        str(account): _account(f"{name}.{account}", str(account), model, settings)
        for account, settings in given.items()
    }


def _account(where: str, account: str, model: type[Body], given: Any) -> Body:
    if not _ACCOUNT.fullmatch(account):
        raise SettingsError(f"{VARIABLE}: {where}: an account is named by 1 to 40 of A-Za-z0-9_-")
    if not isinstance(given, dict):
        raise SettingsError(f"{VARIABLE}: {where}: must be a mapping of settings")
    try:
        return model.model_validate(given)
    except ValidationError as error:
        faults = "; ".join(
            f"{where}.{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in error.errors(include_input=False, include_url=False, include_context=False)
        )
        raise SettingsError(f"{VARIABLE}: {faults}") from None
    except BotError as error:
        raise SettingsError(f"{VARIABLE}: {where}: {error.detail}") from None
