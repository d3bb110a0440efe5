"""A loudspeaker that outlasts its device: what was being said waits, or goes on, and comes back.

Laws of this file:

- Callers never see device errors. :meth:`ReconnectingSpeaker.update`, once a block, finds
  out how far the device is; `position` is what it found, and changes nothing.
- A hold begins when the device takes its first sample, and ends when the clock says so,
  with or without a device. Any other track waits for :data:`KEEP_S` at the line it was in
  while the device is away, then passes unheard.
- A count belongs to its seconds. Where a device falls behind, it is brought up to time in
  the next gap; where a device swallows sound, it is taken back to the present at once.
- A line that was swallowed is said again. No other track is ever hurried.
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

from voice.audio.samples import BLOCK_SAMPLES, RATE_HZ, Samples, Track, samples_of
from voice.devices.playback_rate import LeadWatch
from voice.errors import SpeakerError
from voice.ports import FarEndReference, Speaker

KEEP_S: Final = 20.0
"""How long a line waits to be said. Later it would speak to a person who has given up."""

HEARD_LATER_S: Final = 0.4
"""A device may lose what it was given in this last time before it went: it is said again."""

OFF_S: Final = 0.2
"""A count that is this far off its second is put right. A device may take less for its buffer."""

SWALLOWED_S: Final = 1.0
"""A line of which a device has swallowed this much is said again: words are missing."""

_LOG: Final = logging.getLogger(__name__)


class SpeakerDevice(Speaker, FarEndReference, Protocol):
    """A loudspeaker that can be lost, and says so."""

    @property
    def taken_s(self) -> float:
        """All that the device has taken since it was opened, silence included, in seconds."""
        ...

    def check(self) -> None:
        """Raise SpeakerError where the device has gone or keeps no time. Costs next to nothing."""
        ...

    def settle(self) -> None:
        """Wait until a device that was just opened takes sound at the pace of time.

        Raises SpeakerError where it never will.
        """
        ...

    def rest(self) -> None:
        """Stop the stream, which costs nothing then. What is played waits. May take a while."""
        ...

    def rouse(self) -> None:
        """Let the stream run again. May take a while. Raises SpeakerError where it cannot."""
        ...

    def close(self) -> None:
        """Stop and release the device. Safe to call twice."""
        ...


@dataclass(frozen=True)
class _Playing:
    """A track, and where it was at a time of the clock, by which it is judged from then on."""

    track: Track
    position: int
    at_s: float

    def due(self, now_s: float) -> int:
        """Where the track is now, if it keeps time."""
        return self.position + samples_of(now_s - self.at_s)

    def at(self, position: int, now_s: float) -> _Playing:
        """The same track, put somewhere else."""
        return _Playing(self.track, position, now_s)


class ReconnectingSpeaker:
    """A :class:`voice.ports.Speaker` over one that may go and come back.

    ``inner`` is None where there is none yet. ``clock`` tells seconds that never
    go back. What is lent or broken is the supervisor's to close.
    """

    def __init__(self, inner: SpeakerDevice | None, clock: Callable[[], float]) -> None:
        self._inner = inner
        self._clock = clock
        self._lock = threading.RLock()
        self._broken: list[SpeakerDevice] = []
        self._playing: _Playing | None = None
        self._position: int | None = None
        self._begun = 0  # where the track of the inner speaker begins in ours
        self._to_begin = False
        self._lead = LeadWatch()
        self._gain_db = 0.0
        self._muted = False

    # The port.

    def play(self, track: Track) -> None:
        """Play from the track's sample 0, now or as soon as there is a device."""
        with self._lock:
            self._play_from(0, track)
            self._to_begin = True

    def halt(self) -> None:
        """Stop what is playing."""
        with self._lock:
            self._playing = self._position = None
            self._ask(lambda speaker: speaker.halt())

    @property
    def position(self) -> int | None:
        """Samples of the track played at the last update, heard or not; None when nothing plays."""
        return self._position

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

    # For the live loop and its supervisor.

    @property
    def away(self) -> bool:
        """Whether there is no device now."""
        return self._inner is None

    def update(self) -> None:
        """Look whether the device is there, and how far it is. To be called with every block."""
        with self._lock:
            self._ask(lambda speaker: speaker.check())
            now_s = self._clock()
            if self._playing is not None and self._inner is not None:
                self._ask(lambda speaker: self._follow(speaker, now_s))
            if self._inner is None:
                self._go_on_unheard(now_s)

    def rest(self) -> None:
        """Let the device rest, if there is one. May take a while."""
        inner = self._inner
        if inner is not None:
            inner.rest()

    def rouse(self) -> None:
        """Have the device ready again, if there is one; one that is not has gone. Takes a while."""
        inner = self._inner
        if inner is None:
            return
        try:
            inner.rouse()
        except SpeakerError as error:
            with self._lock:
                if self._inner is inner:
                    self._lose(inner, error)

    def spare_for(self, duration_s: float) -> bool:
        """Whether nothing is to be heard for that long, so that the device can be done without."""
        with self._lock:
            position, playing = self._position, self._playing
            if position is None or playing is None:
                return True
            next_clip = playing.track.begin_of_clip(position)
            return playing.track.timed and next_clip >= position + samples_of(duration_s)

    def lend(self) -> SpeakerDevice | None:
        """Do without the device until :meth:`give`; None where there is none."""
        with self._lock:
            self.update()
            inner, self._inner = self._inner, None
            self._wait_at(self._position)
            return inner

    def broken(self) -> tuple[SpeakerDevice, ...]:
        """The speakers whose devices have gone since this was last asked, to be closed."""
        with self._lock:
            broken, self._broken = tuple(self._broken), []
            return broken

    def give(self, inner: SpeakerDevice) -> None:
        """There is a device (again): go on with it."""
        with self._lock:
            self.update()
            self._inner = inner
            self._ask(lambda speaker: speaker.set_gain(self._gain_db))
            self._ask(lambda speaker: speaker.mute(self._muted))
            if self._position is not None and self._playing is not None:
                self._play_from(self._position, self._playing.track)

    def _play_from(self, position: int, track: Track) -> None:
        self._playing = _Playing(track, position, self._clock())
        self._position = self._begun = position
        self._to_begin = False
        self._lead = LeadWatch()
        self._ask(lambda speaker: speaker.play(track.rest(position) if position else track))

    def _ask(self, deed: Callable[[SpeakerDevice], None]) -> None:
        """Have the device do something; where it cannot, it has gone."""
        inner = self._inner
        if inner is None:
            return
        try:
            deed(inner)
        except SpeakerError as error:
            self._lose(inner, error)

    def _lose(self, inner: SpeakerDevice, error: SpeakerError) -> None:
        _LOG.warning("%s. Charley keeps trying to find it again.", error.what.rstrip("."))
        self._inner = None
        self._broken.append(inner)
        if self._playing is not None and self._position is not None:
            heard = max(0, self._position - samples_of(HEARD_LATER_S))
            self._wait_at(self._playing.track.begin_of_clip(heard))

    def _wait_at(self, position: int | None) -> None:
        """There is no device: a track that can wait waits there."""
        playing = self._playing
        if playing is not None and position is not None and not playing.track.timed:
            self._playing = playing.at(position, self._clock())
            self._position = position

    def _go_on_unheard(self, now_s: float) -> None:
        playing = self._playing
        if playing is None:
            return
        waits_s = 0.0 if playing.track.timed else KEEP_S
        position = max(playing.position, playing.due(now_s - waits_s))
        if position >= playing.track.length:
            self._playing = self._position = None
        else:
            self._position = position

    def _follow(self, speaker: SpeakerDevice, now_s: float) -> None:
        """Find out how far the device is, and put the track right where it is not on time."""
        playing, played = self._playing, speaker.position
        if playing is None:
            return
        if self._to_begin and played == 0:
            self._playing = playing.at(0, now_s)
            return
        self._to_begin = False
        track, due = playing.track, playing.due(now_s)
        here = track.length if played is None else self._begun + played
        if here < due and not track.timed:
            # Words wait for a device that is late, and what is due waits with them.
            self._playing, due = playing.at(here, now_s), here
        most = samples_of(OFF_S if track.timed else SWALLOWED_S)
        ahead = here - due > most
        if self._lead.swallowed(ahead=ahead, taken_s=speaker.taken_s, now_s=now_s):
            _LOG.warning("the speaker swallowed %.1f s of sound", (here - due) / RATE_HZ)
            self._play_from(due if track.timed else track.begin_of_clip(due), track)
        elif track.timed and due - here > most and track.begin_of_clip(here) > here:
            self._play_from(min(due, track.length), track)
        elif played is None and here <= due:
            self._playing = self._position = None
        else:
            self._position = min(here, due)
