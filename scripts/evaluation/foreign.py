"""Hours of foreign speech, in which a wake phrase must not be found.

Recordings of people come first: continuous speech, single words, other wake phrases.
They seldom add up to hours, and it takes more than ten hours to tell one false alarm in
ten hours from two. So they may also be played at other speeds, as if by other people,
and the rest is spoken by the synthetic voice that is held out from training:
words drawn at random from the lexicon of the built-in model, but none of the phrase.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from scripts.corpus.manifest import Recording, Role
from scripts.evaluation.spoken import Voice, available, spoken
from voice.app.paths import models_folder
from voice.audio.files import read_recording
from voice.audio.samples import RATE_HZ, Samples, resample

RECORDED: Final = "people"
AT_OTHER_SPEEDS: Final = "people, at other speeds"
SYNTHETIC: Final = "a synthetic voice"

SPEEDS: Final = (0.92, 1.08, 0.85, 1.15)

_WORDS_EACH: Final = 40
_WORD_S: Final = 0.44
"""Rough length of such a word, which the voice does not report in advance."""

_LEXICON: Final = Path("charley-en", "lexicon.txt")


@dataclass(frozen=True)
class Foreign:
    """A stretch of foreign speech. ``read`` returns its audio; ``kind`` says where it is from."""

    kind: str
    duration_s: float
    read: Callable[[], Samples]


def foreign_speech(
    phrase: str, recordings: Sequence[Recording], hours: float, seed: int
) -> list[Foreign]:
    """All recordings that are foreign to ``phrase``, and more, up to that many hours."""
    wanted_s = hours * 3600.0
    recorded = foreign_to(phrase, recordings)
    found = [Foreign(RECORDED, r.duration_s, partial(read_recording, r.path)) for r in recorded]
    for speed in SPEEDS:
        for recording in recorded:
            if _duration_s(found) >= wanted_s:
                return found
            length_s = recording.duration_s / speed
            found.append(Foreign(AT_OTHER_SPEEDS, length_s, partial(_played, recording, speed)))
    if _duration_s(found) < wanted_s and not available():
        print(
            "evaluate: flite is not installed: less foreign speech than requested", file=sys.stderr
        )
        return found
    words = _words(set(phrase.split()))
    each_s = _WORDS_EACH * _WORD_S
    count = max(0, round((wanted_s - _duration_s(found)) / each_s))
    found += [Foreign(SYNTHETIC, each_s, partial(_said, words, [seed, n])) for n in range(count)]
    return found


def foreign_to(phrase: str, recordings: Sequence[Recording]) -> list[Recording]:
    """Continuous speech, single words, and wake phrases other than this one."""
    return [
        r
        for r in recordings
        if r.role in (Role.RUNNING, Role.WORD) or (r.role is Role.KEYWORD and r.label != phrase)
    ]


def _duration_s(speech: Sequence[Foreign]) -> float:
    return sum(one.duration_s for one in speech)


def _played(recording: Recording, speed: float) -> Samples:
    return resample(read_recording(recording.path), round(RATE_HZ * speed))


def _words(without: Collection[str]) -> list[str]:
    lines = (models_folder() / _LEXICON).read_text(encoding="utf-8").splitlines()
    words = dict.fromkeys(line.split()[0] for line in lines if line)
    return [word for word in words if word not in without]


def _said(words: Sequence[str], seed: Sequence[int]) -> Samples:
    draw = np.random.default_rng(seed)
    text = " ".join(words[n] for n in draw.integers(len(words), size=_WORDS_EACH))
    name = str(draw.choice(("kal", "kal16")))
    voice = Voice(name, round(draw.uniform(0.8, 1.3), 2), round(draw.uniform(85.0, 190.0)))
    with tempfile.TemporaryDirectory() as folder:
        return spoken(text, voice, Path(folder) / "said.wav")
