"""The README shows the dialogue as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from voice.cli.main import main
from voice.dialogue.diagram import mermaid

README = Path(__file__).parents[2] / "README.md"


def test_the_diagram_in_the_readme_matches_the_table() -> None:
    shown = README.read_text(encoding="utf-8").split("```mermaid\n")[1].split("\n```")[0]
    assert shown == mermaid(), "Put the output of `charley prompts diagram` into the README."


def test_the_command_draws_the_diagram(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prompts", "diagram"]) == 0
    assert capsys.readouterr().out.strip() == mermaid()
