"""What a check of microphone and loudspeaker found, in words, and the one thing to change. Pure.

A person who checks Charley may see little, so every finding is a sentence that can be
said aloud, and at the end there is one thing to do, the most useful one, and not a list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from voice.dialogue.voice_status import SignalQuality
from voice.listening.signal_quality import SoundCheck

FAINT_DB: Final = 3.0
"""A voice that is less than this above the loudest of the room is hardly heard at all."""

LOUD_ECHO_DB: Final = 20.0
"""The loudspeaker may be louder than the person by this much, where the microphone is."""

LITTLE_ROOM_DB: Final = 12.0
"""A voice less far than this above the noise of the room is often misheard."""


@dataclass(frozen=True)
class Trial:
    """What was asked for, what it was taken for, and the sound of it.

    ``heard`` is None where somebody spoke and it was nothing that was asked for;
    ``sound`` is None where nobody spoke.
    """

    asked: str
    heard: str | None
    doubtful: bool
    sound: SoundCheck | None

    @property
    def right(self) -> bool:
        """Whether it was heard as what it was."""
        return self.heard == self.asked

    def told(self, floor_dbfs: float) -> str:
        """The finding, as a sentence to be said."""
        if self.sound is None:
            return f"I heard nobody say {self.asked}."
        above = self.sound.loudest_dbfs - floor_dbfs
        level = f"{above:.0f} decibels above the room"
        if self.heard is None:
            return f"I heard a voice, {level}, but not the words {self.asked}."
        if not self.right:
            return f"I heard {self.heard} in place of {self.asked}, {level}."
        manner = "but was not sure" if self.doubtful else "and clearly"
        return f"I heard {self.asked}, {level}, {manner}."


def told_of_room(room: SoundCheck) -> str:
    """What the quiet room sounds like, as a sentence."""
    return f"The room has a noise of {room.floor_dbfs:.0f} decibels."


def told_of_echo(room: SoundCheck, echo: SoundCheck) -> str:
    """How the microphone hears Charley's own voice, as a sentence."""
    above = max(0.0, echo.loudest_dbfs - room.floor_dbfs)
    return f"I hear my own voice {above:.0f} decibels above the room."


def advice(room: SoundCheck, echo: SoundCheck, trials: Sequence[Trial]) -> str | None:
    """The one thing to change, as a sentence; None where all is well."""
    spoken = [trial.sound for trial in trials if trial.sound is not None]
    if room.signal_quality is SignalQuality.DEAD:
        return "The microphone is silent: take off its mute, or choose another one."
    if any(sound.signal_quality is SignalQuality.CLIPPED for sound in spoken):
        return "Turn the microphone down: your voice is more than it can take."
    if room.signal_quality is SignalQuality.LOUD_ROOM:
        return "The room is too loud: turn the microphone down, or move it away from the noise."
    if trials and not spoken:
        return "If you did speak, move the microphone closer, or choose another one."
    if echo.loudest_dbfs - room.loudest_dbfs < FAINT_DB:
        return "Turn the loudspeaker up: the microphone does not hear it at all."
    if any(sound.signal_quality is SignalQuality.SOFT_VOICE for sound in spoken):
        return "Turn the microphone up, or move it closer: your voice is very soft."
    loudest = max((sound.loudest_dbfs for sound in spoken), default=None)
    if loudest is not None and loudest - room.floor_dbfs < LITTLE_ROOM_DB:
        return "Move the microphone closer: your voice is hardly louder than the room."
    if loudest is not None and echo.loudest_dbfs - loudest > LOUD_ECHO_DB:
        return "Move the loudspeaker further from the microphone: it drowns your voice."
    if not all(trial.right for trial in trials):
        return "Say the words once more with a short silence before and after, or move closer."
    return None
