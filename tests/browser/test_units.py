"""The page's own unit tests, run by vitest with the packaged Node."""

import subprocess
import sys

from tests.browser.conftest import missing
from tests.browser.fake_server import DIST
from tests.system import ROOT


def test_the_pages_unit_tests_pass():
    if not (DIST.parent / "node_modules").exists():
        missing("The page's packages are not installed; get them with: python3 -m bot.setup test")
    command = [sys.executable, "-m", "bot.setup.node", "run", "test"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
