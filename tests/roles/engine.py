"""Stands in for the engine's Python: echoes, repeats an answered turn, and writes down what it does.

A text that begins with 慢 is worked on until the file `go` is there. The journal, at JOURNAL,
has a line for each beginning and end: which, conversation, turn, text.
"""

import json
import os
import sys
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

JOURNAL = Path(os.environ["JOURNAL"])
GO = JOURNAL.with_name("go")
lanes = defaultdict(threading.Lock)
answered = {}


def note(what, turn):
    row = [what, turn["conversation_id"], turn["turn_id"], turn["text"], os.getpid()]
    with JOURNAL.open("a") as file:
        file.write(json.dumps(row) + "\n")


def work(turn):
    with lanes[turn["conversation_id"]]:
        if turn["turn_id"] not in answered:
            note("begin", turn)
            while turn["text"].startswith("慢") and not GO.exists():
                time.sleep(0.02)
            replies = [{"text": f"echo: {turn['text']}"}]
            answered[turn["turn_id"]] = {"replies": replies, "nlu": {}}
            note("end", turn)
        return answered[turn["turn_id"]]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self._answer(200, {"model": "scripted"})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers.get("Authorization") != f"Bearer {os.environ['BOT_ENGINE_TOKEN']}":
            self._answer(401, {})
        elif self.path == "/turn":
            self._answer(200, work(body))
        else:
            self._answer(200, {"text": body["text"], "intent": {}, "entities": []})

    def _answer(self, status, body):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_):
        pass


port = int(sys.argv[sys.argv.index("--port") + 1])
ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
