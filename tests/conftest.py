"""What all tests share: cheap passwords, and which tests stay together in one process.

`make test` lets several processes share the work (pytest-xdist, a file at a time each).
"""

import secrets
from pathlib import Path

import pytest

ROOT = Path(__file__).parent
# Folders whose tests share one running system or one engine.
TOGETHER = ("browser", "dialogues", "engine", "nlu")
# Those that take longest; begun with, so that none is left to one process at the end.
FIRST = ("browser", "app", "dialogues", "engine", "scheduling", "desk")


def pytest_collection_modifyitems(items):
    """Begin with the tests that take long."""
    items.sort(key=lambda item: _rank(item.path.relative_to(ROOT).parts[0]))


def _rank(folder):
    return FIRST.index(folder) if folder in FIRST else len(FIRST)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Keep a file's tests in one process, and those of some folders."""
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.split("::")[0]
            return next((name for name in TOGETHER if file.startswith(f"tests/{name}/")), file)

    return Together(config, log)


@pytest.fixture(autouse=True, scope="session")
def cheap_passwords():
    """Hash passwords at the least cost: what makes guessing slow makes half of a desk's test."""
    from argon2 import PasswordHasher

    from bot.desk import accounts

    real, nobody = accounts._HASHER, accounts._NOBODY
    accounts._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    accounts._NOBODY = accounts._HASHER.hash(secrets.token_hex(8))
    yield
    accounts._HASHER, accounts._NOBODY = real, nobody
