"""`python -m bot agent add`, as it is typed."""

import asyncio
import io

import pytest

from bot.__main__ import main
from bot.desk.accounts import Accounts
from bot.errors import WrongCredentials


@pytest.fixture
def add(tmp_path, monkeypatch):
    monkeypatch.setenv("BOT_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("BOT_DATABASE_URL", f"sqlite:///{tmp_path / 'bot.db'}")

    def run(*words, password="correct horse\n"):
        monkeypatch.setattr("sys.stdin", io.StringIO(password))
        return main(["agent", "add", *words])

    return run


def sign_in(tmp_path, password="correct horse"):
    from bot.database import Database

    async def run():
        database = Database(f"sqlite:///{tmp_path / 'bot.db'}")
        try:
            return (await Accounts(database, lambda: 1e9).sign_in("wang", password))[1]
        finally:
            await database.close()

    return asyncio.run(run())


WANG = ("wang", "--name", "王芳", "--alias", "小王", "--role", "supervisor", "--max-chats", "7")


def test_an_account_is_made_that_can_sign_in(add, tmp_path):
    assert add(*WANG) == 0
    account = sign_in(tmp_path)
    assert (account.alias, account.role, account.max_chats) == ("小王", "supervisor", 7)


def test_an_account_that_exists_stays_as_it_is(add, tmp_path, capsys):
    add(*WANG)
    assert add(*WANG, password="another password\n") == 1
    assert "login_taken" in capsys.readouterr().err
    assert sign_in(tmp_path).alias == "小王"
    with pytest.raises(WrongCredentials):
        sign_in(tmp_path, "another password")


def test_a_short_password_is_refused(add, capsys):
    assert add(*WANG, password="short\n") == 1
    assert "weak_password" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [("--role", "boss"), ("--max-chats", "0"), ("--alias", " ")])
def test_what_makes_no_sense_is_refused(add, wrong):
    with pytest.raises(SystemExit):
        add(*WANG, *wrong)
