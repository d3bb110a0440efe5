"""The shipped prompts follow the rules for spoken text, and each rule catches a breach."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.shipped import SCRIPT
from voice.app.paths import prompts_folder
from voice.cli.main import main
from voice.content.lint import (
    HIGHEST_GRADE,
    LONGEST_SENTENCE,
    Finding,
    lint,
    read_sources,
    reading_grade,
    sentences,
)
from voice.content.script import Line, LineKey, Script, SourceId
from voice.dialogue.lines_by_grammar import said_under
from voice.errors import ContentError

SOURCES = read_sources(prompts_folder() / "SOURCES.md")
WAKES = ("hey charley", "leg cramp")


def changed(key: str, **changes: object) -> Script:
    line = replace(SCRIPT.lines[LineKey(key)], **changes)  # type: ignore[arg-type]
    return replace(SCRIPT, lines={**SCRIPT.lines, line.key: line})


def found(script: Script, sources: frozenset[SourceId] = SOURCES) -> list[str]:
    return [str(finding) for finding in lint(script, sources, WAKES, said_under(script))]


def test_the_shipped_prompts_are_clean() -> None:
    assert found(SCRIPT) == []


def test_every_source_is_spoken_and_every_spoken_source_is_in_the_table() -> None:
    assert {s for line in SCRIPT.lines.values() for s in line.sources} == SOURCES
    assert len(SOURCES) == 39


@pytest.mark.parametrize(
    ("key", "text", "problem"),
    [
        ("get_ready", "one " * 16, "a sentence of 16 words"),
        ("get_ready", "It is a DVT now.", "'DVT' is not written out as words"),
        ("get_ready", "Take 10 drops.", "'1' is not written out as words"),
        ("get_ready", "You are fine tonight.", "'you are fine' must never be said"),
        ("get_ready", "I count until you say stop.", "ends in 'stop', which 'stretch'"),
        ("get_ready", "Get ready to stop.", "ends in 'stop', which 'stretch'"),
        ("good_night", "Wake me with: leg cramp.", "ends in 'leg cramp', which 'wake'"),
        (
            "topic_ice",
            "Immediate application of refrigerated material alleviates tenderness.",
            "topic ice: reads at grade",
        ),
    ],
)
def test_a_breach_is_found(key: str, text: str, problem: str) -> None:
    assert any(problem in one for one in found(changed(key, text=text)))


def test_rubbing_is_never_suggested_without_its_caution() -> None:
    told = found(changed("rub", sources=(SourceId("S05"),)))
    assert "rub: says to rub or press without also citing N04" in told


def test_citations_and_the_source_table_must_match_in_both_directions() -> None:
    told = found(changed("topic_baclofen", sources=(SourceId("S99"),)))
    assert "topic_baclofen: cites the source S99, which is not in the table" in told
    told = found(SCRIPT, SOURCES | {SourceId("S98")})
    assert told == ["S98: is in the table, but no line cites it"]


def test_a_line_that_is_never_said_is_found() -> None:
    line = Line(LineKey("orphan"), "Nobody says me here.", manner=True)
    script = replace(SCRIPT, lines={**SCRIPT.lines, line.key: line})
    assert found(script) == ["orphan: is never said"]


def test_every_sentence_is_short() -> None:
    for line in SCRIPT.lines.values():
        assert all(len(s.split()) <= LONGEST_SENTENCE for s in sentences(line.text)), line.key


def test_the_reading_grade_tells_easy_from_hard() -> None:
    assert reading_grade("The cat sat on the mat.") < 2
    hard = "Presyncopal manifestations necessitate immediate recumbency."
    assert reading_grade(hard) > HIGHEST_GRADE


def test_a_missing_source_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="Restore the table"):
        read_sources(tmp_path / "SOURCES.md")


def test_a_finding_reads_as_one_line() -> None:
    assert str(Finding("here", "is something")) == "here: is something"


def test_the_check_command_finds_no_problems(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prompts", "check"]) == 0
    assert "no problems found" in capsys.readouterr().out
