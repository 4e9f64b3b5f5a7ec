"""Steps that are done once, and said while they are done."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
RECORD = ROOT / "var" / "setup" / "steps.json"
TICK_SECONDS = 10


class SetupFailed(Exception):
    """A step failed; the message says what to do."""


@dataclass(frozen=True)
class Step:
    """One thing to do: `inputs` decide whether it is done already, `result` must exist after."""

    name: str
    title: str
    inputs: Sequence[Path]
    result: Path | None
    run: Callable[[], None]


def fingerprint(inputs: Iterable[Path]) -> str:
    """Return a digest of the files' names and contents; folders count with all they hold."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(inputs):
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(str(file.relative_to(ROOT)).encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()


def perform(steps: Sequence[Step]) -> None:
    """Do the steps that are not done yet, in order. Raises SetupFailed."""
    record = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    for number, step in enumerate(steps, 1):
        print_ = f"[{number}/{len(steps)}] {step.title}"
        before = record.get(step.name, {})
        mark = fingerprint(step.inputs)
        if before.get("mark") == mark and (step.result is None or step.result.exists()):
            continue
        last = f" (last time {before['seconds']} s)" if "seconds" in before else ""
        print(f"{print_}{last}", flush=True)
        started = time.monotonic()
        step.run()
        seconds = round(time.monotonic() - started)
        record[step.name] = {"mark": mark, "seconds": seconds}
        RECORD.parent.mkdir(parents=True, exist_ok=True)
        RECORD.write_text(json.dumps(record, indent=1))
        print(f"      done in {seconds} s", flush=True)


def call(command: Sequence[object], *, log: str, cwd: Path = ROOT, hint: str = "") -> None:
    """Run a command with its output in `var/setup/<log>.log`, telling how long it has run.

    Raises SetupFailed with the end of the output and `hint`.
    """
    path = RECORD.parent / f"{log}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as out:
        process = subprocess.Popen([str(c) for c in command], cwd=cwd, stdout=out, stderr=out)
        done = threading.Event()
        ticker = threading.Thread(target=_tick, args=(done,), daemon=True)
        ticker.start()
        try:
            code = process.wait()
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise
        finally:
            done.set()
    if code:
        tail = "\n".join(path.read_text(errors="replace").splitlines()[-15:])
        shown = " ".join(map(str, command))
        raise SetupFailed(f"{shown} ended with {code}:\n{tail}\n{hint}".rstrip())


def _tick(done: threading.Event) -> None:
    started = time.monotonic()
    while not done.wait(TICK_SECONDS):
        print(f"      … {time.monotonic() - started:.0f} s", flush=True)
