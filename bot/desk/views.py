"""What the desk shows that others keep: consumers' photos, and the dispatchers' board."""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol

from aiohttp import web

from bot.conversation.photos import Photos
from bot.desk import bodies
from bot.desk.accounts import Account
from bot.desk.base import Calls, answer, name_of
from bot.desk.desk import Desk
from bot.errors import Forbidden, MalformedRequest
from bot.requests import read
from bot.scheduling import Placing


class Dispatching(Protocol):
    """The part of scheduling that the board needs."""

    async def board(self, day: date | None, hub_id: str | None) -> dict[str, Any]:
        """Return crews by windows of a day."""

    async def place(self, wish: Placing) -> dict[str, Any]:
        """Put a visit with a crew and in a window."""


class ViewCalls(Calls):
    """Photos and the board, for whoever is signed in."""

    def __init__(self, desk: Desk, photos: Photos, dispatch: Dispatching) -> None:
        super().__init__(desk)
        self._photos = photos
        self._dispatch = dispatch

    def routes(self) -> list[web.RouteDef]:
        """Return the calls."""
        return [
            self.get("/photos/{id}", self._photo),
            self.get("/board", self._board),
            self.post("/board/visits/{id}", self._place),
        ]

    async def _photo(self, request: web.Request, _account: Account) -> web.StreamResponse:
        photo = await self._photos.find(name_of(request))
        return web.FileResponse(photo.path, headers=photo.headers)

    async def _board(self, request: web.Request, account: Account) -> web.Response:
        _require_everybody(account)
        written = request.query.get("date")
        try:
            day = date.fromisoformat(written) if written else None
        except ValueError as error:
            raise MalformedRequest("date: must be a day such as 2026-11-20") from error
        return answer(await self._dispatch.board(day, request.query.get("hub") or None))

    async def _place(self, request: web.Request, account: Account) -> web.Response:
        _require_everybody(account)
        body = await read(request, bodies.Place)
        window = body.window.window(self.desk.clock.now().tzinfo)
        command = f"desk:{account.id}:{body.command_id}"
        wish = Placing(name_of(request), body.crew_id, window, body.version, command)
        placed = await self._dispatch.place(wish)
        detail = {
            "order_no": placed["order_no"],
            "visit_id": wish.visit_id,
            "crew_id": wish.crew_id,
            "start": window.start.isoformat(),
        }
        await self.desk.trace(account, "place_visit", detail=detail)
        return answer(placed)


def _require_everybody(account: Account) -> None:
    """Raise Forbidden for those who see some merchants only: the board shows all of them."""
    if account.merchants is not None:
        raise Forbidden("the board is for those who work for every merchant")
