"""The sleeper's voice and the room's recordings, prepared before the clock starts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from voice.audio.files import read_recording
from voice.audio.normalise import voiced_level_dbfs
from voice.audio.samples import Clip, Samples, gain, silence
from voice.errors import RehearsalError
from voice.ports import VoiceStyle
from voice.simulation.acoustics import Wave, as_wave
from voice.simulation.noise import levelled, looped, make_noise
from voice.simulation.scenario import Reply, Scenario

Render = Callable[[str, VoiceStyle], Clip]
"""Text to speech, in a voice. Raises SynthesisError."""

_SHORTEST_NOISE_S: Final = 1.0
_SOUND_PART: Final = 0.02
"""Samples below this fraction of the loudest one do not count as speech."""


def voices_of(scenario: Scenario, folder: Path, render: Render) -> dict[Reply, Wave]:
    """The sound of every reply that is not silence, at the scenario's level."""
    style = VoiceStyle(scenario.voice.name, scenario.voice.words_per_minute)
    voices: dict[Reply, Wave] = {}
    for reply in scenario.reply:
        if reply.says is not None:
            samples = _spoken(reply.says, reply, lambda words: render(words, style).samples)
        elif reply.recording is not None:
            samples = _sounding(folder / reply.recording)
        else:
            continue
        change_db = scenario.voice.level_dbfs - voiced_level_dbfs(samples)
        voices[reply] = as_wave(gain(samples, change_db))
    return voices


def _spoken(says: str, reply: Reply, render: Callable[[str], Samples]) -> Samples:
    if reply.then is None:
        return render(says)
    first, then = _sound(render(says)), _sound(render(reply.then))
    return np.concatenate([first, silence(reply.gap_s), then])


def _sound(samples: Samples) -> Samples:
    """The samples without the quiet before and after, so that a gap has its exact length."""
    size = np.abs(samples.astype(np.int32))
    heard = np.flatnonzero(size > _SOUND_PART * size.max())
    return samples[heard[0] : heard[-1] + 1] if len(heard) else samples


def noise_of(scenario: Scenario, folder: Path, rng: np.random.Generator) -> Wave | None:
    """The room's background noise: one seamless period; None for silence."""
    room = scenario.room
    if room.noise_recording is None:
        return make_noise(room.noise, room.noise_dbfs, rng)
    path = folder / room.noise_recording
    samples = _sounding(path)
    if Clip(samples).duration_s < _SHORTEST_NOISE_S:
        raise RehearsalError(
            f"{path}: too short to be a room's noise", remedy="Use one of a second or more."
        )
    return levelled(looped(as_wave(samples)), room.noise_dbfs)


def _sounding(path: Path) -> Samples:
    samples = read_recording(path)
    if not samples.any():
        raise RehearsalError(f"{path}: contains no sound", remedy="Use another recording.")
    return samples
