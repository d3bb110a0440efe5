"""The microphone and the loudspeaker, through PortAudio.

Both speak 16 kHz mono inside, whatever the device wants outside. The callbacks
run on PortAudio's own thread: the microphone's only puts bytes into a queue,
the speaker's only pulls from a :class:`voice.audio.mixer.Mixer`.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import soxr

from voice.audio.mixer import Mixer
from voice.audio.samples import BLOCK_S, BLOCK_SAMPLES, RATE_HZ, Samples, Track, samples_of, silence
from voice.devices.playback_rate import LEAD_IN_S, STEP_S, PlaybackRate, is_steady
from voice.devices.playback_reference import PlaybackReference
from voice.devices.sounddevice_streams import (
    LONGEST_LATENCY_S,
    OUTPUT_LATENCY_S,
    Device,
    Opened,
    list_devices,
    open_stream,
    rescan,
)
from voice.errors import MicrophoneError, SpeakerError

__all__ = [
    "Device",
    "SounddeviceDevices",
    "SounddeviceMicrophone",
    "SounddeviceSpeaker",
    "list_devices",
]

STALL_S: Final = 3.0
"""A device that does nothing for so long has gone."""

FIRST_S: Final = 6.0
"""Until its first sound a microphone may take longer, on a busy machine above all."""

SETTLE_S: Final = 4.0
"""So long a speaker may take to find its pace; it is used then as it is."""

_LOOK_S: Final = 0.25
"""So often a microphone that sends nothing is asked whether its stream has ended."""

QUEUE_S: Final = 20.0
"""So much may be heard while nobody reads; what comes then is lost, and counted."""

_PLUG_IN: Final = "Check that it is plugged in."
_PULL_S: Final = 0.008
_LOG: Final = logging.getLogger(__name__)


class SounddeviceMicrophone:
    """A :class:`voice.ports.Microphone` on a real device.

    ``device`` is an index, a part of a name, or None for the default one.
    Raises MicrophoneError where it cannot be opened.
    """

    def __init__(self, device: str | int | None = None) -> None:
        self._queue: queue.Queue[bytes] = queue.Queue(round(QUEUE_S / BLOCK_S))
        self._lost = 0
        self._lost_told = 0
        self._ready = np.zeros(0, np.int16)
        self._patience_s = FIRST_S
        self._ended = threading.Event()
        self._opened = open_stream(device, MicrophoneError, self._on_input, ended=self._ended.set)
        self._to_ours = _converter(self._opened.rate_hz, RATE_HZ)

    @property
    def name(self) -> str:
        """The device's name."""
        return self._opened.device.name

    @property
    def lost_blocks(self) -> int:
        """Blocks that were lost because nobody read, or the device was overrun."""
        return self._lost

    def read(self) -> Samples:
        """The next block; waits for it. Raises MicrophoneError where none comes."""
        while len(self._ready) < BLOCK_SAMPLES:
            heard = _to_mono(np.frombuffer(self._wait(), np.int16), self._opened.channels)
            self._ready = np.concatenate((self._ready, self._to_ours(heard)))
        block, self._ready = self._ready[:BLOCK_SAMPLES], self._ready[BLOCK_SAMPLES:]
        self._tell_of_losses()
        return block

    @property
    def unheard(self) -> int:
        """Samples that have come in, and that nobody has read yet."""
        return self._queue.qsize() * BLOCK_SAMPLES + len(self._ready)

    def close(self) -> None:
        """Let the device go, and end a :meth:`read` that waits. Safe to call twice."""
        self._ended.set()
        self._opened.stream.close(ignore_errors=True)

    def _wait(self) -> bytes:
        """What the device sent, as it sent it."""
        waited_s = 0.0
        while True:
            try:
                raw = self._queue.get(timeout=_LOOK_S)
            except queue.Empty:
                waited_s += _LOOK_S
            else:
                self._patience_s = STALL_S
                return raw
            if self._ended.is_set():
                raise MicrophoneError(f"The microphone {self.name!r} has gone", remedy=_PLUG_IN)
            if waited_s >= self._patience_s:
                raise MicrophoneError(
                    f"The microphone {self.name!r} has sent nothing for {waited_s:.0f} seconds",
                    remedy=_PLUG_IN,
                )

    def _tell_of_losses(self) -> None:
        """Once for each time that the loop fell behind, when it has caught up."""
        if self._lost > self._lost_told and self._queue.empty():
            _LOG.warning("the machine was too busy: %d blocks of sound lost", self._lost)
            self._lost_told = self._lost

    def _on_input(self, data: Any, _frames: int, _times: Any, status: Any) -> None:
        if status.input_overflow:
            self._lost += 1
        try:
            self._queue.put_nowait(bytes(data))
        except queue.Full:
            self._lost += 1


