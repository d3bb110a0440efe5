"""The echo canceller: WebRTC's AEC3, which ``livekit`` ships in its audio processing module.

An optional extra: ``pip install charley[aec]``. None of LiveKit's own code for calls over
a network is used or started.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from voice.audio.samples import BLOCK_SAMPLES, RATE_HZ, Samples

FRAME_SAMPLES: Final = RATE_HZ // 100
"""AEC3 works on frames of 10 ms."""

_LAG_SAMPLES: Final = FRAME_SAMPLES - 32
"""A block is not a whole number of frames, but 3 frames and 32 samples: this many samples must be
buffered for a full block to come out."""


class LivekitCanceller:
    """The :class:`voice.ports.EchoCanceller`. Its output lags by 8 ms.

    Raises ImportError at once if ``livekit`` is not installed.
    """

    def __init__(self) -> None:
        from livekit.rtc import AudioFrame  # noqa: PLC0415 - an extra: only its users pay for it
        from livekit.rtc.apm import AudioProcessingModule  # noqa: PLC0415 - likewise

        self._make_frame: Any = AudioFrame
        self._module: Any = AudioProcessingModule(echo_cancellation=True, high_pass_filter=True)
        self._heard = np.zeros(0, np.int16)
        self._played = np.zeros(0, np.int16)
        self._clean = np.zeros(_LAG_SAMPLES, np.int16)

    def clean(self, heard: Samples, played: Samples) -> Samples:
        """Remove the echo of the far-end reference from a microphone block.

        ``played`` is the block that went to the loudspeaker meanwhile. Raises
        ValueError for blocks of another length.
        """
        if len(heard) != BLOCK_SAMPLES or len(played) != BLOCK_SAMPLES:
            raise ValueError(f"a block has {BLOCK_SAMPLES} samples")
        self._heard = np.concatenate((self._heard, heard))
        self._played = np.concatenate((self._played, played))
        while len(self._heard) >= FRAME_SAMPLES:
            self._module.process_reverse_stream(self._frame(self._played[:FRAME_SAMPLES]))
            frame = self._frame(self._heard[:FRAME_SAMPLES])
            self._module.process_stream(frame)
            cleaned = np.frombuffer(bytes(frame.data), np.int16)
            self._clean = np.concatenate((self._clean, cleaned))
            self._heard = self._heard[FRAME_SAMPLES:]
            self._played = self._played[FRAME_SAMPLES:]
        block, self._clean = self._clean[:BLOCK_SAMPLES], self._clean[BLOCK_SAMPLES:]
        return block

    def _frame(self, samples: Samples) -> Any:
        return self._make_frame(samples.tobytes(), RATE_HZ, 1, FRAME_SAMPLES)
