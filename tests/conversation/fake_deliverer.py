"""A channel's sending side in memory: what it took, and what it makes of the next calls."""

import asyncio
from dataclasses import dataclass, field

from bot.conversation.delivery import Encoded, Limits, Outbound, Payload, Sent
from bot.errors import DeliveryRefused


@dataclass
class FakeDeliverer:
    """`failures` are raised by the next calls, None for none; `taken` are the payloads it took.

    While `gate` is not set calls hang, `under_way` of them. With `templates` there is a way
    after the time for replies.
    """

    name: str = "fake"
    limits: Limits = field(default_factory=Limits)
    failures: list = field(default_factory=list)
    taken: list[Payload] = field(default_factory=list)
    tries: list[Payload] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    templates: bool = False

    def __post_init__(self):
        self.gate.set()

    def payloads(self, outbound: Outbound) -> Encoded:
        size = self.limits.text_bytes
        text = outbound.text
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        return Encoded(
            [
                Payload(outbound.account, outbound.to, f"{outbound.key}-{number}", {"text": piece})
                for number, piece in enumerate(pieces)
            ]
        )

    def late(self, outbound: Outbound) -> Encoded:
        if not self.templates:
            raise DeliveryRefused(reason="late")
        body = {"text": f"template: {outbound.text}"}
        return Encoded([Payload(outbound.account, outbound.to, outbound.key, body)])

    async def deliver(self, payload: Payload) -> Sent:
        self.tries.append(payload)
        await self.gate.wait()
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        self.taken.append(payload)
        return Sent(f"p{len(self.taken)}")

    def texts(self, to: str = "u1") -> list[str]:
        return [payload.body["text"] for payload in self.taken if payload.to == to]
