"""The real Hibari, through pyttsx3 and its child process."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator

import numpy as np
import pytest

pytest.importorskip("hibari", reason="the extra 'natural' is not installed")

from tests.shipped import SCRIPT
from voice.app.assembly import choose_engine
from voice.app.settings import Settings
from voice.audio.samples import RATE_HZ, Samples, level_dbfs
from voice.engines import pyttsx3_worker
from voice.engines.pyttsx3_synthesizer import Pyttsx3Synthesizer, natural_is_installed
from voice.errors import SynthesisError
from voice.ports import USUAL_VOICE, VoiceStyle
from voice.speech.resume import sentence_starts
from voice.speech.settings import FASTEST_WPM, SpeechSettings

USUAL = VoiceStyle(USUAL_VOICE, 150)
LINE = "Pull your toes up toward your shin."


@pytest.fixture(scope="module")
def natural() -> Iterator[Pyttsx3Synthesizer]:
    made = Pyttsx3Synthesizer("natural")
    yield made
    made.close()


def pitch_hz(samples: Samples) -> float:
    """The median pitch of the loud frames, by autocorrelation."""
    frames = samples[: len(samples) // 640 * 640].reshape(-1, 640).astype(np.float64)
    found = []
    for frame in frames[np.array([level_dbfs(f.astype(np.int16)) > -30.0 for f in frames])]:
        alike = np.correlate(frame, frame, "full")[len(frame) - 1 :]
        lags = alike[RATE_HZ // 400 : RATE_HZ // 55]
        if lags.max() > 0.6 * alike[0]:
            found.append(RATE_HZ / (RATE_HZ // 400 + int(lags.argmax())))
    return float(np.median(found))


def test_it_speaks_in_its_own_voice_in_much_the_same_time(
    natural: Pyttsx3Synthesizer,
) -> None:
    espeak = Pyttsx3Synthesizer()
    try:
        other = espeak.render(LINE, USUAL)
    finally:
        espeak.close()
    clip = natural.render(LINE, USUAL)
    assert clip.duration_s == pytest.approx(other.duration_s, rel=0.25)
    assert pitch_hz(clip.samples) > 1.3 * pitch_hz(other.samples)


def test_a_line_is_the_same_whenever_it_is_rendered(natural: Pyttsx3Synthesizer) -> None:
    first = natural.render(LINE, USUAL).samples
    natural.render("Something else.", VoiceStyle(USUAL_VOICE, 200, 3))
    assert np.array_equal(natural.render(LINE, USUAL).samples, first)


def test_rate_and_pitch_are_as_requested(natural: Pyttsx3Synthesizer) -> None:
    usual = natural.render(LINE, USUAL)
    fast = natural.render(LINE, VoiceStyle(USUAL_VOICE, FASTEST_WPM))
    low = natural.render(LINE, VoiceStyle(USUAL_VOICE, 150, -4))
    assert fast.duration_s < 0.65 * usual.duration_s
    assert low.duration_s == pytest.approx(usual.duration_s, rel=0.1)
    assert 12.0 * np.log2(pitch_hz(low.samples) / pitch_hz(usual.samples)) == pytest.approx(
        -4.0, abs=1.0
    )


def test_espeak_honours_the_pitch_as_well() -> None:
    made = Pyttsx3Synthesizer()
    try:
        pitches = [
            pitch_hz(made.render(LINE, VoiceStyle(USUAL_VOICE, 150, semitones)).samples)
            for semitones in (-4, 0, 4)
        ]
    finally:
        made.close()
    steps = 12.0 * np.diff(np.log2(pitches))
    assert steps == pytest.approx([4.0, 4.0], abs=1.2)


def test_each_sentence_can_be_located(natural: Pyttsx3Synthesizer) -> None:
    text = SCRIPT.text(SCRIPT.advice[next(iter(SCRIPT.advice))].plain[0])
    text = f"{text} {LINE} And hold it there."
    starts = sentence_starts(text, natural.render(text, USUAL).samples)
    assert len(starts) == text.count(". ") + 1


def test_a_missing_voice_is_named_and_never_fetched(
    natural: Pyttsx3Synthesizer,
) -> None:
    with pytest.raises(SynthesisError, match="'emma' is not on this machine") as caught:
        natural.render(LINE, VoiceStyle("emma", 150))
    assert "heart" in caught.value.remedy
    assert natural.render(LINE, USUAL).duration_s > 1.0


def test_a_line_without_sound_is_refused(natural: Pyttsx3Synthesizer) -> None:
    with pytest.raises(SynthesisError, match="produces no sound in the voice 'heart'"):
        natural.render("...", USUAL)


def test_the_versions_tell_the_engines_apart() -> None:
    natural = Pyttsx3Synthesizer("natural").version
    assert "hibari 0." in natural
    assert natural != Pyttsx3Synthesizer().version


def test_if_it_is_not_installed_the_error_says_what_to_do() -> None:
    code = (
        "import runpy, sys\n"
        "sys.modules['hibari'] = None\n"
        f"runpy.run_path({pyttsx3_worker.__file__!r}, run_name='__main__')"
    )
    made = Pyttsx3Synthesizer("natural", worker=(sys.executable, "-c", code))
    try:
        with pytest.raises(SynthesisError, match="does not start") as caught:
            made.render(LINE, USUAL)
    finally:
        made.close()
    assert "charley[natural]" in caught.value.remedy
    assert '"espeak"' in caught.value.remedy


def test_a_child_that_has_exited_is_not_an_error(caplog: pytest.LogCaptureFixture) -> None:
    made = Pyttsx3Synthesizer()
    try:
        made.render("Five.", USUAL)
        assert made._child is not None
        os.kill(made._child._process.pid, signal.SIGTERM)
        made._child._process.wait()
        assert made.render(LINE, USUAL).duration_s > 1.0
    finally:
        made.close()
    assert not caplog.records


def test_it_gets_ready_without_keeping_anyone_waiting() -> None:
    made = Pyttsx3Synthesizer("natural")
    try:
        began_s = time.monotonic()
        made.prepare()
        made.prepare()
        assert time.monotonic() - began_s < 0.5
        ready = made._child
        assert ready is not None
        assert made.render(LINE, USUAL).duration_s > 1.0
        assert made._child is ready
    finally:
        made.close()
    # espeak-ng starts in an instant.
    other = Pyttsx3Synthesizer()
    other.prepare()
    assert other._child is None


@pytest.mark.parametrize(
    ("settings", "engine"),
    [
        (SpeechSettings(), "natural"),
        (SpeechSettings(engine="natural"), "natural"),
        (SpeechSettings(engine="espeak"), "espeak"),
        # Set before there was a second engine.
        (SpeechSettings(name="en-gb"), "espeak"),
    ],
)
def test_the_engine_is_the_requested_one_or_else_what_is_installed(
    settings: SpeechSettings, engine: str
) -> None:
    assert natural_is_installed()
    assert choose_engine(Settings(voice=settings)) == engine
