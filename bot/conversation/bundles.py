"""What is sent next to one recipient: one line, or several that have to share a reply.

Which lines are sent as one is written down before the first try: what is sent again after a
failure is the same, under the same key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.delivery import Outbound
from bot.conversation.delivery_tables import outbox, recipient
from bot.conversation.records import Purpose
from bot.conversation.tables import message

# Replies of a platform that each purpose leaves to those after it.
_LEFT_TO_OTHERS = {Purpose.BOT: 3, Purpose.HUMAN: 1, Purpose.NOTICE: 0, Purpose.SAFETY: 0}
_RANK = tuple(_LEFT_TO_OTHERS)
_LOOKED_AT = 20


@dataclass(frozen=True)
class Bundle:
    """Lines that are sent as one, oldest first; `to` is the recipient's row."""

    to: Row[Any]
    rows: Sequence[Row[Any]]

    @property
    def id(self) -> str:
        """The oldest row's id, which names the bundle."""
        return str(self.rows[0].id)

    @property
    def ids(self) -> list[str]:
        """The ids of its rows."""
        return [row.id for row in self.rows]

    @property
    def purpose(self) -> Purpose:
        """The purpose of the line that may use the most of what the platform takes."""
        return max((Purpose(row.purpose) for row in self.rows), key=_RANK.index)

    def outbound(self) -> Outbound:
        """Return what is to be said."""
        last = self.rows[-1]
        return Outbound(
            self.to.channel,
            self.to.account,
            self.to.sender.removeprefix(f"{self.to.account}:"),
            f"{self.id}-{self.rows[0].round}",
            "\n\n".join(row.text for row in self.rows if row.text),
            tuple(last.buttons or ()),
            last.custom,
            self.purpose,
            self.to.grant_token,
            last.agent_alias,
        )

    def late(self, now: float) -> bool:
        """Whether the platform takes no more replies, or never said that it takes any."""
        granted, until = self.to.granted, self.to.granted_until
        return granted is None or until is None or float(until) < now

    def fits(self, parts: int) -> bool:
        """Whether the platform's grant has room for `parts` more messages of this purpose.

        What has begun is finished, and what is longer than its share begins all the same where
        nothing was sent yet; beyond the grant itself nothing goes.
        """
        spent, granted = self.to.spent, self.to.granted
        if spent >= granted:
            return False
        begun = self.rows[0].parts > 0
        share = granted - _LEFT_TO_OTHERS[self.purpose]
        return bool(begun or spent == 0 or spent + parts <= share)


async def waiting(tx: AsyncConnection, to: Row[Any]) -> list[Row[Any]]:
    """Return the lines that wait for a recipient, in order."""
    found = await tx.execute(
        select(
            outbox,
            message.c.text,
            message.c.buttons,
            message.c.custom,
            message.c.agent_alias,
            message.c.conversation_id,
        )
        .join(message, message.c.id == outbox.c.message_id)
        .where(outbox.c.recipient_id == to.id, outbox.c.status == "new")
        .order_by(outbox.c.seq, outbox.c.id)
        .limit(_LOOKED_AT)
    )
    return list(found)


def first(to: Row[Any], rows: Sequence[Row[Any]], *, together: bool) -> Bundle:
    """Return the lines that are sent next, of those that wait.

    `together`: all up to the first with buttons, for a platform that counts replies.
    """
    begun = rows[0].bundle
    if begun is not None:
        return Bundle(to, [row for row in rows if row.bundle == begun])
    if not together:
        return Bundle(to, rows[:1])
    asked = next((n for n, row in enumerate(rows, 1) if row.buttons), len(rows))
    return Bundle(to, rows[:asked])


async def begin(tx: AsyncConnection, bundle: Bundle) -> None:
    """Note that a part of a bundle is about to be sent, and that it uses one reply."""
    await tx.execute(
        update(outbox).where(outbox.c.id.in_(bundle.ids)).values(bundle=bundle.id, calling=True)
    )
    await tx.execute(
        update(recipient).where(recipient.c.id == bundle.to.id).values(spent=recipient.c.spent + 1)
    )


async def took_part(tx: AsyncConnection, bundle: Bundle, platform_id: str | None) -> None:
    """Note that the platform took a part."""
    await tx.execute(
        update(outbox)
        .where(outbox.c.id.in_(bundle.ids))
        .values(parts=outbox.c.parts + 1, calling=False, platform_id=platform_id, error=None)
    )


async def finish(tx: AsyncConnection, bundle: Bundle, now: float, *, numbered: bool) -> None:
    """Note that all of a bundle was sent."""
    await _settle(tx, bundle.to.id, bundle.ids, status="sent", settled_at=now, numbered=numbered)


async def missed(
    tx: AsyncConnection, bundle: Bundle, error: str, *, failures: int, used: bool
) -> None:
    """Note that a part was not taken, so often by now.

    `used`: the platform may have counted it as a reply.
    """
    await tx.execute(
        update(outbox)
        .where(outbox.c.id.in_(bundle.ids))
        .values(attempts=failures, calling=False, error=error)
    )
    if not used:
        await tx.execute(
            update(recipient)
            .where(recipient.c.id == bundle.to.id, recipient.c.spent > 0)
            .values(spent=recipient.c.spent - 1)
        )


async def bury(tx: AsyncConnection, bundle: Bundle, error: str, now: float) -> int:
    """Give up a bundle and all that waits behind it; return how many lines that are.

    What is behind would arrive without what it follows.
    """
    c = outbox.c
    ids = [row.id for row in await waiting(tx, bundle.to)]
    values = {"status": "dead", "settled_at": now, "calling": False}
    await tx.execute(update(outbox).where(c.id.in_(bundle.ids)).values(error=error))
    await _settle(tx, bundle.to.id, ids, **values)
    return len(ids)


async def _settle(tx: AsyncConnection, recipient_id: str, ids: list[str], **values: Any) -> None:
    await tx.execute(update(outbox).where(outbox.c.id.in_(ids)).values(**values))
    await tx.execute(
        update(recipient)
        .where(recipient.c.id == recipient_id)
        .values(pending=recipient.c.pending - len(ids))
    )
