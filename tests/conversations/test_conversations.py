"""Golden conversations: whole nights in words that a physiotherapist can read.

Each ``*.txt`` beside this file is what ``charley simulate`` prints. The lines of
the person ("You ...") are played to the dialogue; all others must come out
exactly as written. To change them on purpose, run pytest with ``--rewrite-conversations``
and read the difference before it is committed.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from tests.shipped import CALLED
from voice.app.settings import Settings
from voice.cli.main import main
from voice.cli.simulate import converse

CONVERSATIONS = sorted(Path(__file__).parent.glob("*.txt"))
_YOU = re.compile(r"^You[^:]*: (.*)$")


def replies_in(written: list[str]) -> list[str]:
    """What the person says in a conversation; an empty reply is silence."""
    said = [found.group(1) for line in written if (found := _YOU.match(line))]
    return ["" if reply == "(says nothing)" else reply for reply in said]


def spoken(written: list[str]) -> list[str]:
    """The conversation itself, without its heading."""
    return [line for line in written if line and not line.startswith("#")]


@pytest.mark.parametrize("path", CONVERSATIONS, ids=lambda path: path.stem)
def test_conversation(path: Path, request: pytest.FixtureRequest) -> None:
    written = path.read_text(encoding="utf-8").splitlines()
    out = io.StringIO()
    converse(CALLED, Settings(), iter(replies_in(written)), out)
    came_out = out.getvalue().splitlines()
    if request.config.getoption("--rewrite-conversations"):
        heading = [line for line in written if line.startswith("#")]
        path.write_text("\n".join([*heading, "", *came_out]) + "\n", encoding="utf-8")
    assert spoken(written) == came_out


def test_the_command_prints_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHARLEY_CONFIG", "")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    written = Path(__file__).with_name("plain_calf_cramp.txt").read_text().splitlines()
    script = tmp_path / "replies.txt"
    script.write_text("\n".join(replies_in(written)) + "\n", encoding="utf-8")
    assert main(["simulate", "--script", str(script)]) == 0
    assert capsys.readouterr().out.splitlines() == spoken(written)


def test_there_are_enough_conversations() -> None:
    assert len(CONVERSATIONS) >= 50
