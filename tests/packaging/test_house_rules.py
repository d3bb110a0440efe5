"""Rules for every file that no linter knows: what it must not name or be named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

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


@pytest.mark.parametrize("path", FILES, ids=named)
def test_no_file_names_a_folder_on_someones_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    # A home folder, root's, a workplace's: none of them exists on another machine.
    found = re.search(r"(?<![\w.~/$}])/(?:home|root|work|Users)/\w+", text)
    assert found is None or path.name == "test_house_rules.py", found


def test_there_is_no_catch_all_file_or_folder() -> None:
    drawers = {"utils", "util", "helpers", "misc", "common"}
    assert not [f for f in FILES if f.stem in drawers or f.parent.name in drawers]
