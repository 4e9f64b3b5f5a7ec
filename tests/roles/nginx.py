"""nginx with the configuration that we ship, on ports and with a certificate of a test's own."""

import shutil
import subprocess
import time
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.clock import SystemClock
from tests.roles.cluster import ROOT, free_port

SHIPPED = ROOT / "deploy" / "nginx.conf"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
AROUND = """
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/yuezhuang.conf;
}}
"""


class Nginx:
    """A running nginx; `url` is where it listens."""

    def __init__(self, folder: Path, upstreams: list[str]):
        self._folder = folder
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self._write(upstreams)
        self._popen = None

    def check(self):
        """What `nginx -t` says."""
        return subprocess.run([*self._command(), "-t"], capture_output=True, text=True, check=False)

    def start(self):
        self._popen = subprocess.Popen([*self._command(), "-g", "daemon off;"])
        while not (self._folder / "nginx.pid").exists():
            assert self._popen.poll() is None, (self._folder / "error.log").read_text()
            time.sleep(0.02)

    def stop(self):
        self._popen.terminate()
        self._popen.wait(10)

    def _command(self):
        return [NGINX, "-c", str(self._folder / "nginx.conf"), "-p", str(self._folder)]

    def _write(self, upstreams):
        _certificate(self._folder)
        hosts = [url.removeprefix("http://") for url in upstreams]
        text = SHIPPED.read_text()
        for old, new in (
            ("127.0.0.1:8080", hosts[0]),
            ("127.0.0.1:8081", hosts[1]),
            ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
            ("listen 443 ssl;", f"listen 127.0.0.1:{self.port} ssl;"),
            ("/etc/ssl/bot.example", str(self._folder)),
            ("/var/log/nginx", str(self._folder)),
        ):
            assert old in text, old
            text = text.replace(old, new)
        (self._folder / "yuezhuang.conf").write_text(text)
        (self._folder / "nginx.conf").write_text(AROUND.format(folder=self._folder))


def _certificate(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bot.example")])
    now = SystemClock().now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "fullchain.pem").write_bytes(made.public_bytes(pem))
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
