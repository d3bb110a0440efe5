"""Reading prompts: every shipped file, and every fault reported with its file and key."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from voice.app.paths import prompts_folder
from voice.content.loader import load_script
from voice.errors import ContentError

ENGLISH = prompts_folder() / "en"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the English prompts for a test to break."""
    for path in ENGLISH.glob("*.toml"):
        shutil.copy(path, tmp_path)
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_shipped_prompts_load() -> None:
    script = load_script(ENGLISH)
    assert script.language == "en"
    assert script.origin["quinine"] == "listening.toml: phrases.topics.quinine"
    assert "charlie" in script.spellings["charley"]


def test_a_language_without_prompts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"There are no prompts in .* Choose a language"):
        load_script(tmp_path / "xx")


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("manners.toml", "manner = true", "manner = treu", r"manners\.toml: "),
        ("manners.toml", "manner = true", "maner = true", r"manners\.toml: .*maner"),
        ("manners.toml", "manner = true", "manner = 3", r"manners\.toml: .*lines"),
        ("relief.toml", "[lines.rub]", "[lines.get_ready]", "get_ready is in both .* and"),
        ("relief.toml", "[[ladders.foot]]", "[[ladders.nose]]", "unknown name 'nose'. Use one of"),
        ("relief.toml", 'footing = "steady"', 'footing = "wobbly"', r"relief\.toml: .*wobbly"),
        ("red_flags.toml", 'yes = "urgent"', 'yes = "soon"', "'soon' is not a level. Use one of"),
        ("advice.toml", "[advice.urgent]", "[advice.soonish]", "'soonish' is not a level"),
        ("listening.toml", "longer = [", "lnger = [", "unknown name 'lnger'. Use one of"),
        ("listening.toml", "unsure = [", "unsre = [", "unknown name 'unsre'. Use one of"),
        ("listening.toml", "[grammars.open]", "[grammars.ajar]", "unknown name 'ajar'"),
        ("listening.toml", '"how_long",', '"how_loong",', "unknown name 'how_loong'"),
        ("advice.toml", "[spoken]", "[phrases.answers]\n[spoken]", "must be in exactly one file"),
        ("advice.toml", "[spoken]", "[spocken]", r"advice\.toml: .*spocken"),
    ],
)
def test_a_fault_is_reported_with_its_place(
    folder: Path, file: str, old: str, new: str, problem: str
) -> None:
    change(folder / file, old, new)
    with pytest.raises(ContentError, match=problem) as told:
        load_script(folder)
    assert "\n" not in str(told.value).strip()


def test_a_file_that_is_not_text_is_refused(folder: Path) -> None:
    (folder / "manners.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ContentError, match=r"manners\.toml"):
        load_script(folder)


def test_a_missing_section_is_refused(folder: Path) -> None:
    text = (folder / "advice.toml").read_text(encoding="utf-8")
    start, end = text.index("[spoken]"), text.index("[lines.none_heard]")
    (folder / "advice.toml").write_text(text[:start] + text[end:], encoding="utf-8")
    with pytest.raises(ContentError, match=r"\[spoken\] must be in exactly one file"):
        load_script(folder)