class SounddeviceSpeaker:
    """A :class:`voice.ports.Speaker` on a real device: one stream, open all the time.

    ``device`` is an index, a part of a name, or None for the default one.
    ``latency_s`` is how far ahead the device is fed: less answers sooner, more
    stays whole on a busier machine. It is doubled, between two utterances, when
    the device has run out of sound. ``unheard`` tells how many samples a microphone
    beside it holds. Raises SpeakerError where it cannot be opened.
    """

    def __init__(
        self,
        device: str | int | None = None,
        *,
        latency_s: float = OUTPUT_LATENCY_S,
        unheard: Callable[[], int] = lambda: 0,
    ) -> None:
        self._unheard = unheard
        self._mixer = Mixer()
        self._reference = PlaybackReference()
        self._underruns = 0
        self._underruns_borne = 0
        self._device = device
        self._opened = self._open(latency_s)

    @property
    def name(self) -> str:
        """The device's name."""
        return self._opened.device.name

    @property
    def latency_s(self) -> float:
        """How long a sample takes from being handed over to being heard, as PortAudio says."""
        return float(self._opened.stream.latency)

    @property
    def underruns(self) -> int:
        """How often the device ran out of sound, and so fell behind."""
        return self._underruns

    def play(self, track: Track) -> None:
        """Play from the track's sample 0 with the next buffer. Raises SpeakerError."""
        self.check()
        if self._underruns > self._underruns_borne and self._mixer.position is None:
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
        """Play louder or softer from now on."""
        self._mixer.set_gain(gain_db)

    def mute(self, on: bool) -> None:  # noqa: FBT001 - as in the port
        """Let nothing be heard while what is playing goes on."""
        self._mixer.mute(on)

    def take_played(self) -> Samples:
        """The next block of what went to the device."""
        return self._reference.read(BLOCK_SAMPLES, self._unheard())

    @property
    def taken_s(self) -> float:
        """All that the device has taken since it was opened, silence included, in seconds."""
        return self._rate.taken_s

    def check(self) -> None:
        """Raise SpeakerError where the device has gone, takes nothing, or far too much."""
        if self._ended.is_set():
            raise SpeakerError(f"The speaker {self.name!r} has gone", remedy=_PLUG_IN)
        if time.monotonic() - self._called_s > STALL_S:
            raise SpeakerError(
                f"The speaker {self.name!r} has taken nothing for {STALL_S:.0f} seconds",
                remedy=_PLUG_IN,
            )
        if self._rate.runs_away:
            raise SpeakerError(
                f"The speaker {self.name!r} takes sound faster than time goes by",
                remedy="Start the sound server again, or unplug the speaker and plug it in.",
            )

    def settle(self) -> None:
        """Wait until a new device takes sound at the pace of time. Raises SpeakerError."""
        taken_s = [self._rate.taken_s]
        for _ in range(round(SETTLE_S / STEP_S)):
            time.sleep(STEP_S)
            self.check()
            taken_s.append(self._rate.taken_s)
            if is_steady(taken_s):
                return

    def close(self) -> None:
        """Let the device go. Safe to call twice."""
        self._opened.stream.close(ignore_errors=True)

    def _open(self, latency_s: float) -> Opened:
        self._asked_s = latency_s
        self._called_s = time.monotonic()
        self._rate = PlaybackRate(self._called_s)
        self._ended = threading.Event()
        opened = open_stream(
            self._device,
            SpeakerError,
            self._on_output,
            self._prepare,
            latency_s,
            ended=self._ended.set,
        )
        self._mixer.drain = samples_of(float(opened.stream.latency))
        self._reference.expect(float(opened.stream.latency))
        return opened

    def _feed_further_ahead(self) -> None:
        """The device ran out of sound: from now on keep more in hand, up to a limit."""
        self._underruns_borne = self._underruns
        if self._asked_s >= LONGEST_LATENCY_S:
            return
        self._opened.stream.close(ignore_errors=True)
        self._opened = self._open(min(LONGEST_LATENCY_S, 2 * self._asked_s))
        _LOG.info("the speaker ran out of sound; it is fed %.2f s ahead now", self._asked_s)

    def _prepare(self, rate_hz: int) -> None:
        self._to_theirs = _converter(RATE_HZ, rate_hz)
        self._ready = np.zeros(0, np.int16)

    def _on_output(self, data: Any, frames: int, _times: Any, status: Any) -> None:
        self._called_s = time.monotonic()
        if status.output_underflow:
            self._underruns += 1
        while len(self._ready) < frames:
            leads_in = self._rate.taken_s < LEAD_IN_S
            pulled = silence(_PULL_S) if leads_in else self._mixer.pull(samples_of(_PULL_S))
            self._rate.take(_PULL_S, self._called_s)
            self._reference.write(pulled)
            self._ready = np.concatenate((self._ready, self._to_theirs(pulled)))
        mono, self._ready = self._ready[:frames], self._ready[frames:]
        channels = len(data) // (2 * frames)
        data[:] = np.repeat(mono, channels).tobytes()


class SounddeviceDevices:
    """The :class:`voice.devices.supervisor.Devices`: each an index, a part of a name, or None."""

    def __init__(self, microphone: str | int | None, speaker: str | int | None) -> None:
        self._microphone = microphone
        self._speaker = speaker
        self._listening: SounddeviceMicrophone | None = None

    def open_microphone(self) -> SounddeviceMicrophone:
        """The microphone, opened. Raises MicrophoneError."""
        self._listening = SounddeviceMicrophone(self._microphone)
        return self._listening

    def open_speaker(self) -> SounddeviceSpeaker:
        """The speaker, opened. Raises SpeakerError."""
        return SounddeviceSpeaker(self._speaker, unheard=self._unheard)

    def rescan(self) -> None:
        """See what has been plugged in or out; no stream may be open. Raises SpeakerError."""
        rescan()

    def _unheard(self) -> int:
        return 0 if self._listening is None else self._listening.unheard


def _unchanged(samples: Samples) -> Samples:
    return samples


def _converter(from_hz: int, to_hz: int) -> Callable[[Samples], Samples]:
    if from_hz == to_hz:
        return _unchanged
    convert = soxr.ResampleStream(from_hz, to_hz, 1, dtype="int16").resample_chunk
    return lambda samples: np.asarray(convert(samples), np.int16)


def _to_mono(samples: Samples, channels: int) -> Samples:
    if channels == 1:
        return samples
    mixed: Samples = samples.reshape(-1, channels).mean(axis=1).astype(np.int16)
    return mixed
