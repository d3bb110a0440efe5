"""A loudspeaker that outlasts its device: what was being said waits, or goes on, and comes back.

Laws of this file:

- Whoever speaks through it never sees a fault. While the device is away, the position
  is what it would be: a hold's time goes on, so that it ends when it should, and any
  other track waits for :data:`KEEP_S` at the line it was in, then passes unheard.
- A device that ran out of sound and fell behind is brought up to time again in the
  next gap of a count: a number belongs to its second, or is left out.
- What is asked for meanwhile (a track, a gain, a mute) holds for the device that comes.
- Time is asked of the clock that was handed in, and of nothing else.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from voice.audio.samples import BLOCK_SAMPLES, Samples, Track, samples_of
from voice.errors import SpeakerError
from voice.ports import Speaker

KEEP_S: Final = 20.0
"""So long a line waits to be said. Later it would speak to somebody who has given up."""

HEARD_LATER_S: Final = 0.4
"""A device may lose what it was given in so short a time before it went: it is said again."""

BEHIND_S: Final = 0.2
"""A count that is so late is brought up to time. A device may take less for its own store."""

_LOG: Final = logging.getLogger(__name__)


class WatchedSpeaker(Speaker, Protocol):
    """A speaker that can tell that its device has gone."""

    def check(self) -> None:
        """Raise SpeakerError where the device has gone or keeps no time. Costs next to nothing."""
        ...

    def settle(self) -> None:
        """Wait until a device that was just opened takes sound at the pace of time.

        Raises SpeakerError where it never will.
        """
        ...


@dataclass(frozen=True)
class _Standing:
    """How far a track was at a time of the clock."""

    track: Track
    position: int
    at_s: float


class ReconnectingSpeaker:
    """A :class:`voice.ports.Speaker` over one that may go and come back.

    ``inner`` is None where there is none yet. ``clock`` tells seconds that never
    go back. What is lent or broken is the mender's to close.
    """

    def __init__(self, inner: WatchedSpeaker | None, clock: Callable[[], float]) -> None:
        self._inner = inner
        self._clock = clock
        self._lock = threading.RLock()
        self._broken: list[WatchedSpeaker] = []
        self._standing: _Standing | None = None
        self._begun = 0  # where the track of the inner speaker begins in ours,
        self._begun_at_s = 0.0  # and when that was
        self._gain_db = 0.0
        self._muted = False

    # The port.

    def play(self, track: Track) -> None:
        """Play from the track's sample 0, now or as soon as there is a device."""
        with self._lock:
            self._standing = _Standing(track, 0, self._clock())
            self._begun, self._begun_at_s = 0, self._clock()
            self._ask(lambda speaker: speaker.play(track))

    def halt(self) -> None:
        """Stop what is playing."""
        with self._lock:
            self._standing = None
            self._ask(lambda speaker: speaker.halt())

    @property
    def position(self) -> int | None:
        """Samples of the track played so far, heard or not; None when nothing plays."""
        with self._lock:
            return self._whereabouts()

    def set_gain(self, gain_db: float) -> None:
        """Play louder or softer from now on, on whatever device."""
        with self._lock:
            self._gain_db = gain_db
            self._ask(lambda speaker: speaker.set_gain(gain_db))

    def mute(self, on: bool) -> None:  # noqa: FBT001 - as in the port
        """Let nothing be heard while what is playing goes on."""
        with self._lock:
            self._muted = on
            self._ask(lambda speaker: speaker.mute(on))

    def take_played(self) -> Samples:
        """The next block of what went to the device; silence where there is none."""
        with self._lock:
            if self._inner is None:
                return np.zeros(BLOCK_SAMPLES, np.int16)
            return self._inner.take_played()

    def close(self) -> None:
        """Let the device go. Safe to call twice."""
        with self._lock:
            inner, self._inner = self._inner, None
        if inner is not None:
            inner.close()

    # For who mends.

    @property
    def away(self) -> bool:
        """Whether there is no device now."""
        return self._inner is None

    def check(self) -> None:
        """Look whether the device is still there."""
        with self._lock:
            self._ask(lambda speaker: speaker.check())

    def spare_for(self, duration_s: float) -> bool:
        """Whether nothing is to be heard for so long, so that the device can be done without."""
        with self._lock:
            position, standing = self._whereabouts(), self._standing
            if position is None or standing is None:
                return True
            next_clip = standing.track.begin_of_clip(position)
            return standing.track.timed and next_clip >= position + samples_of(duration_s)

    def lend(self) -> WatchedSpeaker | None:
        """Do without the device until :meth:`give`; None where there is none."""
        with self._lock:
            self._follow()
            inner, self._inner = self._inner, None
            return inner

    def broken(self) -> tuple[WatchedSpeaker, ...]:
        """The speakers whose devices have gone since this was last asked, to be closed."""
        with self._lock:
            broken, self._broken = tuple(self._broken), []
            return broken

    def give(self, inner: WatchedSpeaker) -> None:
        """There is a device (again): go on with it."""
        with self._lock:
            position, standing = self._whereabouts(), self._standing
            self._inner = inner
            self._ask(lambda speaker: speaker.set_gain(self._gain_db))
            self._ask(lambda speaker: speaker.mute(self._muted))
            if position is not None and standing is not None:
                self._play_from(position, standing.track)

    def _play_from(self, position: int, track: Track) -> None:
        self._begun, self._begun_at_s = position, self._clock()
        self._standing = _Standing(track, position, self._begun_at_s)
        self._ask(lambda speaker: speaker.play(track.rest(position)))

    def _ask(self, deed: Callable[[WatchedSpeaker], None]) -> None:
        """Have the device do something; where it cannot, it has gone."""
        inner = self._inner
        if inner is None:
            return
        try:
            deed(inner)
        except SpeakerError as error:
            _LOG.warning("%s. Charley keeps trying to find it again.", error.what.rstrip("."))
            self._inner = None
            self._broken.append(inner)
            self._go_back_to_the_line()

    def _go_back_to_the_line(self) -> None:
        standing = self._standing
        if standing is not None and not standing.track.timed:
            heard = max(0, standing.position - samples_of(HEARD_LATER_S))
            begin = standing.track.begin_of_clip(heard)
            self._standing = _Standing(standing.track, begin, self._clock())

    def _follow(self) -> None:
        """Ask the device how far it is."""
        if self._standing is not None:
            self._ask(self._follow_device)

    def _follow_device(self, speaker: WatchedSpeaker) -> None:
        played, standing = speaker.position, self._standing
        if standing is None or played is None:
            self._standing = None
            return
        here = self._begun + played
        if standing.position != here:
            self._standing = _Standing(standing.track, here, self._clock())
        on_time = self._begun + samples_of(self._clock() - self._begun_at_s)
        late = standing.track.timed and on_time - here > samples_of(BEHIND_S)
        if late and standing.track.begin_of_clip(here) > here:
            self._play_from(min(on_time, standing.track.length), standing.track)

    def _whereabouts(self) -> int | None:
        """Where the track is, on the device or without one."""
        self._follow()
        standing = self._standing
        if standing is None:
            return None
        if self._inner is not None:
            return standing.position
        waits_s = 0.0 if standing.track.timed else KEEP_S
        unheard = samples_of(max(0.0, self._clock() - standing.at_s - waits_s))
        if standing.position + unheard >= standing.track.length:
            self._standing = None
            return None
        return standing.position + unheard
