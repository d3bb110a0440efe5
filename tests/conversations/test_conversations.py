"""Golden conversations: whole nights in words that a physiotherapist can read.

Each ``*.txt`` beside this file is what ``charley simulate`` prints. The lines of
the person ("You ...") are played to the dialogue; all others must come out
exactly as written. To change them on purpose, run pytest with ``--rewrite-conversations``
and read the difference before it is committed.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from voice.cli.main import main

CONVERSATIONS = sorted(Path(__file__).parent.glob("*.txt"))
_YOU = re.compile(r"^You[^:]*: (.*)$")


@pytest.mark.parametrize("path", CONVERSATIONS, ids=lambda path: path.stem)
def test_conversation(
    path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CHARLEY_CONFIG", "")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    written = path.read_text(encoding="utf-8").splitlines()
    heading = [line for line in written if line.startswith("#")]
    replies = [found.group(1) for line in written if (found := _YOU.match(line))]
    script = tmp_path / "replies.txt"
    spoken = ["" if reply == "(says nothing)" else reply for reply in replies]
    script.write_text("\n".join(spoken) + "\n", encoding="utf-8")
    assert main(["simulate", "--script", str(script)]) == 0
    came_out = capsys.readouterr().out.splitlines()
    if request.config.getoption("--rewrite-conversations"):
        path.write_text("\n".join([*heading, "", *came_out]) + "\n", encoding="utf-8")
    assert [line for line in written if line and not line.startswith("#")] == came_out


def test_there_are_enough_conversations() -> None:
    assert len(CONVERSATIONS) >= 50
