"""The library example of docs/embedding.md does what the page says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shipped import SCRIPT
from voice.dialogue.line_keys import FAINT_FIRST
from voice.dialogue.red_flag_check import FAINT

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/embedding.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def printed() -> list[str]:
    """What the example prints when run as a reader would: by itself, in a new Python."""
    (example,) = EXAMPLES
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_example_holds_a_conversation(printed: list[str]) -> None:
    heard = [line.partition(" -> ")[0] for line in printed]
    said = [line.partition(" -> ")[2] for line in printed]
    assert heard == ["I have a leg cramp", "It's gone.", "I feel dizzy!"]
    assert said[0].startswith("Lie on your back")
    assert said[1].endswith(SCRIPT.text(SCRIPT.question(FAINT).ask))
    assert said[2].startswith(SCRIPT.text(FAINT_FIRST))


def test_the_example_runs_within_a_program(
    printed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = EXAMPLES
    exec(example, {})  # noqa: S102 - the page's own code
    assert capsys.readouterr().out.splitlines() == printed


def test_the_example_needs_no_sound_library() -> None:
    (example,) = EXAMPLES
    loaded = f"{example}\nimport sys\nprint(sorted({{'vosk', 'sounddevice'}} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
