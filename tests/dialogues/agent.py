"""An agent at the running system's desk, who takes over in the middle of a script."""

import json
import os
import sqlite3
import subprocess
import urllib.request
from functools import cache
from http.cookiejar import CookieJar

from tests.system import ROOT, command

PASSWORD = "only for dialogues"


class Agent:
    """Signed in at `system`'s desk under an account of their own."""

    def __init__(self, system):
        self.system = system
        self._add()
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self._opener = urllib.request.build_opener(cookies)
        self.post("login", {"login": "dialogues", "password": PASSWORD})

    def _add(self):
        environment = {**os.environ, "BOT_VAR_DIR": str(self.system.var_dir)}
        environment.pop("BOT_DATABASE_URL", None)
        words = [
            "agent",
            "add",
            "dialogues",
            "--name",
            "王芳",
            "--alias",
            "小王",
            "--max-chats",
            "50",
        ]
        subprocess.run(
            command(*words),
            input=f"{PASSWORD}\n".encode(),
            env=environment,
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def post(self, path, body):
        request = urllib.request.Request(
            f"{self.system.url}/desk/api/{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with self._opener.open(request, timeout=60) as answer:
            return json.load(answer)

    def takes_over(self, sender):
        self.post(f"conversations/{self._case(sender)}/barge-in", {})

    def gives_back(self, sender):
        self.post(f"conversations/{self._case(sender)}/return", {})

    def _case(self, sender):
        with sqlite3.connect(self.system.var_dir / "yuezhuang.db") as database:
            query = "SELECT id FROM conversation WHERE sender = ? AND current"
            ((name,),) = database.execute(query, (sender,)).fetchall()
        return name


@cache
def agent(system):
    """The one agent of a running system, made when a script first needs them."""
    return Agent(system)
