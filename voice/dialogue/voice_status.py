"""How well Charley hears right now, and how it speaks, for when the user asks. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final


class SignalQuality(enum.Enum):
    """What the sound of an utterance was like."""

    WELL = "well"
    DEAD = "dead"
    CLIPPED = "clipped"
    """Too loud for the range of the microphone."""
    LOUD_ROOM = "loud_room"
    SOFT_VOICE = "soft_voice"


class Change(enum.Enum):
    """How something that can be set by voice compares with the configuration."""

    USUAL = "usual"
    LESS = "less"
    MORE = "more"


def change(now: float, usual: float) -> Change:
    """How a value differs from the usual one."""
    if now == usual:
        return Change.USUAL
    return Change.LESS if now < usual else Change.MORE


@dataclass(frozen=True)
class VoiceStatus:
    """How Charley heard the last utterance, and how it speaks."""

    signal_quality: SignalQuality = SignalQuality.WELL
    volume: Change = Change.USUAL
    rate: Change = Change.USUAL
    other_voice: bool = True
    """Whether there is another voice to change to."""
    other_rates: bool = True
    """Whether Charley can speak slower or faster."""


AS_USUAL: Final = VoiceStatus()
"""Heard well, and nothing was set by voice."""
