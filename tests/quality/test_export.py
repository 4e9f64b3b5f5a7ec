"""Labels as files: what is in them, what is left out, and that nothing complains of them."""

import shutil
from types import SimpleNamespace

import pytest
import yaml

from bot.engine.lint import lint
from bot.engine.lint_files import read_examples
from bot.errors import MalformedRequest
from bot.quality import command, export
from bot.settings import ROOT


def row(text, intent="ask_fees", entities=(), group_id=1):
    spans = [
        {"entity": name, "start": text.index(words), "end": text.index(words) + len(words)}
        for words, name in entities
    ]
    return SimpleNamespace(
        text=text, intent=intent, entities=spans, group_id=group_id, export_id=None
    )


ROWS = [
    row("给狗屋装空调多收钱吗", entities=[("空调", "appliance")]),
    row("开箱 [验机]{一下}\n要多少", group_id=2),
    row(
        "能把海尔冰箱吊上阁楼吗 周六",
        "ask_install_info",
        [("海尔", "brand"), ("冰箱", "appliance"), ("周六", "time")],
        3,
    ),
]


def test_examples_are_annotated_as_the_training_data_is():
    made = export.build(ROWS)
    assert made.counts == {"ask_fees": 2, "ask_install_info": 1}
    blocks = yaml.safe_load(made.files["ask_fees_from_consumers.yml"])["nlu"]
    assert blocks[0]["examples"].splitlines() == [
        "- 开箱 (验机)(一下) 要多少",
        "- 给狗屋装[空调](appliance)多收钱吗",
    ]
    # A time is read by the grammar, not learned.
    other = made.files["ask_install_info_from_consumers.yml"]
    assert "- 能把[海尔](brand)[冰箱](appliance)吊上阁楼吗 周六\n" in other


def test_it_passes_the_lint_beside_the_training_data(tmp_path):
    for name in ("data", "actions"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "domain.yml", tmp_path)
    command.write(export.build(ROWS), tmp_path / "data" / "nlu")
    added = read_examples(tmp_path / "data" / "nlu" / "ask_fees_from_consumers.yml", tmp_path)
    assert [example.intent for example in added] == ["ask_fees", "ask_fees"]
    assert lint(tmp_path) == []


def test_the_same_labels_make_the_same_bytes():
    assert export.archive(export.build(ROWS)) == export.archive(export.build(ROWS[::-1]))


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([row("帮我查一下订单", "urge")], "conflict: track_order in data/nlu/tracking.yml"),
        ([row("帮我查一下订单", "track_order")], "already in data/nlu/tracking.yml"),
        ([row("东西发货了没啊 都好几天了没动静", "track_order")], "is in the development set"),
        ([row("给狗屋装空调", entities=[("空", "appliance")])], "空 cuts the word"),
        ([row("装狗屋"), row("装狗屋", "urge", group_id=2)], "labelled both ask_fees and urge"),
    ],
)
def test_what_would_do_harm_is_left_out_and_said(rows, why):
    made = export.build(rows)
    assert made.files == {}
    assert made.left_out[0]["why"].startswith(why)
    assert why in made.review()


def test_one_file_holds_every_intent(tmp_path):
    file = tmp_path / "new.yml"
    command.write(export.build(ROWS), file)
    assert {e.intent for e in read_examples(file, tmp_path)} == {"ask_fees", "ask_install_info"}
    command.write(export.build([]), file)
    assert yaml.safe_load(file.read_text(encoding="utf-8")) == {"version": "3.1", "nlu": []}
    with pytest.raises(MalformedRequest, match="cannot be written"):
        command.write(export.build(ROWS), tmp_path / "no" / "such.yml")


def test_every_intent_and_entity_can_be_chosen_by_its_chinese_name():
    from bot.conversation import texts
    from bot.quality import labels

    said = texts.table("quality")
    assert set(said["intents"]) == set(labels.intents())
    assert set(said["entities"]) == set(labels.entities())
