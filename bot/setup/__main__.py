"""`python3 -m bot.setup run|test`: do all set-up that is missing."""

from __future__ import annotations

import shutil
import sys
import venv
from pathlib import Path

from bot.setup.progress import ROOT, SetupFailed, Step, call, perform
from bot.setup.pythons import find_python310

APPLICATION = ROOT / ".venv"
ENGINE = ROOT / ".venv-rasa"
WEB = ROOT / "bot" / "web"
LOCKS = ROOT / "requirements"
LEARNT_FROM = ["config.yml", "domain.yml", "data", "bot/nlu", "bot/language", "bot/engine"]
NO_REGISTRY = "Is the Python package registry reachable? pip's own settings apply."


def application_environment() -> None:
    """Make `.venv` and install its locked packages."""
    if not (APPLICATION / "bin" / "python").exists():
        venv.create(APPLICATION, with_pip=True)
    pip = [APPLICATION / "bin" / "python", "-m", "pip", "install", "--quiet", "uv>=0.8"]
    call(pip, log="uv", hint=NO_REGISTRY)
    _sync(APPLICATION, "application")


def engine_environment() -> None:
    """Make `.venv-rasa` with Python 3.10 and install its locked packages."""
    uv = APPLICATION / "bin" / "uv"
    if not (ENGINE / "bin" / "python").exists():
        call([uv, "venv", "--python", find_python310(uv), ENGINE], log="engine-venv")
    _sync(ENGINE, "engine")


def _sync(environment: Path, lock: str) -> None:
    uv = APPLICATION / "bin" / "uv"
    python = environment / "bin" / "python"
    install = [uv, "pip", "install", "--python", python, "--require-hashes"]
    call([*install, "-r", LOCKS / f"{lock}.txt"], log=lock, hint=NO_REGISTRY)


def web_pages() -> None:
    """Build the pages with the Node that came with the application's packages."""
    shutil.rmtree(WEB / "dist", ignore_errors=True)
    node = [APPLICATION / "bin" / "python", "-m", "bot.setup.node"]
    call([*node, "ci"], log="web-install", hint="Is the npm registry reachable?")
    call([*node, "run", "build"], log="web-build")


def model() -> None:
    """Train the model of the present data; a model that exists is kept."""
    call([APPLICATION / "bin" / "python", "-m", "bot", "train"], log="train")


def demo_data() -> None:
    """Create the database's tables, and fill an empty one with demo data."""
    call([APPLICATION / "bin" / "python", "-m", "bot", "demo"], log="demo")


def steps(goal: str) -> list[Step]:
    """Return the steps to `goal`: `run` or `test`."""
    web_sources = [p for p in WEB.iterdir() if p.name not in {"dist", "node_modules"}]
    common = [
        Step(
            "application",
            "Installing the application's packages",
            [LOCKS / "application.txt"],
            APPLICATION / "bin" / "uv",
            application_environment,
        ),
        Step(
            "engine",
            "Installing the engine's packages (Rasa, TensorFlow: about 2.5 GB)",
            [LOCKS / "engine.txt"],
            ENGINE / "bin" / "rasa",
            engine_environment,
        ),
        Step("web", "Building the pages", web_sources, WEB / "dist" / "index.html", web_pages),
        Step(
            "model",
            "Training the language model",
            [ROOT / name for name in LEARNT_FROM],
            ROOT / "models" / "manifest.json",
            model,
        ),
    ]
    if goal == "run":
        demo = Step("demo", "Loading demo data", [ROOT / "data" / "demo"], None, demo_data)
        return [*common, demo]
    return common


def main() -> int:
    """Do what is missing for the goal on the command line."""
    try:
        perform(steps(sys.argv[1] if len(sys.argv) > 1 else "run"))
    except SetupFailed as failure:
        print(f"Set-up stopped: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
