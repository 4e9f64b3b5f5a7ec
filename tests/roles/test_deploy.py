"""The examples under deploy/: every role gets all that it asks for, and is said where it was run."""

import re
from dataclasses import fields

import pytest
import yaml

from bot.app import roles
from bot.settings import ROOT, Settings, load

DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yml").read_text(encoding="utf-8"))
OURS = [name for name, one in COMPOSE["services"].items() if one["image"] == "yuezhuang"]


def test_every_role_but_the_whole_has_a_service():
    assert {COMPOSE["services"][name]["command"][1] for name in OURS} == roles.ROLES.keys() - {
        "all"
    }


@pytest.mark.parametrize("name", OURS)
def test_a_service_has_all_that_its_role_asks_for(name, monkeypatch):
    service = COMPOSE["services"][name]
    for variable, value in service["environment"].items():
        assert variable.removeprefix("BOT_").lower() in {field.name for field in fields(Settings)}
        monkeypatch.setenv(variable, re.sub(r"\$\{.*?\}", "s" * 32, value))
    roles.check(service["command"][1], load())


def test_what_is_asked_of_the_environment_stands_in_the_example():
    asked = set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yml").read_text(encoding="utf-8")))
    example = (DEPLOY / "env.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^(\w+)=", example, re.MULTILINE)) == asked


def test_engines_are_where_workers_look_for_them():
    urls = COMPOSE["services"]["worker"]["environment"]["BOT_ENGINE_URLS"].split(",")
    assert {re.match(r"http://([\w-]+):5005", url)[1] for url in urls} <= set(OURS)


@pytest.mark.parametrize(
    "file", ["nginx.conf", "compose.yml", "Dockerfile", "systemd/yuezhuang@.service"]
)
def test_each_example_says_what_was_run_and_what_was_not(file):
    assert "Not run:" in (DEPLOY / file).read_text(encoding="utf-8")
