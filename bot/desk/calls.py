"""The desk's calls about signing in, the lists, who answers, and what is said."""

from __future__ import annotations

import contextlib
from typing import Any

from aiohttp import web

from bot.conversation import texts
from bot.conversation.moves import Move
from bot.conversation.records import Actor
from bot.conversation.states import Command
from bot.desk import bodies, rows
from bot.desk.accounts import Account
from bot.desk.base import (
    API,
    COOKIE,
    CREATED,
    Calls,
    answer,
    name_of,
    nothing,
    token,
)
from bot.desk.desk import agents, disposition, joining, sent
from bot.desk.encode import agent
from bot.errors import Forbidden, MalformedRequest, NotSignedIn
from bot.requests import read

HEARTBEAT_SECONDS = 15
_SLOW_SECONDS = 100
_LATE_SECONDS = 180
_LISTS = ("queued", "mine", "bot")
_SEQ_DIGITS = 9


class SessionCalls(Calls):
    """Signing in and out, and being there."""

    def routes(self) -> list[web.RouteDef]:
        """Return the calls."""
        return [
            web.post(f"{API}/login", self._login),
            web.post(f"{API}/logout", self._logout),
            self.get("/me", self._me),
            self.post("/presence", self._presence),
            self.post("/heartbeat", self._heartbeat),
            self.get("/agents", self._agents),
            self.get("/texts", self._texts),
        ]

    async def _login(self, request: web.Request) -> web.Response:
        body = await read(request, bodies.SignIn)
        made, account = await self.desk.accounts.sign_in(body.login, body.password)
        await self.desk.trace(account, "sign_in")
        response = answer({"agent": agent(account)})
        response.set_cookie(
            COOKIE, made, httponly=True, samesite="Strict", path="/desk", secure=request.secure
        )
        return response

    async def _logout(self, request: web.Request) -> web.Response:
        with contextlib.suppress(NotSignedIn):
            await self.desk.accounts.sign_out(token(request))
        response = nothing()
        response.del_cookie(COOKIE, path="/desk")
        return response

    async def _me(self, _request: web.Request, account: Account) -> web.Response:
        return answer(
            {
                "agent": agent(account),
                "heartbeat_seconds": HEARTBEAT_SECONDS,
                "slow_seconds": _SLOW_SECONDS,
                "late_seconds": _LATE_SECONDS,
            }
        )

    async def _presence(self, request: web.Request, account: Account) -> web.Response:
        body = await read(request, bodies.Presence)
        await self.desk.accounts.seen(account.id, body.presence)
        return answer({"agent": agent(await self.desk.accounts.get(account.id))})

    async def _heartbeat(self, _request: web.Request, account: Account) -> web.Response:
        await self.desk.accounts.seen(account.id)
        return nothing()

    async def _agents(self, _request: web.Request, _account: Account) -> web.Response:
        return answer({"agents": agents(await self.desk.accounts.all())})

    async def _texts(self, _request: web.Request, _account: Account) -> web.Response:
        desk, wording = texts.table("desk"), texts.table("wording")
        return answer(
            {
                "reasons": {code: texts.reason_label(code) for code in texts.table("escalation")},
                "dispositions": _coded(desk["dispositions"], "label"),
                "return_lines": _coded(texts.table("takeover")["return_lines"], "text"),
                "commands": desk["commands"],
                "facts": [
                    _fact(key, desk["facts"].get(key, key), said)
                    for key, said in wording["facts"].items()
                ],
            }
        )


class ListCalls(Calls):
    """The lists and what is in a conversation."""

    def routes(self) -> list[web.RouteDef]:
        """Return the calls."""
        return [
            self.get("/conversations", self._list),
            self.get("/counts", self._counts),
            self.get("/conversations/{id}", self._whole),
            self.get("/conversations/{id}/messages", self._messages),
            self.get("/conversations/{id}/summary", self._summary),
            self.get("/conversations/{id}/canned", self._canned),
            self.post("/conversations/{id}/read", self._read),
        ]

    async def _list(self, request: web.Request, account: Account) -> web.Response:
        name = request.query.get("list", "queued")
        if name not in _LISTS:
            raise MalformedRequest(f"list: one of {', '.join(_LISTS)}")
        return answer({"list": name, "conversations": await self.desk.listed(account, name)})

    async def _counts(self, _request: web.Request, account: Account) -> web.Response:
        return answer(await self.desk.counts(account))

    async def _whole(self, request: web.Request, account: Account) -> web.Response:
        return answer(await self.desk.whole(account, name_of(request)))

    async def _messages(self, request: web.Request, account: Account) -> web.Response:
        after = _number(request, "after_seq")
        await self.desk.raw(account, name_of(request))
        async with self.desk.database.reading() as tx:
            said = await rows.lines(tx, name_of(request), after)
        return answer({"messages": [self.desk.encoder.line(line) for line in said]})

    async def _summary(self, request: web.Request, account: Account) -> web.Response:
        return answer({"summary": await self.desk.summary(account, name_of(request))})

    async def _canned(self, request: web.Request, account: Account) -> web.Response:
        return answer({"canned": await self.desk.canned(account, name_of(request))})

    async def _read(self, request: web.Request, account: Account) -> web.Response:
        body = await read(request, bodies.Read)
        await self.desk.read_up_to(account, name_of(request), body.seq)
        return nothing()


