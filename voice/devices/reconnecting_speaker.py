"""A loudspeaker that survives its device: what was playing waits, or continues, and is resumed.

Laws of this file:

- Callers never see device errors. :meth:`ReconnectingSpeaker.update`, once a block, finds out
  whether the device is there and how far it is; `position` is what that found, and reading
  it changes nothing. It keeps advancing while the device is lost.
- A hold begins when the device takes its first sample, and ends when the clock says so,
  with or without a device. While the device is lost, any other track waits for
  :data:`KEEP_S` at the line it was in, and then passes unheard.
- Every number of a count belongs to its second. If a device falls behind, the count is
  brought up to time in the next gap; if a device swallows sound, the count is taken back to
  the present at once.
- A line that was swallowed is said again. No other track is ever hurried.
- What is asked for meanwhile (a track, a gain, a mute) holds for the next device.
- The time comes from the clock that was passed in, and from nowhere else.
- Everything here is for one thread. Only the device itself may be suspended, resumed or
  closed by another one.
"""

from __future__ import annotations

import logging
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

UNHEARD_S: Final = 0.4
"""A device may lose the last of what it was given before it failed: this much is said again."""

OFF_S: Final = 0.2
"""A count that is this far off its second is corrected. Buffers of a device account for less."""

SWALLOWED_S: Final = 1.0
"""A line of which a device has swallowed this much is said again: words are missing."""

_LOG: Final = logging.getLogger(__name__)


class SpeakerDevice(Speaker, FarEndReference, Protocol):
    """A loudspeaker that can fail, and says so."""

    @property
    def taken_s(self) -> float:
        """Everything the device has taken since it was opened, silence included, in seconds."""
        ...

    def check(self) -> None:
        """Raise SpeakerError where the device has gone or keeps no time. Costs next to nothing."""
        ...

    def settle(self) -> None:
        """Wait until a device that was just opened takes sound in real time.

        Raises SpeakerError where it never will.
        """
        ...

    def suspend(self) -> None:
        """Stop the stream, to save the processor. What is played waits. May take a while."""
        ...

    def resume(self) -> None:
        """Let the stream run again. May take a while. Raises SpeakerError where it cannot."""
        ...

    def close(self) -> None:
        """Stop and release the device. Safe to call twice."""
        ...


@dataclass(frozen=True)
class _Playing:
    """A track, and its position at a time of the clock, from which later ones are reckoned."""

    track: Track
    position: int
    at_s: float

    def due(self, now_s: float) -> int:
        """The position now, if the track keeps time."""
        return self.position + samples_of(now_s - self.at_s)

    def at(self, position: int, now_s: float) -> _Playing:
        """The same track at another position."""
        return _Playing(self.track, position, now_s)


