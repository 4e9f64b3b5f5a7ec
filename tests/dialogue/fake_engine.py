"""A child that listens like the engine: `/readyz`, and ways to misbehave."""

import json
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    deaf = False

    def do_GET(self):
        if self.path == "/die":
            os._exit(3)
        if self.path == "/deaf":
            Handler.deaf = True
        token = f"Bearer {os.environ['BOT_ENGINE_TOKEN']}"
        ok = not Handler.deaf and self.headers["Authorization"] == token
        self.send_response(200 if ok else 503)
        self.end_headers()
        self.wfile.write(json.dumps({"pid": os.getpid()}).encode())

    def log_message(self, *_):
        pass


# A process of the engine's own, which must not outlive it.
sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open(sys.argv[2], "a") as file:
    file.write(f"{os.getpid()} {sleeper.pid}\n")
HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
