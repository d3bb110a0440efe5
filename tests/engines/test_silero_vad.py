"""The real gate on synthesised speech, and on sounds that are not a voice."""

import os
import subprocess
import sys

import numpy as np
import pytest

from voice.audio.samples import BLOCK_SAMPLES, RATE_HZ, Samples, from_float, silence, tone
from voice.engines.pyttsx3_synthesizer import Pyttsx3Synthesizer
from voice.engines.silero_vad import SileroGate
from voice.ports import VoiceGate, VoiceStyle


def blocks(samples: Samples) -> list[Samples]:
    whole = len(samples) // BLOCK_SAMPLES * BLOCK_SAMPLES
    return list(samples[:whole].reshape(-1, BLOCK_SAMPLES))


@pytest.fixture(scope="module")
def speech() -> Samples:
    engine = Pyttsx3Synthesizer(time_limit_s=30.0)
    clip = engine.render("My leg hurts, and it does not let go at all.", VoiceStyle("en-us", 150))
    engine.close()
    return clip.samples


def test_speech_counts_as_voice(speech: Samples) -> None:
    gate: VoiceGate = SileroGate()
    heard = [gate.probability(block) for block in blocks(speech)]
    assert all(0.0 <= p <= 1.0 for p in heard)
    assert np.mean(np.array(heard) > 0.5) > 0.5


@pytest.mark.parametrize(
    "sound",
    [
        silence(2.0),
        tone(440.0, 2.0, -12.0),
        from_float(np.random.default_rng(5).normal(0.0, 0.02, 2 * RATE_HZ)),
    ],
    ids=["silence", "tone", "hiss"],
)
def test_other_sounds_do_not_count_as_voice(sound: Samples) -> None:
    gate = SileroGate()
    heard = [gate.probability(block) for block in blocks(sound)]
    assert np.mean(np.array(heard) > 0.5) < 0.1


def test_resetting_forgets_what_was_heard(speech: Samples) -> None:
    gate = SileroGate()
    first = [gate.probability(block) for block in blocks(speech)]
    gate.reset()
    assert [gate.probability(block) for block in blocks(speech)] == pytest.approx(first, abs=1e-6)


@pytest.mark.parametrize("length", [0, BLOCK_SAMPLES - 1, BLOCK_SAMPLES + 1])
def test_a_block_of_the_wrong_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="512 samples"):
        SileroGate().probability(np.zeros(length, np.int16))


def test_no_threads_are_started_that_would_wait_for_each_other() -> None:
    # Four of them made a block cost ten times what it does now.
    code = """
import os
import numpy as np
from voice.engines.silero_vad import SileroGate
gate = SileroGate()
assert "OMP_THREAD_LIMIT" not in os.environ
before = len(os.listdir("/proc/self/task"))
gate.probability(np.full(512, 1000, np.int16))
print(len(os.listdir("/proc/self/task")) - before)
"""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OMP_")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == 0
