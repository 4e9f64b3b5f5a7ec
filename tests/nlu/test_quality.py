"""What the trained model has to reach. Floors move up with the model, never down in silence."""

import json
from pathlib import Path

import pytest

from tests.engine.process import PYTHON, ROOT, trained_model

pytestmark = pytest.mark.engine

HERE = Path(__file__).parent
DEV = HERE / "dev.jsonl"
GARBAGE = HERE / "garbage.txt"

INTENT_FLOOR = 0.80
MACRO_F1_FLOOR = 0.80
ENTITY_F1_FLOOR = 0.93
INTENT_RECALL_FLOOR = 0.45
# Of texts about nothing that is ours, the share that may be taken for a wish.
GARBAGE_CEILING = 0.04
# Messages of signs alone, and what they have to be.
SIGNS = {
    "nlu_fallback": "。 . ？ !!! ， …… —— ~ ^_^ 🙂 😭 🌹 👍👎 。。。😂",
    "affirm": "👌 👍 🆗 ✅ ✔️ 👌🏻👌🏻 👍。",
    "deny": "👎 ❌ 🙅 🙅‍♀️",
}
MUST_NOT_FAIL = {"request_human": 0.94, "report_hazard": 0.94}


def evaluate(file):
    import subprocess

    command = [str(PYTHON), "-m", "bot.engine.evaluate", "--json", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def dev():
    trained_model()
    return evaluate(DEV)


def rows(intents, texts):
    return [{"text": text, "intent": intents, "entities": []} for text in texts]


def evaluate_rows(folder, labelled):
    trained_model()
    file = folder / "rows.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in labelled), encoding="utf-8")
    return evaluate(file)


@pytest.fixture(scope="module")
def garbage(tmp_path_factory):
    texts = GARBAGE.read_text(encoding="utf-8").splitlines()
    labelled = rows(["out_of_scope", "nlu_fallback"], texts)
    return evaluate_rows(tmp_path_factory.mktemp("garbage"), labelled)


def test_intents_and_entities_of_the_dev_set(dev):
    assert dev["intent"]["accuracy"] >= INTENT_FLOOR
    assert dev["intent"]["macro_f1"] >= MACRO_F1_FLOOR
    assert dev["entities"]["micro"]["f1"] >= ENTITY_F1_FLOOR


def test_no_intent_is_left_behind(dev):
    weak = {
        name: numbers["recall"]
        for name, numbers in dev["intent"]["per_intent"].items()
        if numbers["support"] and numbers["recall"] < INTENT_RECALL_FLOOR
    }
    assert weak == {}


@pytest.mark.parametrize(("intent", "recall"), MUST_NOT_FAIL.items())
def test_what_must_not_fail_does_not(dev, intent, recall):
    assert dev["intent"]["per_intent"][intent]["recall"] >= recall


def test_garbage_is_not_taken_for_a_wish(garbage):
    taken = [mistake["text"] for mistake in garbage["mistakes"]]
    assert len(taken) / garbage["texts"] <= GARBAGE_CEILING, taken


def test_signs_mean_what_they_mean(tmp_path):
    labelled = [row for name, texts in SIGNS.items() for row in rows(name, texts.split())]
    assert evaluate_rows(tmp_path, labelled)["mistakes"] == []
