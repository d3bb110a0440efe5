"""The far-end reference: what went to the loudspeaker, kept until the microphone catches up.

The loudspeaker's thread writes and the listening loop reads, each at its own rate and by
clocks that may differ a little. Laws of this file:

- While anything sounds, what is read is what was written, in order and without a gap.
- Reading stays a slack behind writing, so that a loudspeaker that takes its sound in bursts
  does not leave the reader short. The slack is shorter than the sound's way back to the
  microphone, so the reference always comes before its echo.
- A busy machine reads late what was recorded in time. As long as the microphone holds
  blocks that have not been read, their reference is held here, too.
- If the loudspeaker asks later than the slack allows, the reader gets silence, and the slack
  grows by that much: the distance to the echo changes as little as possible.
- If the two clocks drift apart, the reference is realigned in silence; during sound only
  once the distance has grown past :data:`FURTHEST_S`. Both devices work in bursts, so only a
  distance that has lasted for :data:`LASTING_S` counts as drift. A jump would move the echo from
  where the canceller expects it, and Charley would take its own voice for the user's.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Final

import numpy as np

from voice.audio.samples import Samples, blocks_in, samples_of

SLACK_S: Final = 0.04
FURTHEST_S: Final = 0.3
LASTING_S: Final = 1.0

LONGEST_S: Final = 21.0
"""Longer than the queue of the microphone."""

_FURTHEST: Final = samples_of(FURTHEST_S)
_LONGEST: Final = samples_of(LONGEST_S)


class PlaybackReference:
    """A queue of samples between two threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slack = samples_of(SLACK_S)
        self._waiting = np.zeros(self._slack, np.int16)
        self._lately: deque[int] = deque(maxlen=blocks_in(LASTING_S))
        """How many samples too far behind the reader was, at each of the latest reads."""

    def begin(self, latency_s: float) -> None:
        """A stream begins, with this much time between the callback and the sound."""
        with self._lock:
            self._slack = samples_of(max(SLACK_S, latency_s - SLACK_S))
            lacking = max(0, self._slack - len(self._waiting))
            self._waiting = np.pad(self._waiting, (lacking, 0))
            self._lately.clear()

    def write(self, samples: Samples) -> None:
        """Add what has just gone to the device."""
        with self._lock:
            self._waiting = np.concatenate((self._waiting[-_LONGEST:], samples))

    def read(self, count: int, unread: int = 0) -> Samples:
        """The next ``count`` samples; silence where the device has not asked for any yet.

        ``unread``: samples of the microphone that come after these and have not been read.
        """
        with self._lock:
            if not len(self._waiting):
                return np.zeros(count, np.int16)
            self._realign(len(self._waiting) - count - self._slack - unread)
            lacking = count - len(self._waiting)
            if lacking > 0:
                self._waiting = np.concatenate((np.zeros(lacking, np.int16), self._waiting))
            taken, self._waiting = self._waiting[:count], self._waiting[count:]
            return taken

    def _realign(self, excess: int) -> None:
        """Skip what the reader has fallen behind by; ``excess``: in samples, at this moment."""
        self._lately.append(excess)
        lasting = min(self._lately)
        silent = lasting > samples_of(SLACK_S) and not self._waiting[:lasting].any()
        if silent or excess > _FURTHEST:
            left_out = lasting if silent else excess
            self._waiting = self._waiting[left_out:]
            self._lately.clear()