class MoveCalls(Calls):
    """Who answers."""

    def routes(self) -> list[web.RouteDef]:
        """Return the calls."""
        return [
            self.post("/claim-next", self._claim_next),
            self.post("/conversations/{id}/claim", self._claim),
            self.post("/conversations/{id}/barge-in", self._barge_in),
            self.post("/conversations/{id}/transfer", self._transfer),
            self.post("/conversations/{id}/release", self._release),
            self.post("/conversations/{id}/return", self._return),
            self.post("/conversations/{id}/close", self._close),
        ]

    async def _claim_next(self, _request: web.Request, account: Account) -> web.Response:
        return answer({"conversation": await self.desk.claim_next(account)})

    async def _claim(self, request: web.Request, account: Account) -> web.Response:
        body = await read(request, bodies.Moving)
        return await self._get(request, account, joining(account, Command.CLAIM, body.epoch))

    async def _barge_in(self, request: web.Request, account: Account) -> web.Response:
        body = await read(request, bodies.Moving)
        row = await self.desk.raw(account, name_of(request))
        if row.state == "human" and not account.supervises:
            await self.desk.owned(account, name_of(request))
            raise Forbidden("the conversation is yours already")
        # What was decided about is what is moved: an agent never takes it from another one.
        epoch = row.epoch if body.epoch is None else body.epoch
        return await self._get(request, account, joining(account, Command.BARGE_IN, epoch))

    async def _get(self, request: web.Request, account: Account, wish: Move) -> web.Response:
        guard = self.desk.accounts.room(account.id)
        return answer(
            {"conversation": await self.desk.move(account, name_of(request), wish, guard)}
        )

    async def _transfer(self, request: web.Request, account: Account) -> web.Response:
        body = await read(request, bodies.Transfer)
        moved = await self.desk.transfer(account, name_of(request), body.to, body.epoch)
        return answer({"conversation": moved})

    async def _release(self, request: web.Request, account: Account) -> web.Response:
        body = await read(request, bodies.Moving)
        return await self._let_go(request, account, Command.RELEASE, body.epoch)

    async def _return(self, request: web.Request, account: Account) -> web.Response:
        body = await read(request, bodies.Return)
        line = texts.return_line(body.line) if body.line is not None else None
        if body.line is not None and line is None:
            raise MalformedRequest("line: unknown; see GET /desk/api/texts")
        wish = Move(
            Command.RETURN, Actor("agent", account.agent), epoch=body.epoch, held_by=account.id
        )
        moved = await self.desk.move(account, name_of(request), wish, line=line)
        return answer({"conversation": moved})

    async def _close(self, request: web.Request, account: Account) -> web.Response:
        body = await read(request, bodies.Close)
        ended = {"disposition": disposition(body.disposition), "summary": body.summary}
        return await self._let_go(request, account, Command.CLOSE, body.epoch, **ended)

    async def _let_go(
        self,
        request: web.Request,
        account: Account,
        command: Command,
        epoch: int | None,
        **more: Any,
    ) -> web.Response:
        actor = Actor("agent", account.agent)
        wish = Move(command, actor, epoch=epoch, held_by=account.id, **more)
        return answer({"conversation": await self.desk.move(account, name_of(request), wish)})


class SpeechCalls(Calls):
    """What agents say, and what is proposed to them."""

    def routes(self) -> list[web.RouteDef]:
        """Return the calls."""
        return [
            self.post("/conversations/{id}/messages", self._say),
            self.post("/conversations/{id}/notes", self._note),
            self.post("/conversations/{id}/typing", self._typing),
            self.post("/conversations/{id}/suggestion", self._suggestion),
            self.post("/conversations/{id}/suggestion/outcome", self._outcome),
        ]

    async def _say(self, request: web.Request, account: Account) -> web.Response:
        body = await read(request, bodies.Said)
        said = await self.desk.conversations.takeover.say(
            name_of(request), account.agent, body.text, body.client_id
        )
        return answer(sent(self.desk.encoder, said), 200 if said.repeated else CREATED)

    async def _note(self, request: web.Request, account: Account) -> web.Response:
        body = await read(request, bodies.Said)
        said = await self.desk.conversations.takeover.note(
            name_of(request), account.agent, body.text, body.client_id
        )
        return answer(sent(self.desk.encoder, said), 200 if said.repeated else CREATED)

    async def _typing(self, request: web.Request, account: Account) -> web.Response:
        body = await read(request, bodies.TypingNow)
        await self.desk.conversations.takeover.typing(name_of(request), account.agent, on=body.on)
        return nothing()

    async def _suggestion(self, request: web.Request, account: Account) -> web.Response:
        return answer({"suggestion": await self.desk.suggest(account, name_of(request))})

    async def _outcome(self, request: web.Request, account: Account) -> web.Response:
        body = await read(request, bodies.Outcome)
        detail = {"id": body.id, "outcome": body.outcome}
        await self.desk.trace(account, "suggestion", name_of(request), detail)
        return nothing()


def _coded(table: dict[str, str], word: str) -> list[dict[str, str]]:
    return [{"code": code, word: text} for code, text in table.items()]


def _fact(key: str, label: str, said: Any) -> dict[str, Any]:
    if isinstance(said, dict):
        values = [{"value": value, "label": words} for value, words in said.items()]
        return {"key": key, "label": label, "values": values}
    return {"key": key, "label": label, "type": "string" if key == "note" else "integer"}


def _number(request: web.Request, name: str) -> int:
    text = request.query.get(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) <= _SEQ_DIGITS):
        raise MalformedRequest(f"{name}: must be an integer from 0")
    return int(text)
