"""Tmall's messages and work cards, read into what we know."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from bot.clock import BUSINESS_ZONE
from bot.errors import MalformedRequest
from bot.language.appliances import find_appliances
from bot.providers.tmall.account import TmallAccount
from bot.scheduling.places import find_districts

TRACE = "taobao_logistics_LogsticDetailTrace"
TASK = "tmall_servicecenter_TaskUpdate"
# The whole trade is over without goods: closed by the platform, the seller or a full refund.
CLOSINGS = frozenset({"taobao_trade_TradeClose", "taobao_trade_TradeCloseAndModifyDetailOrder"})
_CLOSED = frozenset({"TRADE_CLOSED", "TRADE_CLOSED_BY_TAOBAO"})
_ENDED, _DONE = 3000, 3002
_MILLISECONDS = 1000


def _instant(value: Any) -> Any:
    """Read a time as Taobao writes it: milliseconds, or a date and a time in GMT+8."""
    if isinstance(value, str) and not value.isdigit():
        at = datetime.fromisoformat(value)
        return at if at.tzinfo else at.replace(tzinfo=BUSINESS_ZONE)
    return datetime.fromtimestamp(int(value) / _MILLISECONDS, BUSINESS_ZONE)


Instant = Annotated[datetime, BeforeValidator(_instant)]


class _Message(BaseModel):
    # The platform adds fields as it likes.
    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


class Trace(_Message):
    """A step of the goods' way."""

    tid: str
    action: str
    desc: str
    time: Instant
    company_name: str | None = None

    def data(self) -> dict[str, Any]:
        """Return it as the data of `tracking.added`."""
        text = f"{self.company_name} {self.desc}" if self.company_name else self.desc
        step = {"at": self.time.isoformat(), "code": self.action.lower()[:64], "text": text}
        return {"order_no": self.tid, "steps": [step]}


class Trade(_Message):
    """A trade's change."""

    tid: str
    status: str | None = None

    @property
    def closed(self) -> bool:
        """Whether all of it is over; a part of it may be closed alone."""
        return self.status in _CLOSED


class Task(_Message):
    """A work card's change."""

    id: int
    change_type: str
    main_status: int
    sub_status: int | None = None
    service_time: Instant | None = None
    update_time: Instant | None = None
    buyer_id: str | None = None
    buyer_name: str | None = None
    buyer_phone: str | None = None
    buyer_address: str | None = None

    @property
    def cancelled(self) -> bool:
        """Whether nobody is to come for it any more."""
        ended = self.main_status == _ENDED and self.sub_status != _DONE
        return ended or self.change_type == "CANCEL"

    @property
    def done(self) -> bool:
        """Whether it is completed."""
        return self.main_status == _ENDED and self.sub_status == _DONE


class _Goods(_Message):
    order_id: str | None = None
    auction_title: str | None = None
    sku_id: str | None = None
    buy_amount: int | None = None


class Card(_Message):
    """A work card as it is looked up."""

    id: int
    parent_biz_order_id: str | None = None
    master_trade_order: _Goods | None = None

    @property
    def order_no(self) -> str | None:
        """The trade that it is for."""
        goods = self.master_trade_order
        return self.parent_biz_order_id or (goods.order_id if goods else None)

    def order(self, task: Task, account: TmallAccount) -> dict[str, Any] | None:
        """Return the order in the import's shape, as far as the card tells enough.

        None where its district or the kind of goods cannot be told.
        """
        goods, text = self.master_trade_order, " ".join((task.buyer_address or "").split())
        title = goods.auction_title if goods else None
        places = find_districts(text)
        kinds = [m for m in find_appliances(title or "") if m.entity == "appliance"]
        told = task.buyer_name and task.buyer_phone and goods is not None
        if not told or len(places) != 1 or not kinds or goods is None:
            return None
        return {
            "order_no": self.order_no,
            "merchant": account.merchant,
            "provider": account.provider,
            "consumer": {
                "consumer_id": f"tmall:{task.buyer_id or self.order_no}",
                "name": task.buyer_name,
                "phone": task.buyer_phone,
            },
            "address": {"adcode": places[0].adcode, "text": text},
            "items": [
                {
                    "sku": goods.sku_id or "-",
                    "name": title,
                    "category": kinds[0].value,
                    "quantity": goods.buy_amount or 1,
                }
            ],
        }


def content(values: Mapping[str, Any], model: type[_Message]) -> Any:
    """Return what a message says. Raises MalformedRequest."""
    try:
        return model.model_validate(json.loads(values.get("content") or "{}"))
    except (ValueError, ValidationError) as error:
        raise MalformedRequest(f"{values.get('topic')}: {type(error).__name__}") from None


def card(answer: Mapping[str, Any]) -> Card | None:
    """Return the work card of a look-up's answer, None where there is none."""
    found: Any = answer
    for step in ("result", "result_data", "data_list", "workcard_d_t_o"):
        found = found.get(step) if isinstance(found, dict) else None
    if not isinstance(found, list) or not found:
        return None
    try:
        return Card.model_validate(found[0])
    except ValidationError:
        return None
