"""The command line: what it prints, what it complains about, and a server that ends cleanly."""

import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.app.roles import ROLES

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DOCUMENT = {
    "hubs": [{"hub_id": "H1", "name": "测试网点", "adcodes": ["310115"]}],
    "crews": [],
}


@pytest.fixture(autouse=True)
def settings(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("BOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BOT_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setattr("bot.log.configure", lambda **_: None)
    return monkeypatch


def write(tmp_path, content):
    path = tmp_path / "document.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def test_an_import_says_what_it_took(tmp_path, capsys):
    assert main(["import", write(tmp_path, DOCUMENT)]) == 0
    assert "1 hubs" in capsys.readouterr().out


def test_an_import_names_every_fault_by_its_path(tmp_path, capsys):
    broken = {"hubs": [{"hub_id": 5}], "orders": [{}]}
    assert main(["import", write(tmp_path, broken)]) == 1
    said = capsys.readouterr()
    assert "$.hubs[0].hub_id: " in said.err
    assert "$.orders[0].order_no: " in said.err
    assert not said.out


@pytest.mark.parametrize("content", ["", "{", "[" * 100_000, "nonsense"])
def test_an_import_of_what_is_no_json(tmp_path, capsys, content):
    assert main(["import", write(tmp_path, content)]) == 1
    assert "document.json" in capsys.readouterr().err


def test_an_import_of_a_file_that_is_not_there(capsys):
    assert main(["import", "/no/such/file"]) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_a_database_that_cannot_be_reached(settings, tmp_path, capsys):
    settings.setenv("BOT_DATABASE_URL", "postgresql://me:geheim@127.0.0.1:9/none")
    assert main(["import", write(tmp_path, DOCUMENT)]) == 1
    said = capsys.readouterr().err
    assert "BOT_DATABASE_URL" in said
    assert "geheim" not in said


def test_a_setting_that_is_wrong(settings, capsys):
    settings.setenv("BOT_PORT", "many")
    assert main(["demo"]) == 1
    assert "BOT_PORT" in capsys.readouterr().err or "PORT" in capsys.readouterr().err


def test_unknown_arguments_are_named(capsys):
    with pytest.raises(SystemExit):
        main(["demo", "--all"])
    assert "--all" in capsys.readouterr().err


def test_the_roles_are_listed(capsys):
    with pytest.raises(SystemExit):
        main(["serve", "--help"])
    said = capsys.readouterr().out
    assert all(role in said for role in ROLES)


def test_a_role_that_lacks_its_setting(capsys):
    assert main(["serve", "--role", "gateway"]) == 1
    assert "BOT_DATABASE_URL" in capsys.readouterr().err


def test_without_a_model_the_server_says_how_to_train(settings, tmp_path, capsys):
    settings.setenv("BOT_MODELS_DIR", str(tmp_path))
    settings.setenv("BOT_PORT", "0")
    assert main(["serve"]) == 1
    assert "bot train" in capsys.readouterr().err


def test_open_to_others_without_a_token_the_server_does_not_start(settings, capsys):
    settings.setenv("BOT_HOST", "0.0.0.0")
    assert main(["serve"]) == 1
    assert "BOT_API_TOKEN" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["train", "parse", "evaluate"])
def test_without_the_engines_python_its_commands_say_so(settings, capsys, command):
    settings.setenv("BOT_ENGINE_PYTHON", "/no/such/python")
    assert main([command, "你好"]) == 1
    assert "BOT_ENGINE_PYTHON" in capsys.readouterr().err


def test_what_the_engines_commands_are_given(settings, tmp_path, capfd):
    settings.setenv("BOT_ENGINE_PYTHON", script(tmp_path, 'echo "$@"; exit 3'))
    settings.setenv("BOT_CLOCK", "2026-11-20T10:00:00+08:00")
    assert main(["parse", "改到明天"]) == 3
    assert main(["evaluate", "dev.jsonl", "--json"]) == 3
    parse, evaluate = capfd.readouterr().out.splitlines()
    assert parse.startswith("-m bot.engine.parse --now 2026-11-20T10:00:0")
    assert parse.endswith("改到明天")
    assert evaluate == "-m bot.engine.evaluate dev.jsonl --json"


def script(tmp_path, body):
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_from_start_to_end(settings, tmp_path, number):
    models = tmp_path / "models"
    models.mkdir()
    (models / "m.tar.gz").write_bytes(b"model")
    manifest = {
        "model": "m.tar.gz",
        "sha256": hashlib.sha256(b"model").hexdigest(),
        "fingerprint": "",
        "trained_at": "",
        "seconds": 0,
    }
    (models / "manifest.json").write_text(json.dumps(manifest))
    settings.setenv("BOT_MODELS_DIR", str(models))
    settings.setenv("BOT_PORT", "0")
    engine = f'exec {sys.executable} {HERE / "engine.py"} "$@"'
    settings.setenv("BOT_ENGINE_PYTHON", script(tmp_path, engine))
    command = [sys.executable, "-m", "bot", "serve"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        url = server.stdout.readline().removeprefix("Ready: ").strip()
        body = json.dumps({"sender": "s1", "message": "你好"}).encode()
        with urllib.request.urlopen(f"{url}/webhooks/rest/webhook", body, timeout=10) as answer:
            assert json.load(answer) == [{"recipient_id": "s1", "text": "echo: 你好"}]
        server.send_signal(number)
        assert server.wait(timeout=15) == 0
    assert not children_with(str(tmp_path))


def children_with(text):
    found = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    return [line for line in found.stdout.splitlines() if text in line and "ps -eo" not in line]
