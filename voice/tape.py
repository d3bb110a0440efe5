"""What went to the loudspeaker, kept for the echo canceller until the microphone catches up.

The loudspeaker's thread writes, the listening loop reads, each at its own pace
and by clocks that may differ a little. Laws of this file:

- What is read is what was written, in order, without a gap, while anything sounds.
- Reading runs :data:`SLACK_S` behind writing, so that a loudspeaker that asks for
  its sound in gulps never leaves the reader short. That is less than the sound
  takes to come back to the microphone, so the echo is still to come.
- Should the two drift apart, they are brought together again in silence; in the midst
  of sound only where the distance has grown past :data:`FURTHEST_S`.
"""

from __future__ import annotations

import threading
from typing import Final

import numpy as np

from voice.audio import Samples, samples_of

SLACK_S: Final = 0.04
FURTHEST_S: Final = 0.3

_SLACK: Final = samples_of(SLACK_S)
_FURTHEST: Final = samples_of(FURTHEST_S)


class PlayedTape:
    """A first-in first-out store of samples between two threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting = np.zeros(_SLACK, np.int16)

    def write(self, samples: Samples) -> None:
        """Keep what has just gone to the device."""
        with self._lock:
            self._waiting = np.concatenate((self._waiting, samples))
            if len(self._waiting) > _FURTHEST:
                self._waiting = self._waiting[-_SLACK:]

    def read(self, count: int) -> Samples:
        """The next ``count`` samples; silence where the device has asked for none yet."""
        with self._lock:
            excess = len(self._waiting) - count - _SLACK
            if excess > _SLACK and not self._waiting[:excess].any():
                self._waiting = self._waiting[excess:]
            if len(self._waiting) < count:
                self._waiting = np.pad(self._waiting, (count + _SLACK - len(self._waiting), 0))
            taken, self._waiting = self._waiting[:count], self._waiting[count:]
            return taken
