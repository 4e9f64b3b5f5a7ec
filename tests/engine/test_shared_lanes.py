"""Two engines never work on one conversation at once; one that is killed gives way."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.engine.process import PYTHON

POSTGRES = os.environ.get("BOT_TEST_POSTGRES_URL", "")
HOLDER = Path(__file__).with_name("lane_holder.py")

pytestmark = [pytest.mark.engine, pytest.mark.postgres, pytest.mark.nightly]


def holder(*keys):
    command = [str(PYTHON), str(HOLDER), POSTGRES, *keys]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def line(process):
    return process.stdout.readline().strip()


@pytest.mark.skipif(not POSTGRES, reason="BOT_TEST_POSTGRES_URL is not set")
def test_an_engine_waits_for_the_other_until_it_is_gone():
    with holder("c1") as first:
        assert line(first) == "in c1"
        with holder("c1", "c2") as second:
            assert line(second) == "refused c1"
            assert line(second) == "in c2"
            assert second.poll() is None
            first.kill()
            assert line(second) == "in c1"
            assert line(second) == "in c1"  # and it was given back
            assert second.wait(10) == 0
