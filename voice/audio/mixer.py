"""Tracks to a stream of samples: cut-offs that fade, gain that glides. Pure.

A :class:`Mixer` knows no device. The owner of the clock (the callback of a
loudspeaker, or a simulated room) pulls samples from it; what a track places on
sample ``n`` comes out exactly ``n`` samples after the track's own first one.
"""

from __future__ import annotations

import threading
from typing import Final

import numpy as np
import numpy.typing as npt

from voice.audio.samples import FULL_SCALE, Samples, Track, samples_of

CUT_FADE_S: Final = 0.008
"""A track that is cut off fades within this time: too short to hear, no click."""

GAIN_GLIDE_S: Final = 0.03
"""A change of gain takes this long from one end of the scale to the other."""


CEILING_DBFS: Final = -1.0
"""No sample that comes out is larger."""

KNEE_DBFS: Final = -4.0
"""Up to here samples come out as they are; beyond, ever less of them."""

_CEILING: Final = np.float32(FULL_SCALE * 10.0 ** (CEILING_DBFS / 20.0))
_KNEE: Final = np.float32(FULL_SCALE * 10.0 ** (KNEE_DBFS / 20.0))


class Mixer:
    """Plays one track at a time into whatever pulls from it; silence between tracks.

    ``drain`` is the output latency in samples: for this long after its end, a track still
    counts as playing. All methods may be called from any thread.
    """

    def __init__(self, drain: int = 0) -> None:
        self.drain = drain
        self._lock = threading.Lock()
        self._track: Track | None = None
        self._next = 0
        self._tail: npt.NDArray[np.float32] = np.zeros(0, np.float32)
        self._gain = 1.0
        self._level = 1.0
        self._muted = False

    def play(self, track: Track) -> None:
        """Start ``track`` with the next sample pulled; what was playing fades out under it."""
        with self._lock:
            self._cut()
            self._track, self._next = track, 0

    def halt(self) -> None:
        """Fade out what is playing."""
        with self._lock:
            self._cut()

    @property
    def position(self) -> int | None:
        """Samples of the track pulled so far, at most its length; None when nothing plays."""
        with self._lock:
            track = self._track
            if track is None or self._next >= track.length + self.drain:
                return None
            return min(self._next, track.length)

    def set_gain(self, gain_db: float) -> None:
        """Glide to a gain of ``gain_db``; at once if nothing is audible."""
        with self._lock:
            self._level = 10.0 ** (gain_db / 20.0)
            self._settle()

    def mute(self, on: bool) -> None:  # noqa: FBT001 - on or off is all there is to say
        """Glide to silence, or back; what is playing goes on meanwhile."""
        with self._lock:
            self._muted = on
            self._settle()

    def pull(self, count: int) -> Samples:
        """The next ``count`` samples of the stream."""
        with self._lock:
            if self._silent():
                self._next += count
                return np.zeros(count, np.int16)
            mixed = np.zeros(count, np.float32)
            if self._track is not None:
                mixed += self._track.render(self._next, count)
                self._next += count
            dying = min(count, len(self._tail))
            mixed[:dying] += self._tail[:dying]
            self._tail = self._tail[dying:]
            mixed *= self._glide(count)
            return np.rint(_limited(mixed)).astype(np.int16)

    def _silent(self) -> bool:
        track = self._track
        return not len(self._tail) and (track is None or self._next >= track.length)

    @property
    def _target(self) -> float:
        return 0.0 if self._muted else self._level

    def _settle(self) -> None:
        """Set the gain at once if nothing is audible."""
        if self._silent():
            self._gain = self._target

    def _cut(self) -> None:
        """Turn what is playing into a tail that dies away."""
        if self._track is None:
            return
        if self._gain == 0.0:  # muted: none of it could be heard
            self._track = None
            return
        length = samples_of(CUT_FADE_S)
        down = np.linspace(1.0, 0.0, length, endpoint=False, dtype=np.float32)
        tail = self._track.render(self._next, length) * down
        tail[: len(self._tail)] += self._tail
        self._tail = tail
        self._track = None

    def _glide(self, count: int) -> npt.NDArray[np.float32] | np.float32:
        if self._gain == self._target:
            return np.float32(self._gain)
        step = np.copysign(1.0 / samples_of(GAIN_GLIDE_S), self._target - self._gain)
        softest, loudest = sorted((self._gain, self._target))
        gains = np.clip(self._gain + step * np.arange(1, count + 1), softest, loudest)
        self._gain = float(gains[-1])
        glide: npt.NDArray[np.float32] = gains.astype(np.float32)
        return glide


def _limited(mixed: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The samples, bent towards the ceiling where they go beyond the knee."""
    size = np.abs(mixed)
    if size.max(initial=0.0) <= _KNEE:
        return mixed
    room = _CEILING - _KNEE
    bent = np.copysign(_KNEE + room * np.tanh((size - _KNEE) / room), mixed)
    limited: npt.NDArray[np.float32] = np.where(size > _KNEE, bent, mixed)
    return limited
