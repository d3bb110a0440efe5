"""The microphone, through PortAudio: 16 kHz mono inside, whatever the device wants outside.

The callback runs on PortAudio's own thread, and only puts bytes into a queue.
"""

from __future__ import annotations

import logging
import queue
import threading
from typing import Any, Final

import numpy as np

from voice.audio.samples import BLOCK_S, BLOCK_SAMPLES, RATE_HZ, Samples
from voice.devices.conversion import converter, to_mono
from voice.devices.sounddevice_streams import INPUT, PLUG_IN, STALL_S, open_stream
from voice.errors import MicrophoneError

FIRST_S: Final = 6.0
"""Until its first sound a microphone may take longer, on a busy machine above all."""

QUEUE_S: Final = 20.0
"""Sound that may wait while nobody reads; what comes then is lost, and counted."""

_LOOK_S: Final = 0.25
"""How often a microphone that sends nothing is asked whether its stream has ended."""

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
        self._opened = open_stream(
            INPUT, device, self._on_input, ended=self._ended.set, latency="high"
        )
        self._to_ours = converter(self._opened.rate_hz, RATE_HZ)

    @property
    def name(self) -> str:
        """The device's name."""
        return self._opened.device.name

    def read(self) -> Samples:
        """The next block; waits for it. Raises MicrophoneError where none comes."""
        while len(self._ready) < BLOCK_SAMPLES:
            heard = to_mono(np.frombuffer(self._wait(), np.int16), self._opened.channels)
            ours = self._to_ours(heard)
            self._ready = np.concatenate((self._ready, ours)) if len(self._ready) else ours
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
                raise MicrophoneError(f"The microphone {self.name!r} has gone", remedy=PLUG_IN)
            if waited_s >= self._patience_s:
                raise MicrophoneError(
                    f"The microphone {self.name!r} has sent nothing for {waited_s:.0f} seconds",
                    remedy=PLUG_IN,
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
