"""What all tests share: cheap passwords, and which tests stay together in one process.

`make test` lets several processes share the work (pytest-xdist, one group at a time each).
"""

import secrets
from pathlib import Path

import pytest

ROOT = Path(__file__).parent
# Folders whose tests share one running system or one engine.
TOGETHER = ("browser", "dialogues", "engine", "nlu")
# Those that take longest; begun with, so that none is left to one process at the end.
FIRST = ("browser", "app", "dialogues", "engine", "scheduling", "desk")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Keep a file's tests together, some folders' too, and begin with those that take long."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item.path.relative_to(ROOT))))
    items.sort(key=lambda item: _rank(item.path.relative_to(ROOT).parts[0]))


def _group(path):
    return path.parts[0] if path.parts[0] in TOGETHER else str(path)


def _rank(folder):
    return FIRST.index(folder) if folder in FIRST else len(FIRST)


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
