"""How Charley speaks: the settings, and the limits of changes by voice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from msgspec import Meta

from voice.ports import USUAL_VOICE, EngineName, VoiceStyle

SLOWEST_WPM: Final = 90
FASTEST_WPM: Final = 300
"""Twice the usual: long-time users of screen readers follow espeak-ng well at that rate."""

LOWEST_SEMITONES: Final = -6
HIGHEST_SEMITONES: Final = 6
SOFTEST_DB: Final = -24.0
LOUDEST_DB: Final = 6.0

_Words = Annotated[str, Meta(min_length=1)]


@dataclass(frozen=True)
class SpeechSettings:
    """How Charley speaks."""

    engine: Annotated[
        EngineName | None,
        Meta(
            description="The speech engine. By default the natural voice, if it is installed"
            " and `name` is not set."
        ),
    ] = None
    name: Annotated[
        _Words | None,
        Meta(
            description="The engine's voice. For espeak-ng, a name from `espeak-ng --voices`.",
        ),
    ] = None
    pack: Annotated[
        _Words | None,
        Meta(
            description="A folder of recorded lines, made by `charley voice record`."
            " The engine speaks any line that is missing there.",
        ),
    ] = None
    words_per_minute: Annotated[
        int, Meta(ge=SLOWEST_WPM, le=FASTEST_WPM, description="Speaking rate, in words per minute.")
    ] = 150
    pitch: Annotated[
        int,
        Meta(
            ge=LOWEST_SEMITONES,
            le=HIGHEST_SEMITONES,
            description="Pitch change: positive is higher (semitones).",
        ),
    ] = 0
    volume_db: Annotated[
        float,
        Meta(ge=SOFTEST_DB, le=LOUDEST_DB, description="Volume change: positive is louder (dB)."),
    ] = 0.0
    pause_s: Annotated[float, Meta(ge=0, le=2, description="Pause between two lines (s).")] = 0.3

    @property
    def style(self) -> VoiceStyle:
        """The style in which lines are first rendered."""
        return VoiceStyle(self.name or USUAL_VOICE, self.words_per_minute, self.pitch)
