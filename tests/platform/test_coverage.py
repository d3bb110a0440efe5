"""The pure modules are covered to the last branch by the rest of the run."""

from __future__ import annotations

import io
from pathlib import Path

import coverage
import pytest

ROOT = Path(__file__).resolve().parents[2]

PURE = (
    "voice/listening/acceptance.py",
    "voice/dialogue/actions.py",
    "voice/echo/delay_tracking.py",
    "voice/content/interpret.py",
    "voice/audio/samples.py",
    "voice/dialogue/voice_status.py",
    "voice/app/settings_text.py",
    "voice/dialogue/*.py",
    "voice/echo/echo_control.py",
    "voice/echo/adaptive_filter.py",
    "voice/listening/endpointing.py",
    "voice/dialogue/events.py",
    "voice/listening/evidence.py",
    "voice/dialogue/hold.py",
    "voice/devices/reconnecting_microphone.py",
    "voice/devices/reconnecting_speaker.py",
    "voice/devices/supervisor.py",
    "voice/app/device_notices.py",
    "voice/devices/playback_rate.py",
    "voice/listening/readings.py",
    "voice/listening/refractory.py",
    "voice/speech/resume.py",
    "voice/content/script.py",
    "voice/listening/utterance.py",
    "voice/listening/voice_activity.py",
    "voice/simulation/typed.py",
    "voice/listening/signal_quality.py",
    "voice/devices/playback_reference.py",
    "voice/speech/timeline.py",
    "voice/dialogue/triage.py",
    "voice/listening/grammar_fitting.py",
    "voice/listening/word_length.py",
)


@pytest.mark.last
def test_pure_modules_are_covered_to_the_last_branch(request: pytest.FixtureRequest) -> None:
    measured = coverage.Coverage.current()
    if measured is None:
        pytest.skip("coverage is not measured: ./scripts/test without arguments measures it")
    config = request.config
    partial = config.option.keyword or config.option.markexpr
    if config.args_source is not pytest.Config.ArgsSource.TESTPATHS or partial:
        pytest.skip("only a part of the tests is run")
    report = io.StringIO()
    covered = measured.report(include=[str(ROOT / path) for path in PURE], file=report)
    assert covered == 100.0, report.getvalue()


def test_every_module_that_is_called_pure_is_there() -> None:
    gone = [path for path in PURE if not list(ROOT.glob(path))]
    assert not gone
