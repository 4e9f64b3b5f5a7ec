"""Which channels there are, and those that the file of channels connects."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from pydantic import ValidationError

from bot.channels.base import Kit, PlatformChannel
from bot.errors import BotError, SettingsError
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
_ACCOUNT = re.compile(r"[A-Za-z0-9_-]{1,40}")


def connected(path: str, kit: Kit) -> list[PlatformChannel[Any]]:
    """Return the channels of a file; none where `path` is empty.

    Raises SettingsError, naming what is missing or wrong by channel, account and field, never
    a value: one of them may be a secret.
    """
    return [_channel(name, accounts, kit) for name, accounts in _read(path).items()]


def spoofable(path: str) -> frozenset[str]:
    """Return those channels of a file in which anybody may send in a sender's name."""
    return frozenset(name for name in _read(path) if _class(name).spoofable)


def _read(path: str) -> dict[str, Any]:
    found = document(path, VARIABLE) if path else {}
    if not isinstance(found, dict):
        raise SettingsError(f"{VARIABLE}: must be a mapping of channels to accounts")
    for name in found:
        if name not in CHANNELS:
            raise SettingsError(
                f"{VARIABLE}: there is no channel {name}; there are {', '.join(sorted(CHANNELS))}"
            )
    return found


def _channel(name: str, accounts: Any, kit: Kit) -> PlatformChannel[Any]:
    if not isinstance(accounts, dict) or not accounts:
        raise SettingsError(f"{VARIABLE}: {name}: must be a mapping of accounts to their settings")
    channel_class = _class(name)
    models = {
        str(account): _account(f"{name}.{account}", str(account), channel_class, given)
        for account, given in accounts.items()
    }
    return channel_class(kit, models)


def _class(name: str) -> type[PlatformChannel[Any]]:
    module, _, attribute = CHANNELS[name].partition(":")
    found: type[PlatformChannel[Any]] = getattr(import_module(module), attribute)
    return found


def _account(
    where: str, account: str, channel_class: type[PlatformChannel[Any]], given: Any
) -> Mapping[str, Any]:
    if not _ACCOUNT.fullmatch(account):
        raise SettingsError(f"{VARIABLE}: {where}: an account is named by 1 to 40 of A-Za-z0-9_-")
    if not isinstance(given, dict):
        raise SettingsError(f"{VARIABLE}: {where}: must be a mapping of settings")
    try:
        model: Any = channel_class.account_model.model_validate(given)
    except ValidationError as error:
        faults = "; ".join(
            f"{where}.{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in error.errors(include_input=False, include_url=False, include_context=False)
        )
        raise SettingsError(f"{VARIABLE}: {faults}") from None
    except BotError as error:
        raise SettingsError(f"{VARIABLE}: {where}: {error.detail}") from None
    return model  # type: ignore[no-any-return]
