"""How Charley speaks, as a person may set it, and the bounds of what they may ask for."""

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
        Meta(min_length=1, description="The voice: a name from `espeak-ng --voices`."),
    ] = "en-us"
    words_per_minute: Annotated[
        int, Meta(ge=SLOWEST_WPM, le=FASTEST_WPM, description="How fast, in words a minute.")
    ] = 150
    volume_db: Annotated[
        float,
        Meta(ge=SOFTEST_DB, le=LOUDEST_DB, description="Louder or softer than usual, in dB."),
    ] = 0.0
    pause_s: Annotated[
        float, Meta(ge=0, le=2, description="The pause between two lines, in seconds.")
    ] = 0.3

    @property
    def style(self) -> VoiceStyle:
        """The style in which lines are rendered to begin with."""
        return VoiceStyle(self.name, self.words_per_minute)
