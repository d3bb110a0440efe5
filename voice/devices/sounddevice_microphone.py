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
"""How long the first sound of a microphone may take: longer than later ones, on a busy machine."""

QUEUE_S: Final = 20.0
"""How much sound may wait to be read; what comes after that is lost, and counted."""

_CHECK_S: Final = 0.25
"""How often to check whether the stream of a microphone that sends nothing has ended."""

_LOG: Final = logging.getLogger(__name__)


class SounddeviceMicrophone:
    """A :class:`voice.ports.Microphone` on a real device.

    ``device`` is an index, a part of a name, or None for the default one.
    Raises MicrophoneError where it cannot be opened.
    """

    def __init__(self, device: str | int | None = None) -> None:
        self._queue: queue.Queue[bytes] = queue.Queue(round(QUEUE_S / BLOCK_S))
        self._lost = 0
        self._lost_logged = 0
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
        self._log_losses()
        return block

    @property
    def unread(self) -> int:
        """Samples that have come in and have not been read yet."""
        return self._queue.qsize() * BLOCK_SAMPLES + len(self._ready)

    def close(self) -> None:
        """Release the device, and end a :meth:`read` that is waiting. Safe to call twice."""
        self._ended.set()
        self._opened.stream.close(ignore_errors=True)

    def _wait(self) -> bytes:
        """The next bytes from the device, in its own format."""
        waited_s = 0.0
        while True:
            try:
                raw = self._queue.get(timeout=_CHECK_S)
            except queue.Empty:
                waited_s += _CHECK_S
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

    def _log_losses(self) -> None:
        """Log once for each time that the loop fell behind, after it has caught up."""
        if self._lost > self._lost_logged and self._queue.empty():
            _LOG.warning("the machine was too busy: %d blocks of sound lost", self._lost)
            self._lost_logged = self._lost

    def _on_input(self, data: Any, _frames: int, _times: Any, status: Any) -> None:
        if status.input_overflow:
            self._lost += 1
        try:
            self._queue.put_nowait(bytes(data))
        except queue.Full:
            self._lost += 1
