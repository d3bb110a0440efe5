"""The timetable of a night, drawn at random from a seed before it begins. Pure.

A night is a sequence of rounds, and each round has a share of every kind of sound,
in random order. Now and then something bumps. And there are cramps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from scripts.soak_test.sounds import Kind
from voice.audio.samples import samples_of

ROUND_S: Final = 3_600.0
CRAMPS_AN_HOUR: Final = 1.25
FEWEST_CRAMPS: Final = 2
BUMP_EVERY_S: Final = 100.0

SCENARIOS: Final = (
    "calf", "gone_at_eight", "urgent", "foot", "not_sure", "pause", "ladder", "see_a_doctor",
    "thigh_front", "questions", "emergency", "unsteady", "stop", "false_wake",
)  # fmt: skip
"""Shipped rehearsals with one cramp each. Those that change Charley's rate of speech are
left out: it would render all its lines again in the middle of the night."""

SLEEPERS: Final = (
    ("en-us+m3", -24.0),
    ("en-us+f4", -22.0),
    ("en-us+m1", -26.0),
    ("en-us+m3", -30.0),
)
"""Voices, and how loud they are at the microphone, in dBFS."""


@dataclass(frozen=True)
class Passage:
    """A sound from one sample of the night to another; it repeats its wave if longer."""

    start: int
    end: int
    kind: Kind
    number: int
    level_dbfs: float


@dataclass(frozen=True)
class Cramp:
    """A sleeper wakes with a cramp at ``start``, and behaves as in a shipped scenario."""

    start: int
    scenario: str
    voice: str
    level_dbfs: float


@dataclass(frozen=True)
class Night:
    """Passages and cramps, each in order of time; lengths in samples."""

    length: int
    passages: tuple[Passage, ...]
    cramps: tuple[Cramp, ...]


@dataclass(frozen=True)
class _Share:
    """A kind's share of a round, and its levels in dBFS. No kind: the room alone."""

    kind: Kind | None
    part: float
    softest_dbfs: float = 0.0
    loudest_dbfs: float = 0.0


_SHARES: Final = (
    _Share(None, 0.34),
    _Share(Kind.SNORING, 0.24, -44.0, -32.0),
    _Share(Kind.TALK, 0.14, -56.0, -46.0),
    _Share(Kind.FAN, 0.12, -58.0, -48.0),
    _Share(Kind.GIVEN, 0.16, -54.0, -38.0),
)
_BUMP_DBFS: Final = (-46.0, -32.0)


def draw_night(
    hours: float, lengths: Mapping[Kind, Sequence[int]], rng: np.random.Generator
) -> Night:
    """A night of that many hours. ``lengths``: those of the sounds of each kind, in samples."""
    length = samples_of(hours * 3_600.0)
    passages = [*_rounds(length, lengths, rng), *_bumps(length, lengths, rng)]
    return Night(
        length,
        tuple(sorted(passages, key=lambda p: p.start)),
        tuple(_cramps(length, hours, rng)),
    )


def _rounds(
    length: int, lengths: Mapping[Kind, Sequence[int]], rng: np.random.Generator
) -> Iterator[Passage]:
    rounds = max(1, round(length / samples_of(ROUND_S)))
    shares = [s for s in _SHARES if s.kind is None or lengths[s.kind]]
    whole = sum(s.part for s in shares)
    at = 0.0
    for _ in range(rounds):
        for index in rng.permutation(len(shares)):
            share = shares[index]
            lasts = length / rounds * share.part / whole
            level = rng.uniform(share.softest_dbfs, share.loudest_dbfs)
            if share.kind is Kind.TALK:
                yield from _talk(round(at), round(at + lasts), level, lengths[Kind.TALK], rng)
            elif share.kind is not None:
                number = int(rng.integers(len(lengths[share.kind])))
                yield Passage(round(at), round(at + lasts), share.kind, number, level)
            at += lasts


def _talk(
    start: int, end: int, level_dbfs: float, lengths: Sequence[int], rng: np.random.Generator
) -> Iterator[Passage]:
    """One sentence after another, with pauses."""
    number, at = int(rng.integers(len(lengths))), start
    while at + lengths[number] < end:
        said = at + lengths[number]
        yield Passage(at, said, Kind.TALK, number, level_dbfs + rng.uniform(-3.0, 3.0))
        at = said + samples_of(rng.exponential(1.5))
        number = (number + 1) % len(lengths)


def _bumps(
    length: int, lengths: Mapping[Kind, Sequence[int]], rng: np.random.Generator
) -> Iterator[Passage]:
    at = samples_of(rng.exponential(BUMP_EVERY_S))
    while at < length:
        number = int(rng.integers(len(lengths[Kind.BUMP])))
        end = at + lengths[Kind.BUMP][number]
        yield Passage(at, end, Kind.BUMP, number, rng.uniform(*_BUMP_DBFS))
        at = end + samples_of(rng.exponential(BUMP_EVERY_S))


def _cramps(length: int, hours: float, rng: np.random.Generator) -> Iterator[Cramp]:
    """Spread over the night, at odd times, and none too late to be heard to its end."""
    count = max(FEWEST_CRAMPS, round(CRAMPS_AN_HOUR * hours))
    order = [int(n) for n in rng.permutation(len(SCENARIOS))]
    for number in range(count):
        start = length / count * (number + rng.uniform(0.05, 0.45))
        scenario = SCENARIOS[order[number % len(order)]]
        voice, level_dbfs = SLEEPERS[int(rng.integers(len(SLEEPERS)))]
        yield Cramp(round(start), scenario, voice, level_dbfs)
