import io
from pathlib import Path

import pytest

from tests.shipped import SCRIPT
from voice.engines.pyttsx3_synthesizer import Pyttsx3Synthesizer
from voice.ports import VoiceStyle
from voice.speech.clip_library import ClipLibrary
from voice.speech.prerender import QUIET_S, ProgressLine, render_script


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.mark.parametrize("out", [Terminal(), io.StringIO()])
def test_quick_work_shows_no_progress(out: io.StringIO) -> None:
    clock = Clock()
    line = ProgressLine("Rendering speech", out, clock)
    for done in range(11):
        clock.now_s += QUIET_S / 12
        line.update(done, 10)
    line.close()
    assert not out.getvalue()


def test_a_terminal_sees_one_line_that_is_overwritten() -> None:
    clock, out = Clock(), Terminal()
    line = ProgressLine("Rendering speech", out, clock)
    for done in range(4):
        line.update(done, 3)
        clock.now_s += 1.5
    line.close()
    line.close()
    assert out.getvalue() == "\rRendering speech: 2 of 3\rRendering speech: 3 of 3\n"


def test_other_outputs_get_a_line_now_and_then_and_at_the_end() -> None:
    clock, out = Clock(), io.StringIO()
    line = ProgressLine("Rendering speech", out, clock)
    for done in range(31):
        line.update(done, 30)
        clock.now_s += 1.0
    line.close()
    assert out.getvalue().splitlines() == [
        "Rendering speech: 2 of 30",
        "Rendering speech: 12 of 30",
        "Rendering speech: 22 of 30",
        "Rendering speech: 30 of 30",
    ]


@pytest.mark.slow
def test_a_whole_script_is_rendered_once_and_a_second_run_is_silent(tmp_path: Path) -> None:
    whole = SCRIPT
    few = dict(list(whole.lines.items())[:3])
    engine = Pyttsx3Synthesizer(time_limit_s=30.0)
    clips = ClipLibrary(engine, tmp_path, VoiceStyle("en-us", 150))
    clips.render_all(line.text for key, line in whole.lines.items() if key not in few)
    clock = Clock()

    def ticking() -> float:
        clock.now_s += 1.0
        return clock.now_s

    told = [io.StringIO(), io.StringIO()]
    for out in told:
        assert render_script(whole, clips, out, ticking) == ()
    engine.close()
    assert told[0].getvalue().splitlines()[-1] == "Rendering speech: 3 of 3"
    assert told[1].getvalue() == ""
