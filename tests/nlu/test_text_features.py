"""TF-IDF of short texts."""

import numpy as np
import pytest

from bot.nlu.text_features import Vocabulary, terms


def test_terms_hold_characters_grams_and_words():
    found = terms("装空调")
    assert {"装", "空调", "装空调", "w:空调"} <= set(found)


def test_edges_tell_a_whole_text_from_a_part():
    assert "\x02能装" in terms("能装")
    assert "\x02能装" not in terms("不能装")


def test_digits_are_alike_and_blanks_do_not_count():
    assert terms("尾号 1234") == terms("尾号5678")


def test_rare_terms_are_left_out():
    vocabulary = Vocabulary.of(["装空调", "装冰箱"], rarest=2)
    assert "装" in vocabulary.columns
    assert "冰" not in vocabulary.columns


def test_row_has_length_one_and_rarer_terms_weigh_more():
    vocabulary = Vocabulary.of(["装空调", "装冰箱", "装电视", "空调"], rarest=1)
    at, values = vocabulary.row("装空调")
    assert np.linalg.norm(values) == pytest.approx(1.0)
    weight = dict(zip(at.tolist(), values.tolist(), strict=True))
    assert weight[vocabulary.columns["空"]] > weight[vocabulary.columns["装"]]


def test_row_of_an_unknown_text_is_empty():
    at, values = Vocabulary.of(["装空调"], rarest=1).row("xyz")
    assert len(at) == len(values) == 0


def test_what_sounds_alike_shares_terms():
    assert "s:fa piao" in terms("开发飘")
    assert set(terms("发票")) & set(terms("发漂")) >= {"s:fa piao"}
