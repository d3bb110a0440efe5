"""What went to the loudspeaker, kept for the echo canceller until the microphone catches up.

The loudspeaker's thread writes, the listening loop reads, each at its own pace
and by clocks that may differ a little. Laws of this file:

- What is read is what was written, in order, without a gap, while anything sounds.
- Reading runs a slack behind writing, so that a loudspeaker that asks for its sound in
  gulps never leaves the reader short. The slack is less than the sound takes to come
  back to the microphone, so the echo is still to come.
- A busy machine reads late what it heard in time. What the microphone still holds, the
  tape holds too.
- A loudspeaker that asks later than the slack allows leaves the reader short, and from then
  on the slack is larger by just so much: the echo keeps its distance as well as can be.
- Should the two drift apart, they are brought together again in silence; in the midst
  of sound only where the distance has grown past :data:`FURTHEST_S`.
"""

from __future__ import annotations

import threading
from typing import Final

import numpy as np

from voice.audio.samples import Samples, samples_of

SLACK_S: Final = 0.04
FURTHEST_S: Final = 0.3

LONGEST_S: Final = 21.0
"""More than the microphone can hold."""

_FURTHEST: Final = samples_of(FURTHEST_S)
_LONGEST: Final = samples_of(LONGEST_S)


class PlaybackReference:
    """A first-in first-out store of samples between two threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slack = samples_of(SLACK_S)
        self._waiting = np.zeros(self._slack, np.int16)

    def begin(self, latency_s: float) -> None:
        """A stream begins that is fed this far ahead: what it is given sounds that much later."""
        with self._lock:
            self._slack = samples_of(max(SLACK_S, latency_s - SLACK_S))
            lacking = max(0, self._slack - len(self._waiting))
            self._waiting = np.pad(self._waiting, (lacking, 0))

    def write(self, samples: Samples) -> None:
        """Keep what has just gone to the device."""
        with self._lock:
            self._waiting = np.concatenate((self._waiting[-_LONGEST:], samples))

    def read(self, count: int, unheard: int = 0) -> Samples:
        """The next ``count`` samples; silence where the device has asked for none yet.

        ``unheard``: samples that the microphone holds and nobody has worked on, beside
        these.
        """
        with self._lock:
            if not len(self._waiting):
                return np.zeros(count, np.int16)
            excess = len(self._waiting) - count - self._slack - unheard
            silent = excess > samples_of(SLACK_S) and not self._waiting[:excess].any()
            if silent or excess > _FURTHEST:
                self._waiting = self._waiting[excess:]
            lacking = count - len(self._waiting)
            if lacking > 0:
                self._waiting = np.concatenate((np.zeros(lacking, np.int16), self._waiting))
            taken, self._waiting = self._waiting[:count], self._waiting[count:]
            return taken
