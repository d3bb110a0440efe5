"""What holds for every file: its length, and what it must not name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 330
"""Lines of a Python file that does something: "about 300", as the design has it."""

LONGEST_TEST = 500
"""Lines of a file of tests, which is read in pieces, and is often one long table."""

FOLDERS = ("voice", "scripts", "tests", ".ci", "prompts")
KINDS = {".py", ".sh", ".toml", ".md", ".txt", ".cfg", ""}

FILES = [
    path
    for folder in FOLDERS
    for path in sorted((ROOT / folder).rglob("*"))
    if path.is_file() and path.suffix in KINDS and "__pycache__" not in path.parts
] + sorted(ROOT.glob("*.md"))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", [f for f in FILES if f.suffix == ".py"], ids=named)
def test_a_file_is_short_enough_to_read(path: Path) -> None:
    longest = LONGEST_TEST if path.is_relative_to(ROOT / "tests") else LONGEST
    assert len(path.read_text(encoding="utf-8").splitlines()) <= longest


@pytest.mark.parametrize("path", FILES, ids=named)
def test_no_file_names_a_folder_of_somebodys_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    # A home folder, a root's, a workplace's: none of them is there on another machine.
    found = re.search(r"(?<![\w.~/$}])/(?:home|root|work|Users)/\w+", text)
    assert found is None or path.name == "test_house_rules.py", found


@pytest.mark.parametrize("path", FILES, ids=named)
def test_nothing_is_left_for_later(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    marks = ("TO" + "DO", "FIX" + "ME", "X" + "XX")
    assert not [mark for mark in marks if re.search(rf"\b{mark}\b", text)]


def test_there_is_no_drawer_for_odds_and_ends() -> None:
    drawers = {"utils", "util", "helpers", "misc", "common"}
    assert not [f for f in FILES if f.stem in drawers or f.parent.name in drawers]
