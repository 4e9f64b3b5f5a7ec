"""The digest of what a model is made from."""

import pytest

from bot.nlu.sources import digest


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.yml").write_text("a")
    (tmp_path / "config.yml").write_text("c")
    return tmp_path


PATHS = ("config.yml", "data")


def test_same_files_same_digest(tree):
    assert digest(PATHS, tree) == digest(PATHS, tree)


@pytest.mark.parametrize("change", ["content", "name", "new"])
def test_each_change_shows(tree, change):
    before = digest(PATHS, tree)
    file = tree / "data" / "a.yml"
    if change == "content":
        file.write_text("b")
    elif change == "name":
        file.rename(tree / "data" / "b.yml")
    else:
        (tree / "data" / "words.txt").write_text("")
    assert digest(PATHS, tree) != before


def test_compiled_files_and_others_do_not_count(tree):
    before = digest(PATHS, tree)
    (tree / "data" / "__pycache__").mkdir()
    (tree / "data" / "__pycache__" / "a.pyc").write_text("x")
    (tree / "README.md").write_text("x")
    assert digest(PATHS, tree) == before


def test_missing_path_counts_as_empty(tree):
    assert digest(("nothing",), tree) == digest((), tree)