class ReconnectingSpeaker:
    """A :class:`voice.ports.Speaker` on a device that may be lost and replaced.

    ``device`` is None where there is none yet. ``clock`` tells seconds that never go back.
    Devices that were detached or have failed are for the supervisor to close.
    """

    def __init__(self, device: SpeakerDevice | None, clock: Callable[[], float]) -> None:
        self._device = device
        self._clock = clock
        self._failed: list[SpeakerDevice] = []
        self._playing: _Playing | None = None
        self._position: int | None = None
        self._device_began = 0  # where in our track the track of the device begins
        self._to_begin = False
        self._lead = LeadWatch()
        self._gain_db = 0.0
        self._muted = False

    # The port.

    def play(self, track: Track) -> None:
        """Play from the track's sample 0, now or as soon as there is a device."""
        self._play_from(0, track)
        self._to_begin = True

    def halt(self) -> None:
        """Stop what is playing."""
        self._playing = self._position = None
        self._ask(lambda device: device.halt())

    @property
    def position(self) -> int | None:
        """Samples of the track played at the last update, heard or not; None when nothing plays."""
        return self._position

    def set_gain(self, gain_db: float) -> None:
        """Play at this gain from now on, on any device."""
        self._gain_db = gain_db
        self._ask(lambda device: device.set_gain(gain_db))

    def mute(self, on: bool) -> None:  # noqa: FBT001 - as in the port
        """Silence the output while what is playing continues."""
        self._muted = on
        self._ask(lambda device: device.mute(on))

    # The far-end reference.

    def take_played(self) -> Samples:
        """The next block that went to the device; silence where there is none."""
        if self._device is None:
            return np.zeros(BLOCK_SAMPLES, np.int16)
        return self._device.take_played()

    # For the live loop and its supervisor.

    @property
    def device(self) -> SpeakerDevice | None:
        """The device in use; None where there is none."""
        return self._device

    @property
    def lost(self) -> bool:
        """Whether there is no device now."""
        return self._device is None

    def update(self) -> None:
        """Find out whether the device is there, and how far it is. Call it with every block."""
        self._ask(lambda device: device.check())
        now_s = self._clock()
        self._ask(lambda device: self._follow(device, now_s))
        if self._device is None:
            self._go_on_unheard(now_s)

    def silent_for(self, duration_s: float) -> bool:
        """Whether nothing will be heard for that long, so that the device can be done without."""
        position, playing = self._position, self._playing
        if position is None or playing is None:
            return True
        next_clip = playing.track.begin_of_clip(position)
        return playing.track.timed and next_clip >= position + samples_of(duration_s)

    def attach(self, device: SpeakerDevice) -> None:
        """Continue on this device, from where the track is by now."""
        self.update()
        self._device = device
        self._ask(lambda device: device.set_gain(self._gain_db))
        self._ask(lambda device: device.mute(self._muted))
        if self._position is not None and self._playing is not None:
            self._play_from(self._position, self._playing.track)

    def detach(self) -> SpeakerDevice | None:
        """Do without the device until :meth:`attach`; None where there is none."""
        self.update()
        device, self._device = self._device, None
        self._wait_at(self._position)
        return device

    def lose(self, device: SpeakerDevice, error: SpeakerError) -> None:
        """That device has failed; nothing happens if it is no longer in use."""
        if self._device is not device:
            return
        _LOG.warning("%s. Charley keeps trying to find it again.", error.what.rstrip("."))
        self._device = None
        self._failed.append(device)
        if self._playing is not None and self._position is not None:
            heard = max(0, self._position - samples_of(UNHEARD_S))
            self._wait_at(self._playing.track.begin_of_clip(heard))

    def take_failed(self) -> tuple[SpeakerDevice, ...]:
        """The devices that have failed since the last call, to be closed."""
        failed, self._failed = tuple(self._failed), []
        return failed

    def close(self) -> None:
        """Release the device. Safe to call twice."""
        device, self._device = self._device, None
        if device is not None:
            device.close()

    def _ask(self, request: Callable[[SpeakerDevice], None]) -> None:
        """Ask something of the device, if there is one; if it cannot do it, it is lost."""
        device = self._device
        if device is None:
            return
        try:
            request(device)
        except SpeakerError as error:
            self.lose(device, error)

    def _play_from(self, position: int, track: Track) -> None:
        self._playing = _Playing(track, position, self._clock())
        self._position = self._device_began = position
        self._to_begin = False
        self._lead = LeadWatch()
        self._ask(lambda device: device.play(track.rest(position) if position else track))

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

    def _follow(self, device: SpeakerDevice, now_s: float) -> None:
        """Find out how far the device is, and correct the track where it is not on time."""
        playing = self._playing
        if playing is None:
            return
        played = device.position
        if self._to_begin and played == 0:
            self._playing = playing.at(0, now_s)
            return
        self._to_begin = False
        track, due = playing.track, playing.due(now_s)
        here = track.length if played is None else self._device_began + played
        if here < due and not track.timed:
            # Words wait for a device that is late, and their schedule waits with them.
            self._playing, due = playing.at(here, now_s), here
        most = samples_of(OFF_S if track.timed else SWALLOWED_S)
        ahead = here - due > most
        if self._lead.swallowed(ahead=ahead, taken_s=device.taken_s, now_s=now_s):
            _LOG.warning("the speaker swallowed %.1f s of sound", (here - due) / RATE_HZ)
            self._play_from(due if track.timed else track.begin_of_clip(due), track)
        elif track.timed and due - here > most and track.begin_of_clip(here) > here:
            self._play_from(min(due, track.length), track)
        elif played is None and here <= due:
            self._playing = self._position = None
        else:
            self._position = min(here, due)
