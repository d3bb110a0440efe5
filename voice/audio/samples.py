"""Sound as numbers: clips, tracks, levels. Pure; knows no device.

Everything inside Charley is 16 kHz, mono, int16. Adapters convert at the
edges. Levels are dB relative to full scale (dBFS), RMS unless a name says peak.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import soxr

Samples = npt.NDArray[np.int16]
"""One-dimensional int16 samples at :data:`RATE_HZ`."""

RATE_HZ: Final = 16_000
BLOCK_SAMPLES: Final = 512
"""Samples in a block from the microphone: 32 ms, what the Silero gate wants."""

BLOCK_S: Final = BLOCK_SAMPLES / RATE_HZ
FULL_SCALE: Final = 32_768.0
SILENCE_DBFS: Final = -120.0
"""The level given for digital silence, where the logarithm has no value."""


@dataclass(frozen=True, eq=False)
class Clip:
    """A finished piece of sound, ready to play: int16, mono, 16 kHz."""

    samples: Samples

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / RATE_HZ


@dataclass(frozen=True, eq=False)
class Placement:
    """A clip and the sample of its track on which it starts.

    ``key`` names the line that is said (or a tone), for transcripts.
    """

    offset: int
    clip: Clip
    key: str


@dataclass(frozen=True, eq=False)
class Track:
    """Clips on one sample clock, played from sample 0 without a break.

    ``length`` is in samples; it may reach past the last clip (a hold that ends
    in silence) and is never shorter than the clips need. ``timed``: the clips
    belong to their moments, as the numbers of a count do; if the loudspeaker fails, such
    a track goes on unheard, while any other waits.
    """

    placements: tuple[Placement, ...]
    length: int
    timed: bool = False

    def __post_init__(self) -> None:
        for placed in self.placements:
            end = placed.offset + len(placed.clip.samples)
            if placed.offset < 0 or end > self.length:
                raise ValueError(f"a track of {self.length} samples cannot hold {end}")

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.length / RATE_HZ

    def begin_of_clip(self, position: int) -> int:
        """Where the clip starts that sounds at ``position``, else the next one, else the end."""
        return min(
            (
                p.offset
                for p in self.placements
                if max(p.offset, position) < p.offset + len(p.clip.samples)
            ),
            default=self.length,
        )

    def rest(self, position: int) -> Track:
        """The track from ``position`` on, without the clips that begin before it."""
        later = tuple(
            Placement(p.offset - position, p.clip, p.key)
            for p in self.placements
            if p.offset >= position
        )
        return Track(later, max(0, self.length - position), self.timed)

    def render(self, start: int, count: int) -> Samples:
        """Mix samples ``start`` to ``start + count`` of the track.

        Clips that overlap are added and clipped to the int16 range; what lies
        outside the track is silence. Returns ``count`` samples.
        """
        mixed = np.zeros(count, np.int32)
        for placed in self.placements:
            first = max(start, placed.offset)
            last = min(start + count, placed.offset + len(placed.clip.samples))
            if first < last:
                piece = placed.clip.samples[first - placed.offset : last - placed.offset]
                mixed[first - start : last - start] += piece
        return np.clip(mixed, -32_768, 32_767).astype(np.int16)


def samples_of(duration_s: float) -> int:
    """The number of samples nearest to ``duration_s`` seconds."""
    return round(duration_s * RATE_HZ)


def blocks_in(duration_s: float) -> int:
    """The number of microphone blocks (32 ms) nearest to ``duration_s`` seconds; at least one."""
    return max(1, round(duration_s / BLOCK_S))


def silence(duration_s: float) -> Samples:
    """Digital silence of ``duration_s`` seconds."""
    return np.zeros(samples_of(duration_s), np.int16)


def level_dbfs(samples: Samples) -> float:
    """RMS level in dBFS; :data:`SILENCE_DBFS` for silence and for no samples."""
    if not len(samples):
        return SILENCE_DBFS
    wide = samples.astype(np.float64)
    power = float(np.dot(wide, wide)) / len(samples)
    if power <= 0.0:
        return SILENCE_DBFS
    return max(SILENCE_DBFS, 10.0 * float(np.log10(power / FULL_SCALE**2)))


def levels_dbfs(blocks: Samples) -> npt.NDArray[np.float64]:
    """RMS level in dBFS of each row of ``blocks``, shape (rows, samples), as :func:`level_dbfs`."""
    power = np.square(blocks, dtype=np.float64).mean(axis=1) / FULL_SCALE**2
    levels: npt.NDArray[np.float64] = 10.0 * np.log10(
        np.maximum(power, 10.0 ** (SILENCE_DBFS / 10.0))
    )
    return levels


def peak_dbfs(samples: Samples) -> float:
    """Level of the largest sample in dBFS; :data:`SILENCE_DBFS` for silence."""
    peak = int(np.abs(samples.astype(np.int32)).max(initial=0))
    return 20.0 * float(np.log10(peak / FULL_SCALE)) if peak else SILENCE_DBFS


def gain(samples: Samples, gain_db: float) -> Samples:
    """The samples made louder or softer by ``gain_db``, clipped to int16."""
    return from_float(to_float(samples) * np.float32(10.0 ** (gain_db / 20.0)))


def to_float(samples: Samples) -> npt.NDArray[np.float32]:
    """int16 samples as float32 in [-1, 1)."""
    return samples.astype(np.float32) / np.float32(FULL_SCALE)


def from_float(samples: npt.NDArray[np.floating]) -> Samples:
    """Floats in [-1, 1] as int16, clipped."""
    scaled = np.rint(np.asarray(samples, np.float64) * FULL_SCALE)
    return np.clip(scaled, -32_768, 32_767).astype(np.int16)


def resample(samples: Samples, from_hz: int, to_hz: int = RATE_HZ) -> Samples:
    """The samples at another rate, band-limited (soxr, high quality)."""
    if from_hz == to_hz:
        return samples
    return from_float(soxr.resample(to_float(samples), from_hz, to_hz))


def fade(samples: Samples, in_s: float, out_s: float) -> Samples:
    """The samples with raised-cosine ramps at their ends, so that nothing clicks."""
    shaped = to_float(samples)
    for length, ramped in ((samples_of(in_s), shaped), (samples_of(out_s), shaped[::-1])):
        n = min(length, len(shaped))
        ramped[:n] *= np.float32(0.5) - np.float32(0.5) * np.cos(
            np.linspace(0.0, np.pi, n, endpoint=False, dtype=np.float32)
        )
    return from_float(shaped)


def tone(frequency_hz: float, duration_s: float, level_peak_dbfs: float) -> Samples:
    """A soft sine with faded ends; the level is that of its peak."""
    t = np.arange(samples_of(duration_s)) / RATE_HZ
    wave = np.sin(2.0 * np.pi * frequency_hz * t) * 10.0 ** (level_peak_dbfs / 20.0)
    return fade(from_float(wave), duration_s / 4, duration_s / 2)
