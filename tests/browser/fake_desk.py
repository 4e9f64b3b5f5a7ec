"""A small stand-in for the desk's server: the wire of docs/desk-api.md, faults on demand."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tests.browser.fake_desk_world import (
    CANNED,
    CARD,
    LI,
    NOW,
    SECRETS,
    TEXTS,
    WANG,
    Case,
    at,
    first_cases,
)
from tests.browser.fake_server import DIST


class FakeDesk:
    """The server; tests steer it with `cases`, `refuse` and `push`."""

    def __init__(self) -> None:
        self.cases = first_cases()
        self.agent = {
            "id": "a1", "login": "xiaowang", "name": "王芳", "alias": "小王", "role": "agent",
            "presence": "online", "chats": 0, "max_chats": 5,
        }  # fmt: skip
        self.signed_in = False
        self.sockets: dict[web.WebSocketResponse, set[str]] = {}
        self.said: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, Any]] = []
        self.refuse: dict[str, tuple[int, dict[str, Any]]] = {}
        self.lost: list[dict[str, Any]] = []
        self.suggestion: dict[str, Any] | None = {
            "id": "s1", "text": "给您查了一下，周六（11月21日）09:00–12:00可以上门，您看可以吗？",
            "intent": "ask_availability", "confidence": 0.82,
        }  # fmt: skip
        self.card = {**CARD, "visit": dict(CARD["visit"]), "site": dict(CARD["site"])}

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/desk", self.page)
        app.router.add_static("/assets", DIST / "assets")
        app.router.add_get("/desk/api/events", self.events)
        app.router.add_route("*", "/desk/api/{path:.*}", self.call)
        app.on_shutdown.append(self.close)
        return app

    async def close(self, _app: web.Application) -> None:
        for socket in list(self.sockets):
            await socket.close()

    async def page(self, _request: web.Request) -> web.FileResponse:
        return web.FileResponse(DIST / "desk.html")

    def where(self, row: dict[str, Any]) -> list[str]:
        if row["state"] == "human":
            return ["mine"] if row["agent"]["id"] == self.agent["id"] else []
        return [row["state"]] if row["state"] != "closed" else []

    def counts(self) -> dict[str, Any]:
        rows = [case.row for case in self.cases.values()]
        number = {
            name: sum(name in self.where(row) for row in rows) for name in ("queued", "mine", "bot")
        }
        return {**number, "longest_wait_seconds": 240, "chats": number["mine"], "max_chats": 5}

    async def push(self, frame: dict[str, Any], watching: str | None = None) -> None:
        for socket, watched in list(self.sockets.items()):
            if watching is None or watching in watched:
                await socket.send_json(frame)

    async def tell_row(self, case: Case) -> None:
        await self.push(
            {"type": "conversation", "conversation": case.row, "lists": self.where(case.row)}
        )
        await self.push({"type": "counts", **self.counts()})

    async def consumer_says(self, identity: str, text: str) -> None:
        case = self.cases[identity]
        line = case.say("consumer", text)
        case.row |= {"unread": case.row["unread"] + 1}
        await self.push({"type": "message", "conversation_id": identity, "message": line}, identity)
        await self.tell_row(case)

    async def taken_by(self, identity: str, agent: dict[str, Any]) -> None:
        case = self.cases[identity]
        move = case.move("claim", "human", {"kind": "agent", **agent}, agent)
        await self.push({"type": "move", "conversation_id": identity, "move": move}, identity)
        await self.tell_row(case)

    async def events(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "agent": self.agent, "at": NOW.isoformat()})
        self.sockets[socket] = set()
        try:
            async for frame in socket:
                await self.heard(socket, frame.json())
        finally:
            del self.sockets[socket]
        return socket

    async def heard(self, socket: web.WebSocketResponse, frame: dict[str, Any]) -> None:
        if frame["type"] == "lists":
            for name in frame["lists"]:
                rows = [case.row for case in self.cases.values() if name in self.where(case.row)]
                await socket.send_json({"type": "snapshot", "list": name, "conversations": rows})
            await socket.send_json({"type": "counts", **self.counts()})
        elif frame["type"] == "watch":
            identity = frame["conversation_id"]
            self.sockets[socket].add(identity)
            for line in self.cases[identity].lines[frame["after_seq"] :]:
                await socket.send_json(
                    {"type": "message", "conversation_id": identity, "message": line}
                )
        elif frame["type"] == "unwatch":
            self.sockets[socket].discard(frame["conversation_id"])

    async def call(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        body = await request.json() if request.can_read_body else {}
        self.calls.append((path, body))
        for part, (status, problem) in self.refuse.items():
            if part in path:
                return web.json_response(
                    {"status": status, "detail": "refused", **problem}, status=status
                )
        if path == "login":
            self.signed_in = body["password"] == "geheim-geheim"
            if not self.signed_in:
                return web.json_response({"code": "wrong_credentials", "detail": "no"}, status=401)
        if not self.signed_in:
            return web.json_response({"code": "not_signed_in", "detail": "no"}, status=401)
        answer = await self.answer(path.split("/"), body, request)
        return web.Response(status=204) if answer is None else web.json_response(answer)

    async def answer(self, path: list[str], body: Any, request: web.Request) -> Any:  # noqa: C901, PLR0911 - a table
        match path:
            case ["login"]:
                return {"agent": self.agent}
            case ["logout"]:
                self.signed_in = False
                return None
            case ["me"]:
                return {
                    "agent": self.agent,
                    "heartbeat_seconds": 15,
                    "slow_seconds": 100,
                    "late_seconds": 180,
                }
            case ["presence"]:
                self.agent["presence"] = body["presence"]
                return {"agent": self.agent}
            case ["texts"]:
                return TEXTS
            case ["agents"]:
                away = {**self.agent, **LI, "name": "李强", "chats": 1}
                return {
                    "agents": [
                        self.agent,
                        away,
                        {**away, "id": "a3", "alias": "小赵", "presence": "away"},
                    ]
                }
            case ["claim-next"]:
                waiting = [case for case in self.cases.values() if case.row["state"] == "queued"]
                head = min(waiting, key=lambda case: (case.row["priority"], case.row["queued_at"]))
                await self.taken_by(head.row["id"], WANG)
                return {"conversation": head.row}
            case ["supervisor", *rest]:
                return self.supervise(rest)
            case ["undelivered"]:
                return {"lines": self.lost}
            case ["conversations", _, "resend"]:
                sent, self.lost = len(self.lost), []
                return {"lines": sent}
            case ["conversations", identity, *rest]:
                return await self.of_case(self.cases[identity], rest, body, request)
        raise web.HTTPNotFound

    def supervise(self, path: list[str]) -> Any:
        rows = [case.row for case in self.cases.values()]
        if path == ["overview"]:
            agents = [
                {**self.agent, "seen_at": at(0)},
                {
                    **self.agent,
                    **LI,
                    "name": "李强",
                    "chats": 4,
                    "presence": "busy",
                    "seen_at": at(-1),
                },
            ]
            human = [row for row in rows if row["state"] == "human"]
            return {
                "queued": 3,
                "longest_wait_seconds": 240,
                "bot": 14,
                "human": len(human),
                "agents": agents,
                "conversations": human,
            }
        if path == ["missed"]:
            one = {"at": at(-30), "command": "nobody_came", "waited_seconds": 1860}
            return {"missed": [{"conversation": rows[0], **one}]}
        if path == ["sample"]:
            return {
                "conversations": [
                    {
                        **rows[0],
                        "closed_at": at(-60),
                        "disposition": "solved",
                        "rating": {"stars": 5, "at": at(-50)},
                    }
                ]
            }
        entries = [
            {"id": "9", "at": at(-1), "action": "reveal", "actor": {"kind": "agent", **WANG}, "conversation_id": "k1", "detail": {"order_no": "…3456", "field": "phone"}},
            {"id": "8", "at": at(-2), "action": "claim", "actor": {"kind": "agent", **WANG}, "conversation_id": "k1", "detail": {"from": "queued", "to": "human"}},
        ]  # fmt: skip
        return {"entries": entries, "before": None}

    async def of_case(self, case: Case, path: list[str], body: Any, request: web.Request) -> Any:  # noqa: C901, PLR0911 - a table
        identity = case.row["id"]
        match path:
            case []:
                earlier = {
                    **case.row,
                    "id": "k0",
                    "case_no": 1,
                    "state": "closed",
                    "disposition": "solved",
                    "summary": "顾客询问安装所需材料，已说明。",
                    "rating": {"stars": 5},
                }
                return {
                    "conversation": case.row,
                    "messages": case.lines,
                    "moves": case.moves,
                    "cases": [earlier],
                }
            case ["read"]:
                case.row["unread"] = 0
                await self.tell_row(case)
            case ["summary"]:
                return {"summary": "海尔1.5匹挂机空调：顾客要求改约，楼里周日不能施工。"}
            case ["canned"]:
                return {"canned": CANNED}
            case ["orders"]:
                return {"orders": [self.card]}
            case ["reveal"]:
                return {"value": SECRETS[body["field"]]}
            case ["suggestion"]:
                return {"suggestion": self.suggestion}
            case ["windows"]:
                days = [
                    ("21", "09:00", "12:00"),
                    ("21", "12:00", "15:00"),
                    ("23", "09:00", "12:00"),
                ]
                return {
                    "windows": [
                        {"start": f"2026-11-{d}T{a}:00+08:00", "end": f"2026-11-{d}T{b}:00+08:00"}
                        for d, a, b in days
                    ]
                }
            case ["visit"]:
                self.card["visit"] |= {
                    **body["window"],
                    "changes": self.card["visit"]["changes"] + 1,
                }
                return {"order": self.card}
            case ["site"]:
                self.card["site"] |= body["facts"]
                return {"order": self.card, "conflict": False}
            case [("messages" | "notes") as kind]:
                return {"message": await self.store(case, kind, body)}
            case [("claim" | "barge-in" | "transfer" | "release" | "return" | "close") as command]:
                to = {"return": "bot", "close": "closed", "release": "queued"}.get(command, "human")
                owner = {"transfer": LI, "claim": WANG, "barge-in": WANG}.get(command)
                move = case.move(command.replace("-", "_"), to, {"kind": "agent", **WANG}, owner)
                case.row |= {"disposition": body.get("disposition")}
                await self.push(
                    {"type": "move", "conversation_id": identity, "move": move}, identity
                )
                await self.tell_row(case)
                return {"conversation": case.row}
        return None

    async def store(self, case: Case, kind: str, body: Any) -> dict[str, Any]:
        known = self.said.get(body["client_id"])
        if known is None:
            visibility = "note" if kind == "notes" else "public"
            known = case.say(
                "agent", body["text"], visibility, agent=WANG, client_id=body["client_id"]
            )
            self.said[body["client_id"]] = known
            frame = {"type": "message", "conversation_id": case.row["id"], "message": known}
            await self.push(frame, case.row["id"])
        return known
