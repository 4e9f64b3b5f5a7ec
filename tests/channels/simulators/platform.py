"""What every fake platform can do: call us as its maker documents, and take what we send."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

USER = "u1"
NOT_A_PICTURE = b"<html>no picture</html>"


@dataclass(frozen=True)
class Heard:
    """One message as the consumer sees it: its text, and the payloads of its buttons by title."""

    user: str
    text: str
    buttons: dict[str, str] = field(default_factory=dict)


class Platform(ABC):
    """A fake server of a maker's. `client` reaches the bot; `heard` is what consumers saw.

    `faults` are taken one by one by the next messages that we send: `busy`, `limited`,
    `refused`, `cut` (taken, and the connection breaks off), `expired` (the access token).
    """

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.faults: list[str] = []
        self.calls = 0
        self.client: TestClient | None = None
        self.server: TestServer | None = None

    async def start(self) -> None:
        app = web.Application()
        app.add_routes(self.routes())
        self.server = TestServer(app)
        # What the maker writes down is no matter of ours.
        await self.server.start_server(access_log=None)

    async def stop(self) -> None:
        await self.server.close()

    @property
    def url(self) -> str:
        return str(self.server.make_url("")).rstrip("/")

    @abstractmethod
    def routes(self) -> list[web.RouteDef]:
        """What the maker's server answers."""

    @abstractmethod
    def account(self) -> dict[str, Any]:
        """The settings of an account that reaches this server, as in the file of channels."""

    @abstractmethod
    async def say(self, text: str, message_id: str = "m1", user: str = USER, **how: Any) -> int:
        """Have a consumer write; return the status that the maker got.

        `how`: `forged` signs with a wrong secret, `unsigned` not at all, `age` seconds old.
        """

    @abstractmethod
    async def show(self, kind: str, message_id: str = "k1", user: str = USER) -> int:
        """Have a consumer send `image`, `voice`, `html` (an image that is none) or `strange`."""

    async def press(self, payload: str, message_id: str = "b1", user: str = USER) -> int:
        """Have a consumer press a button."""
        return await self.say(payload, message_id, user)

    def sender(self, user: str) -> str:
        """What the channel calls a consumer."""
        return user

    def texts(self, user: str = USER) -> list[str]:
        return [heard.text for heard in self.heard if heard.user == user]

    def fault(self) -> str | None:
        """The fault that the next call meets."""
        self.calls += 1
        return self.faults.pop(0) if self.faults else None
