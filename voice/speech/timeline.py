"""What is said, laid out on one sample clock. Pure.

A chime overlaps the start of the first line, so that it hardly delays the reply. The
numbers of a count start on their exact samples, whatever the voice and its rate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from voice.audio.samples import (
    BLOCK_SAMPLES,
    RATE_HZ,
    Clip,
    Placement,
    Samples,
    Track,
    fade,
    from_float,
    samples_of,
)
from voice.content.script import LineKey
from voice.dialogue.hold import Hold, lay_out

CHIME_KEY: Final = "chime"
"""The key of the tone in a track. No line has it."""

SOFT_START_S: Final = 0.6
SOFT_START_DB: Final = -10.0
"""The voice fades in from this far below its level when it is the first sound in the night."""

JUST_S: Final = 1.0
"""How long a word may take to reach the microphone and pass through the listening chain."""

_WORD: Final = re.compile(r"[a-z']+")
_CHIME_S: Final = 0.35
_CHIME_DECAY_S: Final = 0.09
_CHIME_PEAK: Final = 0.05
_CHIME_PARTIALS: Final = ((660.0, 1.0), (990.0, 0.5))
_CUT_S: Final = 0.01


@dataclass(frozen=True, eq=False)
class SpokenLine:
    """A line and its sound, and the quiet that follows it before the next, in seconds."""

    key: LineKey
    clip: Clip
    pause_s: float = 0.0


def _chime() -> Samples:
    t = np.arange(samples_of(_CHIME_S)) / RATE_HZ
    wave = sum(part * np.sin(2.0 * np.pi * hz * t) for hz, part in _CHIME_PARTIALS)
    return fade(from_float(_CHIME_PEAK * wave * np.exp(-t / _CHIME_DECAY_S)), 0.008, 0.05)


CHIME: Final = Clip(_chime())
"""A soft fifth that dies away quickly, well below the level of speech."""


def soft_start(clip: Clip) -> Clip:
    """The clip, softer at its beginning: nobody wakes with a start, and no word is lost."""
    count = min(samples_of(SOFT_START_S), len(clip.samples))
    rise = 10.0 ** (np.linspace(SOFT_START_DB, 0.0, count, endpoint=False) / 20.0)
    samples = clip.samples.copy()
    samples[:count] = np.rint(samples[:count] * rise)
    return Clip(samples)


def utterance_track(lines: Sequence[SpokenLine], *, with_chime: bool = False) -> Track:
    """The lines one after the other.

    The chime, if any, lies under the first word, and the voice starts softly: it
    is the first sound in a room that was silent.
    """
    placements: list[Placement] = []
    at = length = 0
    if with_chime:
        placements.append(Placement(0, CHIME, CHIME_KEY))
        length = len(CHIME.samples)
    for number, line in enumerate(lines):
        clip = soft_start(line.clip) if with_chime and not number else line.clip
        placements.append(Placement(at, clip, line.key))
        length = max(length, at + len(line.clip.samples))
        at += len(line.clip.samples) + samples_of(line.pause_s)
    return Track(tuple(placements), length)


def hold_track(plan: Hold, clips: Mapping[LineKey, Clip]) -> Track:
    """A hold of exactly ``plan.length_s`` seconds, its cues on their samples.

    ``clips`` holds every line of :func:`lines_of_hold`. A line that would reach
    into the next one, or past the end, is cut short with a fade: the count
    never waits.
    """
    length = samples_of(plan.length_s)
    lengths = {key: len(clip.samples) for key, clip in clips.items()}
    placed = lay_out(plan, lengths, RATE_HZ)
    ends = [line.offset for line in placed[1:]] + [length]
    return Track(
        tuple(
            Placement(line.offset, _fitted(clips[line.line], end - line.offset), line.line)
            for line, end in zip(placed, ends, strict=True)
        ),
        length,
        timed=True,
    )


def lines_of_hold(plan: Hold) -> tuple[LineKey, ...]:
    """Every line that a hold needs, each once."""
    return tuple(dict.fromkeys((*plan.opening, *(cue.line for cue in plan.cues()))))


def _fitted(clip: Clip, room: int) -> Clip:
    if len(clip.samples) <= room:
        return clip
    return Clip(fade(clip.samples[:room], 0.0, _CUT_S))


def sounds_at(track: Track, position: int) -> bool:
    """Whether a clip sounds in the block that ends at ``position``."""
    return any(
        p.offset <= position and position - BLOCK_SAMPLES < p.offset + len(p.clip.samples)
        for p in track.placements
    )


def lately_begun(track: Track, position: int) -> tuple[LineKey, ...]:
    """The lines that sound at ``position``, or ended less than :data:`JUST_S` before."""
    recent = position - samples_of(JUST_S)
    return tuple(
        LineKey(p.key)
        for p in track.placements
        if p.offset <= position and recent < p.offset + len(p.clip.samples) and p.key != CHIME_KEY
    )


def words_of(texts: Iterable[str]) -> frozenset[str]:
    """Every word of the texts, in lower case."""
    return frozenset(_WORD.findall(" ".join(texts).lower()))
