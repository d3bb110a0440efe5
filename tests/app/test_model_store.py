"""The manifest of models, valid and invalid, and which model is chosen."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from voice.app.model_store import BUILT_IN, MANIFEST, OFFICIAL, ModelStore, read_manifest
from voice.app.model_sums import SUMS, faults, write_sums
from voice.app.paths import models_folder
from voice.errors import ConfigError, ModelError

GOOD = """
[models.built]
description = "Ships."
licence = "Apache-2.0"

[models.fetched]
description = "Is fetched."
licence = "Apache-2.0"
url = "https://example.org/fetched.zip"
size_bytes = 12
sha256 = "{digest}"
""".format(digest="a" * 64)


def write(folder: Path, text: str) -> Path:
    path = folder / MANIFEST
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_manifest_is_valid() -> None:
    models = read_manifest(models_folder() / MANIFEST)
    assert models[BUILT_IN].download is None
    download = models[OFFICIAL].download
    assert download is not None
    assert download.size_bytes == 41_205_931
    assert download.url.startswith("https://alphacephei.com/vosk/models/")


def test_a_manifest_is_read(tmp_path: Path) -> None:
    models = read_manifest(write(tmp_path, GOOD))
    assert list(models) == ["built", "fetched"]
    assert models["built"].download is None
    assert models["fetched"].download is not None


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('sha256 = "a', 'sha256 = "z', "models.fetched: "),
        ("size_bytes = 12", 'size_bytes = "12"', "models.fetched: "),
        ("size_bytes = 12", "size_bytes = 0", "models.fetched: "),
        ("size_bytes = 12", "", "models.fetched: size_bytes is missing"),
        ("https://", "file://", "models.fetched: "),
        ('licence = "Apache-2.0"', "", "models.built: "),
        ("[models.built]", "[models.built]\ncolour = 3", "models.built: "),
        ("[models.built]", '[models."../built"]', "models.../built: the name"),
        ("[models.built]", "[model.built]", "model"),
        ("[models.built]", "[models.built", "not a TOML file"),
    ],
)
def test_an_error_in_a_manifest_names_file_and_key(
    tmp_path: Path, before: str, after: str, told: str
) -> None:
    path = write(tmp_path, GOOD.replace(before, after, 1))
    with pytest.raises(ConfigError) as caught:
        read_manifest(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert told in str(caught.value)


def test_a_missing_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=MANIFEST):
        read_manifest(tmp_path / MANIFEST)


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    shutil.copy(models_folder() / MANIFEST, shipped)
    (shipped / BUILT_IN).mkdir()
    (shipped / BUILT_IN / "README").write_bytes(b"words")
    write_sums(shipped / BUILT_IN)
    return ModelStore(shipped, tmp_path / "own")


def fetched(store: ModelStore) -> Path:
    folder = store.own / OFFICIAL
    (folder / "am").mkdir(parents=True)
    (folder / "am" / "final.mdl").write_bytes(b"weights")
    (folder / "README").write_bytes(b"words")
    write_sums(folder)
    return folder


def test_the_shipped_model_is_used_if_there_is_no_other(store: ModelStore) -> None:
    choice = store.choose()
    assert (choice.folder, choice.margin_scale) == (store.shipped / BUILT_IN, 1.0)
    assert choice.why == "It is the only one installed."


def test_a_fetched_model_is_used_if_requested(store: ModelStore) -> None:
    folder = fetched(store)
    assert store.choose().folder == store.shipped / BUILT_IN
    assert store.choose(BUILT_IN).folder == store.shipped / BUILT_IN
    assert store.choose(OFFICIAL).folder == folder


@pytest.mark.parametrize("harm", ["missing", "shorter", "no sums", "wrong sums"])
def test_a_fetched_model_that_is_not_intact_is_not_used(store: ModelStore, harm: str) -> None:
    folder = fetched(store)
    match harm:
        case "missing":
            (folder / "am" / "final.mdl").unlink()
        case "shorter":
            (folder / "am" / "final.mdl").write_bytes(b"weight")
        case "no sums":
            (folder / SUMS).unlink()
        case _:
            (folder / SUMS).write_text("what is this\n", encoding="utf-8")
    assert store.choose().folder == store.shipped / BUILT_IN
    assert len(faults(folder)) == 1
    with pytest.raises(ModelError, match=f"Fetch it again: charley models fetch {OFFICIAL}"):
        store.choose(OFFICIAL)


def test_only_a_thorough_check_reads_every_byte(store: ModelStore) -> None:
    folder = fetched(store)
    (folder / "README").write_bytes(b"swords"[1:])
    assert faults(folder, thorough=True) == []
    (folder / "README").write_bytes(b"sword")
    assert faults(folder) == []
    assert faults(folder, thorough=True) == [f"{folder / 'README'} is damaged"]


def test_a_model_may_be_named_by_its_folder(store: ModelStore, tmp_path: Path) -> None:
    other = tmp_path / "mine"
    other.mkdir()
    choice = store.choose(str(other))
    assert choice.folder == other
    assert choice.why.endswith(f"has not been examined: charley models examine {other}")


def test_a_copy_with_checksums_is_checked_against_them(store: ModelStore, tmp_path: Path) -> None:
    copied = shutil.copytree(fetched(store), tmp_path / "copied")
    assert store.choose(str(copied)).folder == copied
    (copied / "README").write_bytes(b"sword")
    with pytest.raises(ModelError, match="Copy it again"):
        store.choose(str(copied))


@pytest.mark.parametrize("name", ["zorp", "/no/such/folder", OFFICIAL])
def test_a_missing_model_is_named(store: ModelStore, name: str) -> None:
    with pytest.raises(ModelError) as caught:
        store.choose(name)
    assert repr(name) in str(caught.value)


def test_an_unknown_name_is_answered_with_the_known_ones(store: ModelStore) -> None:
    with pytest.raises(ModelError, match=OFFICIAL):
        store.entry("zorp")
    assert store.folder(store.entry(OFFICIAL)) == store.own / OFFICIAL
