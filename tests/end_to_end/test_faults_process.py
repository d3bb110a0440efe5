"""Charley killed, terminated, suspended and starved of CPU: a real process, real sound."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soxr

from tests.end_to_end.running import MICROPHONE, STRETCH, charley, tell, to_the_hold, wake
from tests.sound_server import SoundServer
from voice.audio.samples import RATE_HZ, Samples
from voice.engines.pyttsx3_synthesizer import Pyttsx3Synthesizer
from voice.speech.clip_library import ClipLibrary
from voice.speech.settings import SpeechSettings

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("real time 2")]
RECORDED_HZ = 48_000


def test_killed_in_a_hold_charley_leaves_nothing_half_done_and_resumes(
    server: SoundServer, cache: Path
) -> None:
    with charley(server, cache, *MICROPHONE) as running:
        to_the_hold(running, server)
        before = {p for p in cache.parent.rglob("*") if p.is_file()}
        running.process.send_signal(signal.SIGKILL)
        running.process.wait(timeout=10)
    after = {p for p in cache.parent.rglob("*") if p.is_file()}
    assert after == before  # no lock, no partial file
    with charley(server, cache, *MICROPHONE) as running:
        running.until("Charley: Has the cramp eased?")
        assert running.leave() < 2.0
        assert not running.errors


def test_a_terminated_charley_is_silent_at_once_and_gone_in_two_seconds(
    server: SoundServer, cache: Path, tmp_path: Path
) -> None:
    heard = tmp_path / "heard.raw"
    with charley(server, cache, *MICROPHONE) as running:
        wake(running, server)
        running.until(STRETCH)
        with server.recording(heard):
            assert running.leave() < 2.0
            left_at = heard.stat().st_size // 2
            # A second of the room without Charley, to catch any last word.
            while heard.stat().st_size // 2 < left_at + RECORDED_HZ:
                os.sched_yield()
    sound = np.fromfile(heard, "<i2")
    late = sound[left_at + RECORDED_HZ // 2 :]
    assert len(late) >= RECORDED_HZ // 3
    assert not late.any()


def test_after_being_suspended_charley_listens_again(server: SoundServer, cache: Path) -> None:
    with charley(server, cache, *MICROPHONE) as running:
        wake(running, server)
        running.until(STRETCH)
        running.process.send_signal(signal.SIGSTOP)
        try:
            server.play_into_the_room(np.zeros(16_000 * 8, np.int16))
        finally:
            running.process.send_signal(signal.SIGCONT)
        running.until("Charley: Now.")
        tell(running, server, "stop")


@contextmanager
def all_cores_loaded() -> Iterator[None]:
    burners = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range(os.cpu_count() or 1)
    ]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


@pytest.mark.loads_all_cores
def test_with_all_cores_loaded_charley_counts_exactly_and_hears(
    server: SoundServer, cache: Path, tmp_path: Path
) -> None:
    heard = tmp_path / "heard.raw"
    with charley(server, cache, *MICROPHONE) as running, all_cores_loaded():
        to_the_hold(running, server)
        running.until("Charley: Ten seconds left.")
        with server.recording(heard, RECORDED_HZ):
            running.until("Charley: One.")
            running.until("Has the cramp")
        tell(running, server, "stop")
    counted = _count_places(np.fromfile(heard, "<i2"), cache)
    # A device may run dry meanwhile; the numbers still stay on their seconds.
    assert np.abs(np.diff(counted) - 1.0).max() < 0.1


def _count_places(heard: Samples, cache: Path) -> npt.NDArray[np.float64]:
    """When each number of the final count begins in the recording, in seconds."""
    speech = soxr.resample(heard.astype(np.float64), RECORDED_HZ, RATE_HZ)
    with closing(Pyttsx3Synthesizer()) as synthesizer:
        clips = ClipLibrary(synthesizer, cache / "speech", SpeechSettings().style)
        numbers = [clips.kept(word) for word in ("Five.", "Four.", "Three.", "Two.", "One.")]
    places = []
    for number in numbers:
        assert number is not None
        wanted = number.samples.astype(np.float64)
        size = 1 << (len(speech) + len(wanted)).bit_length()
        spectrum = np.fft.rfft(speech, size) * np.conj(np.fft.rfft(wanted, size))
        places.append(int(np.fft.irfft(spectrum, size)[: len(speech)].argmax()) / RATE_HZ)
    return np.array(places)


def test_blocks_not_read_in_time_are_counted_and_reported(
    server: SoundServer,
) -> None:
    told = server.run(
        """
import logging, time
from voice.devices import sounddevice_microphone as audio
told = []
logging.getLogger(audio.__name__).addHandler(type("H", (logging.Handler,), {
    "emit": lambda self, record: told.append(record.getMessage())})())
audio.QUEUE_S = 0.5
microphone = audio.SounddeviceMicrophone("bedside_microphone")
microphone.read()
time.sleep(2.0)  # The device goes on, whoever reads.
blocks = [microphone.read() for _ in range(60)]
print(microphone._lost > 10, {b.shape for b in blocks}, len(told), "blocks" in told[0])
microphone.close()
"""
    )
    assert told == "True {(512,)} 1 True\n"
