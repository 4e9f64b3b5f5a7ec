"""Only the archive that its manifest describes is loaded."""

import json

import pytest

from bot.engine import model_file
from bot.engine.model_file import Manifest, ModelUntrusted
from bot.errors import SettingsError


@pytest.fixture
def folder(tmp_path):
    archive = tmp_path / "m.tar.gz"
    archive.write_bytes(b"model")
    digest = model_file.sha256(archive)
    model_file.write(tmp_path, Manifest("m.tar.gz", digest, "f", "2026-11-20T10:00:00+08:00", 1.0))
    return tmp_path


def test_the_manifests_archive_is_current(folder):
    assert model_file.current(folder) == folder / "m.tar.gz"


def test_a_changed_archive_is_refused(folder):
    (folder / "m.tar.gz").write_bytes(b"other")
    with pytest.raises(ModelUntrusted):
        model_file.current(folder)


def test_an_archive_of_another_name_is_refused(folder):
    (folder / "n.tar.gz").write_bytes(b"model")
    with pytest.raises(ModelUntrusted):
        model_file.verify(folder / "n.tar.gz")


def test_an_archive_without_a_manifest_is_refused(tmp_path):
    (tmp_path / "m.tar.gz").write_bytes(b"model")
    with pytest.raises(ModelUntrusted):
        model_file.verify(tmp_path / "m.tar.gz")


def test_a_missing_archive_is_refused(folder):
    (folder / "m.tar.gz").unlink()
    with pytest.raises(ModelUntrusted):
        model_file.current(folder)


@pytest.mark.parametrize("content", [None, "{", "[]", '{"model": "m.tar.gz"}'])
def test_a_missing_or_broken_manifest_says_how_to_train(tmp_path, content):
    if content is not None:
        (tmp_path / model_file.MANIFEST).write_text(content)
    with pytest.raises(SettingsError, match="bot train"):
        model_file.current(tmp_path)


def test_the_manifest_is_written_whole_and_readable(folder):
    stored = json.loads((folder / model_file.MANIFEST).read_text())
    assert set(stored) == {"model", "sha256", "fingerprint", "trained_at", "seconds"}
    assert not (folder / f"{model_file.MANIFEST}.new").exists()
