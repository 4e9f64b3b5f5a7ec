"""`python -m bot staff …`, as it is typed."""

import asyncio
import io
import json

import pytest

from bot.__main__ import main
from bot.channels.staff import Person
from bot.conversation.conversations import host_seconds
from bot.database import Database
from bot.staff.bindings import Bindings, Bound
from tests.scheduling import world as w

WHO = ("feishu", "main", "ou_1")


@pytest.fixture
def staff(tmp_path, monkeypatch):
    monkeypatch.setenv("BOT_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("BOT_DATABASE_URL", f"sqlite:///{tmp_path / 'bot.db'}")
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\n"))
    assert main(["agent", "add", "wang", "--name", "王芳", "--alias", "小王"]) == 0
    document = tmp_path / "crews.json"
    document.write_text(json.dumps(w.document()), encoding="utf-8")
    assert main(["import", str(document)]) == 0
    return lambda *words: main(["staff", *words])


def bindings(tmp_path, work):
    async def run():
        database = Database(f"sqlite:///{tmp_path / 'bot.db'}")
        try:
            return await work(Bindings(database, host_seconds()))
        finally:
            await database.close()

    return asyncio.run(run())


@pytest.mark.parametrize("whom", [("--login", "wang"), ("--crew", "C1")])
def test_a_code_that_is_printed_binds(staff, tmp_path, capsys, whom):
    assert staff("code", *whom) == 0
    code = capsys.readouterr().out.splitlines()[-1].split()[0]
    bound = bindings(tmp_path, lambda known: known.redeem(Person(*WHO), code))
    assert (bound.crew_id == "C1") == (whom[0] == "--crew")
    assert staff("list") == 0
    assert capsys.readouterr().out == f"feishu main ou_1: {whom[0][2:]} {whom[1]}\n"


def test_somebody_known_is_bound_and_forgotten(staff, tmp_path, capsys):
    assert staff("bind", *WHO, "--crew", "C1") == 0
    assert bindings(tmp_path, lambda known: known.of(Person(*WHO))) == Bound(crew_id="C1")
    assert staff("unbind", *WHO) == 0
    assert bindings(tmp_path, lambda known: known.of(Person(*WHO))) is None
    assert staff("unbind", *WHO) == 1
    assert "not_found" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("code", "--crew", "C9"), "crew_not_found"),
        (("code", "--login", "nobody"), "not_found"),
        (("bind", *WHO, "--crew", "C9"), "crew_not_found"),
    ],
)
def test_who_is_not_there_is_named(staff, capsys, words, code):
    assert staff(*words) == 1
    assert code in capsys.readouterr().err
