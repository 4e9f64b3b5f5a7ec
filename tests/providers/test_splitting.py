"""A document cut into pieces anywhere gives the same objects as the whole."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ImportRejected
from bot.providers import splitting
from bot.providers.splitting import Splitter
from bot.scheduling.importing import LISTS

leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
objects = st.dictionaries(st.text(max_size=4), values, max_size=3)
documents = st.dictionaries(st.sampled_from(LISTS), st.lists(objects, max_size=4))


def _split(data: bytes, cuts=()):
    splitter = Splitter(LISTS)
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    found = [x for a, b in zip(edges, edges[1:], strict=False) for x in splitter.feed(data[a:b])]
    found += splitter.finish()
    return found


def _fault(data: bytes, cuts=()):
    with pytest.raises(ImportRejected) as refused:
        _split(data, cuts)
    (fault,) = refused.value.facts["faults"]
    return fault


@given(
    documents, st.lists(st.integers(0, 400), max_size=6), st.booleans(), st.sampled_from([None, 2])
)
def test_however_it_is_cut_the_objects_are_those_of_the_whole(document, cuts, escaped, indent):
    data = json.dumps(document, ensure_ascii=escaped, indent=indent).encode(errors="replace")
    expected = [
        (name, number, value)
        for name, entries in json.loads(data).items()
        for number, value in enumerate(entries)
    ]
    assert [(x.name, x.number, x.value) for x in _split(data, cuts)] == expected


@pytest.mark.parametrize("cuts", [(), range(200)])
@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", "$"),
        ("[]", "$"),
        ("{", "$"),
        ('{"hubs"', "$.hubs"),
        ('{"hubs":', "$.hubs"),
        ('{"hubs": [', "$.hubs"),
        ('{"hubs": {}}', "$.hubs"),
        ('{"hubs": null}', "$.hubs"),
        ('{"cats": []}', "$.cats"),
        ('{"hubs": [], "hubs": []}', "$.hubs"),
        ('{"hubs": [],}', "$"),
        ('{"hubs": [] "crews": []}', "$"),
        ('{"hubs": []} {}', "$"),
        ('{"hubs": [{}, 7]}', "$.hubs[1]"),
        ('{"hubs": [{}, {"a": }]}', "$.hubs[1]"),
        ('{"hubs": [{}, {"a": 1]}', "$.hubs[1]"),
        ('{"hubs": [{},]}', "$.hubs[1]"),
        ("{hubs: []}", "$"),
        ('{"hubs": [' + '{"a":' * 100_000, "$.hubs[0]"),
    ],
)
def test_what_is_no_such_document_is_named_by_its_path(text, path, cuts):
    assert _fault(text.encode(), cuts)["path"] == path


def test_what_is_no_utf8_is_refused():
    assert _fault('{"hubs": [{"name": "上海"}]}'.encode("gb18030"))["detail"] == "is not UTF-8"


def test_an_object_without_an_end_is_not_kept_for_ever(monkeypatch):
    monkeypatch.setattr(splitting, "LONGEST", 1000)
    splitter = Splitter(LISTS)
    with pytest.raises(ImportRejected):
        for _ in range(100):
            list(splitter.feed(b'{"hubs": [{"a": "' if _ == 0 else b"x" * 100))
