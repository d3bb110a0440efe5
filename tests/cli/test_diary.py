"""``charley diary``: what it prints, writes and erases, and its one-line errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.diary.records import few
from voice.cli.main import main
from voice.diary.store import FILE, Call, DiaryStore


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CHARLEY_STATE", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "state"


@pytest.fixture
def diary(state: Path) -> Path:
    store = DiaryStore(state / FILE)
    store.write({Call("boot", r.called_at_s): r.entry for r in few()}, 0.0)
    store.close()
    return state / FILE


@pytest.mark.usefixtures("diary")
def test_it_lists_every_conversation(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diary", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(few())
    assert "2026, " in lines[0]
    assert lines[0].endswith(
        "left calf, let go after 1 min 5 s, advice: get urgent care that night."
    )


@pytest.mark.usefixtures("diary")
def test_it_exports_to_a_file_or_to_the_screen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diary", "export"]) == 0
    printed = capsys.readouterr().out
    assert main(["diary", "export", "--out", "diary.csv"]) == 0
    assert capsys.readouterr().out == "diary.csv: 4 entries.\n"
    assert (tmp_path / "diary.csv").read_text(encoding="utf-8").splitlines() == printed.splitlines()


@pytest.mark.usefixtures("diary")
def test_it_reports_as_a_page_or_as_a_pdf(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diary", "report"]) == 0
    assert main(["diary", "report", "--out", "for the doctor.PDF"]) == 0
    assert "on two pages." in capsys.readouterr().out
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (tmp_path / "for the doctor.PDF").read_bytes().startswith(b"%PDF-")


@pytest.mark.usefixtures("diary")
def test_it_forgets_only_when_confirmed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert main(["diary", "forget"]) == 2
    assert "Add --yes." in capsys.readouterr().err
    assert main(["diary", "forget", "--yes"]) == 0
    assert capsys.readouterr().out == "Erased: 4 entries.\n"
    assert main(["diary", "list"]) == 0
    assert capsys.readouterr().out == "The diary is empty.\n"


@pytest.mark.parametrize("action", ["list", "export", "report", "forget --yes"])
def test_without_a_diary_it_says_so_and_creates_none(
    state: Path, action: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diary", *action.split()]) == 2
    told = capsys.readouterr().err
    assert told.startswith("charley: There is no diary yet at ")
    assert told.count("\n") == 1
    assert not state.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"no database at all " * 400, "is damaged"), (b"", "There is no diary yet")],
)
def test_an_error_is_one_line(
    state: Path, content: bytes, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    state.mkdir()
    if content:
        (state / FILE).write_bytes(content)
    assert main(["diary", "list"]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1


@pytest.mark.usefixtures("state")
def test_a_report_of_an_unknown_kind_is_refused_before_anything_is_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["diary", "report", "--out", "report.doc"]) == 2
    assert "End its name in .html or .pdf." in capsys.readouterr().err


def test_config_says_where_the_diary_is(diary: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "--paths"]) == 0
    assert f"The diary: {diary}\n" in capsys.readouterr().out
