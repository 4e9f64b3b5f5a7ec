"""The lint of data and domain finds each fault, names its line, and accepts a sound project."""

import pytest
import yaml

from bot.engine.lint import lint, main

DOMAIN = {
    "intents": ["greet", "track_order", "nlu_fallback"],
    "entities": ["appliance"],
    "forms": {"order_form": {"required_slots": ["order_no"]}},
    "actions": ["action_greet", "action_track", "action_default_fallback"],
    "responses": {
        "utter_hello": [{"text": "您好"}],
        "utter_engine_failure": [{"text": "抱歉"}],
    },
}
NLU = """\
version: "3.1"
nlu:
- intent: greet
  examples: |
    - 您好
    - 在吗
- intent: track_order
  examples: |
    - 我的[冰箱](appliance)到哪了
    - 查物流
"""
RULES = """\
version: "3.1"
rules:
- rule: greeting
  steps:
  - intent: greet
  - action: action_greet
- rule: tracking
  steps:
  - intent: track_order
  - action: action_track
- rule: misses
  steps:
  - intent: nlu_fallback
  - action: action_default_fallback
"""
ACTIONS = """\
NAMES = ["action_greet", "action_track", "action_default_fallback"]
def greet(dispatcher):
    dispatcher.utter_message(response="utter_hello")
"""


@pytest.fixture
def project(tmp_path):
    for folder in ("data/nlu", "data/rules", "data/dictionary", "actions"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "data/nlu/a.yml").write_text(NLU)
    (tmp_path / "data/rules/a.yml").write_text(RULES)
    (tmp_path / "data/dictionary/words.txt").write_text("冰箱 20000 n\n")
    (tmp_path / "actions/all.py").write_text(ACTIONS)
    write_domain(tmp_path, DOMAIN)
    return tmp_path


def write_domain(root, domain):
    (root / "domain.yml").write_text(yaml.safe_dump(domain, allow_unicode=True, sort_keys=False))


def change_domain(root, **changes):
    write_domain(root, {**DOMAIN, **changes})


def replace(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def faults(root):
    return [str(fault) for fault in lint(root, fewest=2)]


def test_a_sound_project_has_no_faults(project):
    assert faults(project) == []


def test_an_entity_that_cuts_a_word(project):
    (project / "data/dictionary/words.txt").write_text("冰箱到哪 20000 n\n")
    found = faults(project)
    assert len(found) == 1
    assert found[0].startswith(
        "data/nlu/a.yml:9: entity '冰箱' crosses the word border of '冰箱到哪'"
    )


def test_an_address_may_cut_words(project):
    replace(project / "data/nlu/a.yml", "[冰箱](appliance)到", "[冰箱到](address)")
    change_domain(project, entities=["appliance", "address"])
    assert faults(project) == []


def test_an_unknown_entity(project):
    replace(project / "data/nlu/a.yml", "(appliance)", "(aplliance)")
    assert faults(project) == ["data/nlu/a.yml:9: entity 'aplliance' is not the contract's"]


def test_an_entity_in_the_long_notation_is_read(project):
    replace(
        project / "data/nlu/a.yml", "(appliance)", '{"entity": "color", "value": "refrigerator"}'
    )
    assert faults(project) == ["data/nlu/a.yml:9: entity 'color' is not the contract's"]


def test_an_unknown_intent(project):
    replace(project / "data/nlu/a.yml", "- intent: greet", "- intent: hello")
    found = faults(project)
    assert "data/nlu/a.yml:5: intent 'hello' is not in domain.yml" in found
    assert "domain.yml:2: intent 'greet' has 0 examples, fewer than 2" in found


def test_too_few_examples(project):
    replace(project / "data/nlu/a.yml", "    - 查物流\n", "")
    assert faults(project) == ["domain.yml:3: intent 'track_order' has 1 examples, fewer than 2"]


def test_one_text_for_two_intents_even_in_other_characters(project):
    replace(project / "data/nlu/a.yml", "    - 在吗", "    - 查物流\n    - 查物流 ")
    replace(project / "data/nlu/a.yml", "我的", "查物流\n    - 查　物流\n    - 我的")
    assert any(
        "'查物流' is track_order here and greet in data/nlu/a.yml:6" in f for f in faults(project)
    )


def test_traditional_and_simplified_are_one_text(project):
    replace(project / "data/nlu/a.yml", "    - 在吗", "    - 查訂單")
    replace(project / "data/nlu/a.yml", "    - 查物流", "    - 查订单")
    assert faults(project) == [
        "data/nlu/a.yml:10: '查订单' is track_order here and greet in data/nlu/a.yml:6"
    ]


def test_an_intent_without_a_rule(project):
    replace(project / "data/rules/a.yml", "  - intent: greet\n", "")
    assert faults(project) == ["domain.yml:2: no rule answers 'greet'"]


def test_a_rule_that_names_what_does_not_exist(project):
    replace(project / "data/rules/a.yml", "action: action_greet", "action: action_great")
    replace(
        project / "data/rules/a.yml",
        "  - action: action_track",
        "  - action: lost_form\n  - active_loop: lost_form\n  - intent: gret",
    )
    assert faults(project) == [
        "data/rules/a.yml:3: action 'action_great' is not in domain.yml",
        "data/rules/a.yml:7: action 'lost_form' is not in domain.yml",
        "data/rules/a.yml:7: form 'lost_form' is not in domain.yml",
        "data/rules/a.yml:7: intent 'gret' is not in domain.yml",
    ]


def test_a_response_that_is_used_but_missing(project):
    replace(project / "actions/all.py", "utter_hello", "utter_helo")
    assert any("response 'utter_helo' is used but missing" in f for f in faults(project))


def test_the_apology_has_to_be_there(project):
    change_domain(project, responses={"utter_hello": [{"text": "您好"}]})
    assert any("'utter_engine_failure' is used but missing" in f for f in faults(project))


@pytest.mark.parametrize(
    ("variants", "what"),
    [([], "is empty"), ([{"text": ""}], "nothing in Chinese"), ([{"text": "hi"}], "nothing in")],
)
def test_a_response_that_says_nothing(project, variants, what):
    change_domain(project, responses={**DOMAIN["responses"], "utter_hello": variants})
    assert any("'utter_hello'" in f and what in f for f in faults(project))


def test_a_response_filled_whole_by_the_action_may_be_a_placeholder(project):
    change_domain(project, responses={**DOMAIN["responses"], "utter_hello": [{"text": "{reason}"}]})
    assert faults(project) == []


def test_an_action_without_code(project):
    change_domain(project, actions=[*DOMAIN["actions"], "action_lost"])
    found = faults(project)
    assert len(found) == 1
    assert found[0].startswith("domain.yml:")
    assert found[0].endswith("no action in actions/ is called 'action_lost'")


def test_an_intent_with_settings_is_read_by_its_name(project):
    change_domain(project, intents=[{"greet": {"use_entities": []}}, "track_order", "nlu_fallback"])
    assert faults(project) == []


def test_faults_end_with_one(project, capsys):
    assert main(["--root", str(project), "--fewest", "2"]) == 0
    assert main(["--root", str(project), "--fewest", "3"]) == 1
    assert "domain.yml:2: intent 'greet' has 2 examples" in capsys.readouterr().out
