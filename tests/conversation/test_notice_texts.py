"""Every notice has its words, and every button of one is something the engine knows."""

import json
import re
from datetime import date

import pytest
import yaml

from bot.conversation import notice_texts
from bot.scheduling.models import Crew, Item, Order, Visit
from bot.scheduling.notices import Kind, Notice
from bot.scheduling.status import FAILURES
from bot.settings import ROOT
from tests.scheduling import world as w

KINDS = Kind.__args__
DOMAIN = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
TODAY = date(2026, 11, 25)


def a_notice(kind, **facts):
    visit = Visit(
        "V1", "installation", "scheduled", w.window(), Crew("C1", "王师傅组", "138"), 9, 0
    )
    item = Item("S", "海尔空调", None, "split_ac", 1)
    order = Order("O1", "M", "tb", "李女士", "139", "310115", "路", 6, True, (item,), (), (visit,))
    return Notice("n1", kind, order, visit, w.window(), facts, None, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_notice_is_said_in_full(kind):
    line, card = (
        make(a_notice(kind), TODAY) for make in (notice_texts.as_line, notice_texts.as_card)
    )
    assert "海尔空调" in line.text or kind == "late"
    assert "{" not in line.text
    assert len(line.text) < 120
    assert card.text is None
    assert card.custom["notice"]["text"] == line.text
    assert 2 <= len(card.custom["notice"]["title"]) <= 10


@pytest.mark.parametrize("kind", KINDS)
def test_its_buttons_press_what_the_engine_knows(kind):
    intents = {next(iter(i)) if isinstance(i, dict) else i for i in DOMAIN["intents"]}
    entities = {next(iter(e)) if isinstance(e, dict) else e for e in DOMAIN["entities"]}
    for button in notice_texts.as_line(a_notice(kind), TODAY).buttons:
        intent, filled = re.fullmatch(r"/(\w+)(\{.*\})", button.payload).groups()
        assert intent in intents
        assert set(json.loads(filled)) <= entities
        assert json.loads(filled)["order_no"] == "O1"


@pytest.mark.parametrize("reason", FAILURES)
def test_a_failure_says_why_where_that_helps(reason):
    text = notice_texts.as_line(a_notice("failed", reason=reason), TODAY).text
    assert re.search(r"没有完成(（.+）)?。", text)
