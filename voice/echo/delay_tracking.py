"""Aligns the far-end reference with the echo that the microphone picks up. Pure.

The loudspeaker and the microphone run on separate clocks, which differ by a few hundred
parts per million at worst. So after ten seconds of silence the echo arrives a millisecond
or more earlier or later than was learned, and the adaptive filter has to start over. A
device that glitches delays it at once. So the echo's delay and its drift are measured
while Charley speaks, and the reference is delayed so that the echo always follows it by
the same time. Laws of this file:

- As long as no drift is found, the reference is passed on sample for sample.
- Anything may have changed during a long silence, and while the loudspeaker's stream was
  stopped: the delay is measured again before it is trusted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from voice.audio.samples import (
    BLOCK_SAMPLES,
    Samples,
    blocks_in,
    from_float,
    samples_of,
    silence,
    to_float,
)

LATEST_S: Final = 0.6
"""The longest delay an echo may have."""

ROOM_S: Final = 0.01
"""Extra delay given to the reference from the start, so that the echo can drift either way.
When it is used up, everything is learned again."""

SOONEST_S: Final = 0.02
"""The echo never follows the reference more closely than this: cancellers do badly with an echo
that arrives at once."""

LASTS_S: Final = 30.0
"""How long a delay is trusted after it was last measured."""

UNFOUND_S: Final = 2.0
"""If this much of Charley's voice has brought no detectable echo, there is none, or it is too
soft to matter."""

_KEPT: Final = blocks_in(1.5)
_WINDOW: Final = blocks_in(0.5)
_STEP: Final = blocks_in(0.25)
LOST_STEP: Final = blocks_in(0.1)
"""Blocks between two measurements, usually and while a lost delay is being found again."""

LOST_S: Final = 0.3
"""How much of Charley's voice is needed to find a lost delay: a chime alone fits too many."""

_SURE: Final = 0.5
"""Minimum normalised cross-correlation at which a delay is trusted."""

_FAVOURED: Final = 0.8
"""A peak at the expected delay wins if it reaches this fraction of the highest peak."""

_NEAR: Final = samples_of(0.001)
"""Delays closer together than this count as the same."""

_TRACK: Final = 40
"""Number of delays the drift is estimated from: ten seconds of Charley's voice."""

_STEADY: Final = float(blocks_in(1.0) ** 2)
"""Regularisation: keeps the drift from being estimated from delays measured within a moment."""

_LATEST: Final = 4
_OFF: Final = 0.5
"""The current line is kept until the latest delays differ from it by more than this many samples
on average: without drift, there is no reason to keep changing it."""

_TAPS: Final = 16

Wave = npt.NDArray[np.float64]


class DelayTracker:
    """Measures the delay of the echo, and compensates for it."""

    def __init__(self) -> None:
        self._heard: deque[Samples] = deque(maxlen=_KEPT)
        self._played: deque[Samples] = deque(maxlen=_KEPT + blocks_in(LATEST_S) + 2)
        self._clock = 0
        self._measured = 0
        self._voiced = 0
        self._delays: deque[tuple[int, float]] = deque(maxlen=_TRACK)
        self._candidate: float | None = None
        self._line: _Line | None = None
        self._follows = 0
        self._offset = 0.0
        self.found_again = False
        """Whether a delay that was lost has been found with the current block."""

    @property
    def converged(self) -> bool:
        """Whether the delay is known, or there is no detectable echo."""
        known = self._line is not None and self._clock - self._measured <= blocks_in(LASTS_S)
        return known or self._voiced >= blocks_in(UNFOUND_S)

    @property
    def lost(self) -> bool:
        """Whether the delay was known once, and has to be found again."""
        return self._line is not None and not self.converged

    def doubt(self) -> None:
        """Treat the delay as lost: a device's stream was stopped, and may have shifted it."""
        self._measured = self._clock - blocks_in(LASTS_S) - 1
        self._voiced = 0
        self._candidate = None

    def hear(self, heard: Samples, played: Samples) -> bool:
        """Take a microphone block and the far-end block that was played meanwhile.

        Returns whether the echo's delay behind the reference changes from now on.
        """
        self._clock += 1
        self._heard.append(heard)
        self._played.append(played)
        if self._clock - self._measured == blocks_in(LASTS_S):
            self._voiced = 0
        self._voiced += bool(played.any())
        lost, self.found_again = self.lost, False
        if self._clock % (LOST_STEP if lost else _STEP) or len(self._played) <= _WINDOW:
            return False
        if not self._sounds() or (lost and self._voiced < blocks_in(LOST_S)):
            return False
        heard_lately = np.concatenate(list(self._heard)[-_WINDOW:])
        longest = _WINDOW + blocks_in(LATEST_S) + 2
        expected = None if self._line is None or lost else self._expected(self._line)
        correlation, delay = match(
            heard_lately, np.concatenate(list(self._played)[-longest:]), expected
        )
        if correlation < _SURE:
            return False
        changes = self._take(delay)
        self.found_again = lost and not self.lost
        return changes

    def played(self) -> Samples:
        """The current block of the reference, delayed so that the echo keeps its distance."""
        offset = self._wanted()
        moved = offset - self._offset
        # A drift is spread over the block; a jump is made before it.
        first = self._offset if abs(moved) < _NEAR else offset
        self._offset = offset
        sound = np.concatenate(list(self._played))
        start = len(sound) - BLOCK_SAMPLES
        if first == offset == int(offset):
            return sound[start - int(offset) : len(sound) - int(offset)]
        later = np.linspace(first, offset, BLOCK_SAMPLES, endpoint=False)
        places = start + np.arange(BLOCK_SAMPLES) - later
        return from_float(_at(to_float(sound).astype(np.float64), places))

    @property
    def follows(self) -> int:
        """The echo's delay behind the reference that is passed on, in samples, once it is found."""
        return self._follows

    def again(self) -> Iterator[tuple[Samples, Samples]]:
        """The last second and a half of microphone blocks, each with its reference as aligned.

        Without the current one, which is still to be cleaned.
        """
        sound = np.concatenate([silence(LATEST_S), *self._played])
        offset = round(self._wanted())
        for number, heard in enumerate(list(self._heard)[:-1]):
            end = len(sound) - offset - (len(self._heard) - 1 - number) * BLOCK_SAMPLES
            yield heard, sound[end - BLOCK_SAMPLES : end]

    def _sounds(self) -> bool:
        return any(block.any() for block in list(self._played)[-_WINDOW:])

    def _wanted(self) -> float:
        if self._line is None:
            return 0.0
        most = min(samples_of(LATEST_S), (len(self._played) - 1) * BLOCK_SAMPLES - _TAPS)
        return min(max(0.0, self._expected(self._line) - self._follows), max(0.0, float(most)))

    def _expected(self, line: _Line) -> float:
        return line.at(min(self._clock, self._measured + blocks_in(LASTS_S)))

    def _take(self, delay: float) -> bool:
        """Take a measured delay. Returns the same as :meth:`hear`."""
        line = self._line
        if line is not None and abs(delay - self._expected(line)) < _NEAR:
            self._follow(line, delay)
        elif self._candidate is None or abs(delay - self._candidate) >= _NEAR:
            # A single measurement may be chance.
            self._candidate = delay
            return False
        elif line is not None:
            # A new delay; the clocks drift as before.
            by = delay - self._expected(line)
            self._delays = deque(((t, d + by) for t, d in self._delays), maxlen=_TRACK)
            self._line = _Line(self._clock, delay, line.drift)
        self._candidate = None
        self._measured = self._clock
        self._delays.append((self._clock, delay))
        if self._line is not None and self._line.at(self._clock) > self._follows - _NEAR:
            return False
        whole = round(delay)
        self._line = _Line(self._clock, whole, 0.0 if line is None else line.drift)
        nearest = max(whole - samples_of(ROOM_S), samples_of(SOONEST_S))
        self._follows = min(whole, nearest)
        return True

    def _follow(self, line: _Line, delay: float) -> None:
        latest = [*list(self._delays)[1 - _LATEST :], (self._clock, delay)]
        off = [d - line.at(t) for t, d in latest]
        if len(off) == _LATEST and abs(sum(off)) > _OFF * _LATEST:
            self._line = _Line.through([*self._delays, (self._clock, delay)])


