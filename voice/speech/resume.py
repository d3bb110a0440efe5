"""Going on after an interruption, from the start of the interrupted sentence. Pure.

A rendered line does not mark where its sentences begin, but a speech engine pauses longest
between them: a line of three sentences is split at its two longest pauses. If there are too
few pauses, the line starts again, which is never wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import numpy as np

from voice.audio.samples import RATE_HZ, Clip, Placement, Samples, Track, level_dbfs, samples_of
from voice.speech.timeline import CHIME_KEY

REST_DBFS: Final = -60.0
REST_S: Final = 0.12
"""A quiet stretch longer than this is a pause; the closure of a consonant is shorter."""

_FRAME: Final = RATE_HZ // 100
_SENTENCE_END: Final = re.compile(r"[.?!]\s+")


def sentence_starts(text: str, samples: Samples) -> tuple[int, ...]:
    """Where each sentence of a rendered ``text`` begins, in samples; the first is 0."""
    wanted = len(_SENTENCE_END.findall(text.strip()))
    rests = sorted(_rests(samples), reverse=True)[:wanted]
    if len(rests) < wanted:
        return (0,)
    return (0, *sorted(end for _, end in rests))


def rest_of(track: Track, position: int, text_of: Callable[[str], str]) -> Track:
    """The rest of ``track`` after an interruption at ``position``.

    It starts with the interrupted sentence. ``text_of`` gives the text of
    a placement's key.
    """
    lines = [p for p in track.placements if p.key != CHIME_KEY]
    under_way = [p for p in lines if p.offset + len(p.clip.samples) > position]
    if not under_way:
        return Track((), 0)
    first, *later = under_way
    starts = sentence_starts(text_of(first.key), first.clip.samples)
    start = max((s for s in starts if first.offset + s <= position), default=0)
    begin = first.offset + start
    placements = [Placement(0, Clip(first.clip.samples[start:]), first.key)]
    placements += [Placement(p.offset - begin, p.clip, p.key) for p in later]
    return Track(tuple(placements), track.length - begin)


def _rests(samples: Samples) -> list[tuple[int, int]]:
    """Length and end of every pause within the samples."""
    frames = len(samples) // _FRAME
    quiet = [level_dbfs(samples[i * _FRAME : (i + 1) * _FRAME]) < REST_DBFS for i in range(frames)]
    edges = np.flatnonzero(np.diff(np.array([False, *quiet, False], np.int8)))
    return [
        (int(end - begin) * _FRAME, int(end) * _FRAME)
        for begin, end in edges.reshape(-1, 2)
        if begin > 0 and end < frames and (end - begin) * _FRAME >= samples_of(REST_S)
    ]
