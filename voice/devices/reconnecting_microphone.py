"""A microphone that survives its device: while that is lost there is silence, in real time.

Its samples are the audio clock, which times a hold and the person's time to answer. So the
clock keeps running while nothing is heard, and the blocks that a device failed to deliver
before it was found to be lost are delivered late, as silence.

A device that is muted sends silence, block after block. A quiet room is different: even the
quietest one has some noise, and so has the microphone itself.

Everything here is for the one thread that reads.
"""

from __future__ import annotations

import logging
from typing import Final, Protocol

import numpy as np

from voice.audio.samples import BLOCK_S, BLOCK_SAMPLES, Samples
from voice.errors import MicrophoneError
from voice.ports import Microphone

BATCH_BLOCKS: Final = 4
"""Blocks that are read at a time when there is no hurry: an eighth of a second of sound."""

MUTE_S: Final = 5.0
"""A device that sends only silence for this long is muted, or not connected."""

SILENT_RANGE: Final = 2
"""Samples that all lie this close together are silence: the last bit may toggle."""

_LOG: Final = logging.getLogger(__name__)


class Clock(Protocol):
    """The time, and a way to wait."""

    def now_s(self) -> float:
        """Seconds that never go back."""
        ...

    def wait_s(self, duration_s: float) -> None:
        """Wait for that long."""
        ...


class ReconnectingMicrophone:
    """A :class:`voice.ports.Microphone` on a device that may be lost and replaced.

    ``device`` is None where there is none yet. Devices that were detached or have failed are
    for the supervisor to close.
    """

    def __init__(self, device: Microphone | None, clock: Clock) -> None:
        self._device = device
        self._clock = clock
        self._failed: list[Microphone] = []
        self._due_s = clock.now_s()
        self._silent_s = 0.0
        self._until_batch = BATCH_BLOCKS
        self.unhurried = False
        """Whether blocks may come in batches, a little late, which costs less of the processor."""

    def read(self) -> Samples:
        """The next block, or a silent one where there is no device. Never raises."""
        if self._device is not None:
            self._let_a_batch_gather()
            try:
                block = self._device.read()
            except MicrophoneError as error:
                self._lose(self._device, error)
            else:
                self._due_s = self._clock.now_s()
                self._look_for_sound(block)
                return block
        self._due_s += BLOCK_S
        self._clock.wait_s(max(0.0, self._due_s - self._clock.now_s()))
        return np.zeros(BLOCK_SAMPLES, np.int16)

    def close(self) -> None:
        """Release the device. Safe to call twice."""
        device = self.detach()
        if device is not None:
            device.close()

    @property
    def lost(self) -> bool:
        """Whether there is no device now, so that nothing is heard."""
        return self._device is None

    @property
    def mute(self) -> bool:
        """Whether there is a device that sends only silence."""
        return not self.lost and self._silent_s >= MUTE_S

    def attach(self, device: Microphone) -> None:
        """Read from this device from now on."""
        self._device = device
        self._silent_s = 0.0

    def detach(self) -> Microphone | None:
        """Do without the device until :meth:`attach`; None where there is none."""
        device, self._device = self._device, None
        return device

    def take_failed(self) -> tuple[Microphone, ...]:
        """The devices that have failed since the last call, to be closed."""
        failed, self._failed = tuple(self._failed), []
        return failed

    def _let_a_batch_gather(self) -> None:
        self._until_batch -= 1
        if self._until_batch == 0:
            self._until_batch = BATCH_BLOCKS
            if self.unhurried:
                self._clock.wait_s((BATCH_BLOCKS - 1) * BLOCK_S)

    def _look_for_sound(self, block: Samples) -> None:
        was_mute = self.mute
        # Nearly always the first few samples show it.
        silent = _range(block[:16]) <= SILENT_RANGE and _range(block) <= SILENT_RANGE
        self._silent_s = self._silent_s + BLOCK_S if silent else 0.0
        if self.mute and not was_mute:
            _LOG.warning(
                "The microphone sends only silence. Take off its mute, or choose another one."
            )
        elif was_mute and not self.mute:
            _LOG.warning("The microphone sends sound again.")

    def _lose(self, device: Microphone, error: MicrophoneError) -> None:
        self._device = None
        self._failed.append(device)
        _LOG.warning("%s. Charley keeps trying to find it again.", error.what.rstrip("."))


def _range(samples: Samples) -> int:
    return int(samples.max()) - int(samples.min())
