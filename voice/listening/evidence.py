"""What is known of an utterance before it is judged. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Reading:
    """One reading of an utterance, in the spelling of the content. Larger scores are better."""

    words: str
    score: float


@dataclass(frozen=True)
class Evidence:
    """All that is known of an utterance: readings, best first; sound and voice in seconds."""

    readings: Sequence[Reading]
    sound_s: float
    voice_s: float
    alone: Sequence[Reading] | None = None
    """Of a call in the midst of lasting talk: readings of the sound of the call alone."""
