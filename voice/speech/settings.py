"""How Charley speaks: the settings, and the limits of changes by voice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from msgspec import Meta

from voice.ports import VoiceStyle

SLOWEST_WPM: Final = 90
FASTEST_WPM: Final = 230
SOFTEST_DB: Final = -24.0
LOUDEST_DB: Final = 6.0


@dataclass(frozen=True)
class SpeechSettings:
    """How Charley speaks."""

    name: Annotated[
        str,
        Meta(min_length=1, description="Voice: a name from `espeak-ng --voices`."),
    ] = "en-us"
    words_per_minute: Annotated[
        int, Meta(ge=SLOWEST_WPM, le=FASTEST_WPM, description="Speaking rate, in words per minute.")
    ] = 150
    volume_db: Annotated[
        float,
        Meta(ge=SOFTEST_DB, le=LOUDEST_DB, description="Volume change: positive is louder (dB)."),
    ] = 0.0
    pause_s: Annotated[float, Meta(ge=0, le=2, description="Pause between two lines (s).")] = 0.3

    @property
    def style(self) -> VoiceStyle:
        """The style in which lines are first rendered."""
        return VoiceStyle(self.name, self.words_per_minute)
