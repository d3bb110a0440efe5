"""What a check of microphone and loudspeaker found, in words, and the one thing to change. Pure.

The user may not see well, so every finding is a sentence to be said aloud, and at the end
there is one thing to do, the most useful one, instead of a list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from voice.dialogue.voice_status import SignalQuality
from voice.listening.signal_quality import SoundCheck

FAINT_DB: Final = 3.0
"""A voice less than this above the room's loudest sound is barely heard."""

LOUD_ECHO_DB: Final = 20.0
"""The loudspeaker may be this much louder than the user at the microphone."""

LITTLE_ROOM_DB: Final = 12.0
"""A voice less than this above the room noise is often misheard."""


@dataclass(frozen=True)
class Trial:
    """What the user was asked to say, what was recognised, and its sound.

    ``heard`` is None if the user spoke and nothing was recognised (no-match); ``sound`` is
    None if no voice was heard (no-input).
    """

    asked: str
    heard: str | None
    doubtful: bool
    sound: SoundCheck | None

    @property
    def right(self) -> bool:
        """Whether it was recognised correctly."""
        return self.heard == self.asked

    def told(self, floor_dbfs: float) -> str:
        """The finding, as a sentence to say."""
        if self.sound is None:
            return f"I did not hear anyone say {self.asked}."
        above = self.sound.loudest_dbfs - floor_dbfs
        level = f"{above:.0f} decibels above the room"
        if self.heard is None:
            return f"I heard a voice, {level}, but not the words {self.asked}."
        if not self.right:
            return f"I heard {self.heard} instead of {self.asked}, {level}."
        manner = "but was not sure" if self.doubtful else "and clearly"
        return f"I heard {self.asked}, {level}, {manner}."


def told_of_room(room: SoundCheck) -> str:
    """The noise of the quiet room, as a sentence."""
    return f"The noise level of the room is {room.floor_dbfs:.0f} decibels."


def told_of_echo(room: SoundCheck, echo: SoundCheck) -> str:
    """How loud Charley's own voice is at the microphone, as a sentence."""
    above = max(0.0, echo.loudest_dbfs - room.floor_dbfs)
    return f"I hear my own voice {above:.0f} decibels above the room."


def advice(room: SoundCheck, echo: SoundCheck, trials: Sequence[Trial]) -> str | None:
    """The one thing to change, as a sentence; None if all is well."""
    spoken = [trial.sound for trial in trials if trial.sound is not None]
    if room.signal_quality is SignalQuality.DEAD:
        return "The microphone is silent: unmute it, or choose another one."
    if any(sound.signal_quality is SignalQuality.CLIPPED for sound in spoken):
        return "Turn the microphone down: your voice overloads it."
    if room.signal_quality is SignalQuality.LOUD_ROOM:
        return "The room is too loud: turn the microphone down, or move it away from the noise."
    if trials and not spoken:
        return "If you did speak, move the microphone closer, or choose another one."
    if echo.loudest_dbfs - room.loudest_dbfs < FAINT_DB:
        return "Turn the loudspeaker up: the microphone cannot hear it."
    if any(sound.signal_quality is SignalQuality.SOFT_VOICE for sound in spoken):
        return "Turn the microphone up, or move it closer: your voice is very soft."
    loudest = max((sound.loudest_dbfs for sound in spoken), default=None)
    if loudest is not None and loudest - room.floor_dbfs < LITTLE_ROOM_DB:
        return "Move the microphone closer: your voice is barely louder than the room."
    if loudest is not None and echo.loudest_dbfs - loudest > LOUD_ECHO_DB:
        return "Move the loudspeaker away from the microphone: it drowns out your voice."
    if not all(trial.right for trial in trials):
        return "Say the words again with a short pause before and after, or move closer."
    return None
