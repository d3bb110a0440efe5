"""A microphone that outlasts its device: while it is away there is silence, at the pace of time.

Its samples are the audio clock, by which a hold is counted and a person is given
time to answer. So the clock goes on while nothing is heard, and the blocks that a
device did not send before it was found out are given late, but given.

A device that is muted sends silence, block after block. That is no quiet room: the
quietest one has some noise, and so has the microphone itself.
"""

from __future__ import annotations

import logging
import threading
from typing import Final, Protocol

import numpy as np

from voice.audio.samples import BLOCK_S, BLOCK_SAMPLES, Samples
from voice.errors import MicrophoneError
from voice.ports import Microphone

GULP_BLOCKS: Final = 4
"""Blocks that are read at a time where there is no hurry: an eighth of a second of sound."""

MUTE_S: Final = 5.0
"""A device that sends nothing but silence for this long is muted, or not connected."""

SILENT_RANGE: Final = 2
"""Samples this close to one another, all of them, are silence: the last bit may tumble."""

_LOG: Final = logging.getLogger(__name__)


class Clock(Protocol):
    """Time, as the wrapper needs it."""

    def now_s(self) -> float:
        """Seconds that never go back."""
        ...

    def wait_s(self, duration_s: float) -> None:
        """Wait for so long."""
        ...


class ReconnectingMicrophone:
    """A :class:`voice.ports.Microphone` over one that may go and come back.

    ``inner`` is None where there is none yet. What is lent or broken is the
    mender's to close.
    """

    def __init__(self, inner: Microphone | None, clock: Clock) -> None:
        self._inner = inner
        self._clock = clock
        self._lock = threading.Lock()
        self._broken: list[Microphone] = []
        self._due_s = clock.now_s()
        self._silent_s = 0.0
        self._until_gulp = GULP_BLOCKS
        self.unhurried = False
        """Whether blocks may come some at a time, a little late: it takes less of the processor."""

    def read(self) -> Samples:
        """The next block, or a silent one where there is no device. Never raises."""
        inner = self._inner
        if inner is not None:
            self._let_some_gather()
            try:
                block = inner.read()
            except MicrophoneError as error:
                self._lose(inner, error)
            else:
                self._due_s = self._clock.now_s()
                self._look_for_sound(block)
                return block
        self._due_s += BLOCK_S
        self._clock.wait_s(max(0.0, self._due_s - self._clock.now_s()))
        return np.zeros(BLOCK_SAMPLES, np.int16)

    def _let_some_gather(self) -> None:
        self._until_gulp -= 1
        if self._until_gulp == 0:
            self._until_gulp = GULP_BLOCKS
            if self.unhurried:
                self._clock.wait_s((GULP_BLOCKS - 1) * BLOCK_S)

    def close(self) -> None:
        """Let the device go. Safe to call twice."""
        inner = self.lend()
        if inner is not None:
            inner.close()

    @property
    def away(self) -> bool:
        """Whether there is no device now, and so nothing is heard."""
        return self._inner is None

    @property
    def mute(self) -> bool:
        """Whether there is a device, and all that it sends is silence."""
        return not self.away and self._silent_s >= MUTE_S

    def lend(self) -> Microphone | None:
        """Do without the device until :meth:`give`; None where there is none."""
        with self._lock:
            inner, self._inner = self._inner, None
            return inner

    def broken(self) -> tuple[Microphone, ...]:
        """The microphones whose devices have gone since this was last asked, to be closed."""
        with self._lock:
            broken, self._broken = tuple(self._broken), []
            return broken

    def give(self, inner: Microphone) -> None:
        """There is a device (again): listen to it."""
        with self._lock:
            self._inner = inner
            self._silent_s = 0.0

    def _look_for_sound(self, block: Samples) -> None:
        was_mute = self.mute
        # Nearly always the first few samples tell.
        silent = _range(block[:16]) <= SILENT_RANGE and _range(block) <= SILENT_RANGE
        self._silent_s = self._silent_s + BLOCK_S if silent else 0.0
        if self.mute and not was_mute:
            _LOG.warning(
                "The microphone sends only silence. Take off its mute, or choose another one."
            )
        elif was_mute and not self.mute:
            _LOG.warning("The microphone sends sound again.")

    def _lose(self, inner: Microphone, error: MicrophoneError) -> None:
        with self._lock:
            if self._inner is not inner:
                return  # It was lent meanwhile, and closed by whoever has it.
            self._inner = None
            self._broken.append(inner)
        _LOG.warning("%s. Charley keeps trying to find it again.", error.what.rstrip("."))


def _range(samples: Samples) -> int:
    return int(samples.max()) - int(samples.min())