@dataclass(frozen=True)
class _Line:
    """A delay in samples at a given block, and its growth per block."""

    block: int = 0
    delay: float = 0.0
    drift: float = 0.0

    def at(self, block: int) -> float:
        """The delay at another block."""
        return self.delay + self.drift * (block - self.block)

    @classmethod
    def through(cls, delays: Collection[tuple[int, float]]) -> _Line:
        """The line that best fits the measured delays."""
        blocks, found = (np.array(v, np.float64) for v in zip(*delays, strict=True))
        away = blocks - blocks.mean()
        drift = float(away @ found) / (float(away @ away) + _STEADY)
        last = int(blocks[-1])
        return cls(last, float(found.mean() + drift * (last - blocks.mean())), drift)


def match(heard: Samples, played: Samples, expected: float | None = None) -> tuple[float, float]:
    """The peak normalised cross-correlation of ``heard`` with ``played``, and its delay in samples.

    The first is 0 for no match and 1 for a perfect one. ``played`` is longer than ``heard``
    and ends with it. Both are pre-emphasised, since the low tones of any two voices are
    alike. Where Charley repeats itself two delays fit; the ``expected`` one is then preferred.
    """
    short = np.diff(to_float(heard).astype(np.float64))
    long = np.diff(to_float(played).astype(np.float64))
    places = len(long) - len(short) + 1
    if places < 1:
        return 0.0, 0.0
    size = 1 << (len(long) + len(short)).bit_length()
    found = np.fft.irfft(np.fft.rfft(long, size) * np.conj(np.fft.rfft(short, size)), size)
    sums = np.concatenate(([0.0], np.cumsum(long**2)))
    energies = sums[len(short) :][:places] - sums[:places]
    scale = np.sqrt(np.maximum(energies * float(short @ short), 1e-12))
    correlation = np.abs(found[:places]) / scale
    best = int(np.argmax(correlation))
    if expected is not None:
        first = max(0, places - 1 - round(expected) - _NEAR)
        nearby = correlation[first : first + 2 * _NEAR + 1]
        if len(nearby) and nearby.max() >= _FAVOURED * correlation[best]:
            best = first + int(np.argmax(nearby))
    return float(correlation[best]), places - 1 - (best + _between(correlation, best))


def _between(values: Wave, best: int) -> float:
    """Offset of the peak of a parabola through the best value and its neighbours."""
    if not 0 < best < len(values) - 1:
        return 0.0
    left, top, right = values[best - 1 : best + 2]
    bend = left - 2 * top + right
    return 0.0 if bend == 0.0 else float(0.5 * (left - right) / bend)


def _at(sound: Wave, places: Wave) -> Wave:
    """The sound interpolated at fractional sample positions."""
    whole = np.floor(places).astype(np.int64)
    taps = np.arange(1 - _TAPS // 2, _TAPS // 2 + 1)
    away = (places - whole)[:, None] - taps
    weights = np.sinc(away) * np.cos(np.pi * away / (_TAPS + 2)) ** 2
    wanted = np.clip(whole[:, None] + taps, 0, len(sound) - 1)
    summed: Wave = (sound[wanted] * weights).sum(axis=1)
    return summed
