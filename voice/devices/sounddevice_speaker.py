"""The loudspeaker, through PortAudio: 16 kHz mono inside, whatever the device wants outside.

The callback runs on PortAudio's own thread, and only pulls from a
:class:`voice.audio.mixer.Mixer`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from voice.audio.mixer import Mixer
from voice.audio.samples import BLOCK_SAMPLES, RATE_HZ, Samples, Track, samples_of, silence
from voice.devices.conversion import converter
from voice.devices.playback_rate import LEAD_IN_S, STEP_S, PlaybackRate, is_steady
from voice.devices.playback_reference import PlaybackReference
from voice.devices.sounddevice_streams import (
    LONGEST_LATENCY_S,
    OUTPUT,
    OUTPUT_LATENCY_S,
    PLUG_IN,
    STALL_S,
    Opened,
    open_stream,
    restart,
)
from voice.errors import SpeakerError

SETTLE_S: Final = 4.0
"""How long a speaker may take to reach a steady rate; after that it is used as it is."""

_PULL_S: Final = 0.008
_LOG: Final = logging.getLogger(__name__)


class SounddeviceSpeaker:
    """A :class:`voice.devices.reconnecting_speaker.SpeakerDevice`: one stream, always open.

    ``device`` is an index, a part of a name, or None for the default one. ``latency_s`` is
    how far ahead the device is fed: with less it answers sooner, with more it plays without
    gaps on a busier machine. It is doubled, between two utterances, after an underrun.
    ``unread`` gives the number of samples that the microphone holds and that have not been
    read yet. Raises SpeakerError where the device cannot be opened.

    A device that has run dry may ask for sound many times within a moment and lose all of
    it: PulseAudio's null sink wants two seconds at once whenever its last client with a
    short buffer leaves. It is given silence then, and the track waits until the device keeps
    time again.
    """

    def __init__(
        self,
        device: str | int | None = None,
        *,
        latency_s: float = OUTPUT_LATENCY_S,
        unread: Callable[[], int] = lambda: 0,
    ) -> None:
        self._unread = unread
        self._mixer = Mixer()
        self._reference = PlaybackReference()
        self._underruns = 0
        self._underruns_answered = 0
        self._suspended = False
        self._device = device
        self._opened = self._open(latency_s)

    @property
    def name(self) -> str:
        """The device's name."""
        return self._opened.device.name

    @property
    def latency_s(self) -> float:
        """How long a sample takes from the callback to the ear, according to PortAudio."""
        return float(self._opened.stream.latency)

    def play(self, track: Track) -> None:
        """Play from the track's sample 0 with the next buffer. Raises SpeakerError."""
        self.check()
        if self._underruns > self._underruns_answered and self._mixer.position is None:
            self._feed_further_ahead()
        self._mixer.play(track)

    def halt(self) -> None:
        """Fade out what is playing."""
        self._mixer.halt()

    @property
    def position(self) -> int | None:
        """Samples handed over; None once the last one has been heard. Raises SpeakerError."""
        position = self._mixer.position
        if position is not None:
            self.check()
        return position

    def set_gain(self, gain_db: float) -> None:
        """Play at this gain from now on."""
        self._mixer.set_gain(gain_db)

    def mute(self, on: bool) -> None:  # noqa: FBT001 - as in the port
        """Silence the output while what is playing continues."""
        self._mixer.mute(on)

    def take_played(self) -> Samples:
        """The next block that went to the device."""
        return self._reference.read(BLOCK_SAMPLES, self._unread())

    @property
    def taken_s(self) -> float:
        """Everything the device has taken since it was opened, silence included, in seconds."""
        return self._rate.taken_s

    def check(self) -> None:
        """Raise SpeakerError where the device has gone, takes nothing, or far too much."""
        if self._suspended:
            return
        if self._ended.is_set():
            raise SpeakerError(f"The speaker {self.name!r} has gone", remedy=PLUG_IN)
        if time.monotonic() - self._called_s > STALL_S:
            raise SpeakerError(
                f"The speaker {self.name!r} has taken nothing for {STALL_S:.0f} seconds",
                remedy=PLUG_IN,
            )
        if self._rate.runs_away:
            raise SpeakerError(
                f"The speaker {self.name!r} takes sound faster than time goes by",
                remedy="Start the sound server again, or unplug the speaker and plug it in.",
            )

    def settle(self) -> None:
        """Wait until a new device takes sound in real time. Raises SpeakerError."""
        taken_s = [self._rate.taken_s]
        for _ in range(round(SETTLE_S / STEP_S)):
            time.sleep(STEP_S)
            self.check()
            taken_s.append(self._rate.taken_s)
            if is_steady(taken_s):
                return

    def suspend(self) -> None:
        """Stop the stream: what is played waits until :meth:`resume`. May take a while."""
        self._suspended = True
        self._opened.stream.abort(ignore_errors=True)

    def resume(self) -> None:
        """Let the stream run again. May take a while. Raises SpeakerError where it cannot."""
        if not self._suspended:
            return
        self._begin_feeding()
        self._reference.begin(self.latency_s)
        restart(self._opened)
        self._suspended = False

    def close(self) -> None:
        """Release the device. Safe to call twice."""
        self._opened.stream.close(ignore_errors=True)

    def _open(self, latency_s: float) -> Opened:
        self._asked_s = self._buffer_s = latency_s
        self._begin_feeding()
        opened = open_stream(
            OUTPUT,
            self._device,
            self._on_output,
            ended=self._on_end,
            latency=latency_s,
            prepare=self._prepare,
        )
        self._buffer_s = float(opened.stream.latency)
        self._mixer.drain = samples_of(self._buffer_s)
        self._reference.begin(self._buffer_s)
        return opened

    def _begin_feeding(self) -> None:
        self._called_s = time.monotonic()
        self._rate = PlaybackRate(self._called_s)
        self._ended = threading.Event()

    def _on_end(self) -> None:
        self._ended.set()

    def _feed_further_ahead(self) -> None:
        """After an underrun: double the latency, up to a limit."""
        self._underruns_answered = self._underruns
        if self._asked_s >= LONGEST_LATENCY_S:
            return
        self._opened.stream.close(ignore_errors=True)
        self._opened = self._open(min(LONGEST_LATENCY_S, 2 * self._asked_s))
        _LOG.info("the speaker ran out of sound; it is fed %.2f s ahead now", self._asked_s)

    def _prepare(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._to_theirs = converter(RATE_HZ, rate_hz)
        self._ready = np.zeros(0, np.int16)

    def _on_output(self, data: Any, frames: int, _times: Any, status: Any) -> None:
        self._called_s = now_s = time.monotonic()
        if status.output_underflow:
            self._underruns += 1
            if self._rate.is_storm(self._buffer_s, now_s):
                self._rate.take(frames / self._rate_hz, now_s, sound=False)
                data[:] = bytes(len(data))
                return
        while len(self._ready) < frames:
            leads_in = self._rate.taken_s < LEAD_IN_S
            pulled = silence(_PULL_S) if leads_in else self._mixer.pull(samples_of(_PULL_S))
            self._rate.take(_PULL_S, now_s)
            self._reference.write(pulled)
            self._ready = np.concatenate((self._ready, self._to_theirs(pulled)))
        mono, self._ready = self._ready[:frames], self._ready[frames:]
        channels = len(data) // (2 * frames)
        data[:] = np.repeat(mono, channels).tobytes()
