"""The numbers of listening, each with its sensible range. Pure.

All of them may be set in the configuration. Their defaults were fitted to the model that
ships; margins are log-likelihoods, as the recogniser scores them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta


@dataclass(frozen=True)
class AcceptanceSettings:
    """How much evidence a phrase needs before it is believed. Margins are log-likelihoods."""

    clear_margin: Annotated[
        float, Meta(ge=-10, le=20, description="Margin over garbage at which a phrase is believed.")
    ] = 3.0
    doubtful_margin: Annotated[
        float, Meta(ge=-10, le=20, description="Margin over garbage at which it is read back.")
    ] = 0.0
    no_extra_margin: Annotated[
        float, Meta(ge=0, le=10, description="Added to both margins for a no.")
    ] = 3.0
    no_voiced: Annotated[
        float, Meta(ge=0, le=1, description="Minimum voiced share of a no; below it, read it back.")
    ] = 0.65
    rival_margin: Annotated[
        float,
        Meta(ge=0, le=10, description="Minimum margin over phrases of another meaning."),
    ] = 2.0
    danger_margin: Annotated[
        float, Meta(ge=-10, le=10, description="Margin at which a danger sign is read back.")
    ] = -4.0
    danger_beside_margin: Annotated[
        float,
        Meta(ge=-5, le=10, description="Danger sign beside other speech: margin over none."),
    ] = 0.5
    danger_share: Annotated[
        float,
        Meta(ge=0, le=1, description="Danger sign beside other speech: share of the words."),
    ] = 0.5
    wake_margin: Annotated[
        float, Meta(ge=-10, le=20, description="Wake phrase: minimum margin over garbage.")
    ] = 4.0
    wake_rival_margin: Annotated[
        float, Meta(ge=0, le=10, description="Wake phrase: minimum margin over decoys.")
    ] = 1.0
    wake_beside_margin: Annotated[
        float,
        Meta(ge=0, le=10, description="Wake phrase beside other speech: margin over decoys."),
    ] = 3.0
    spotted: Annotated[
        float,
        Meta(ge=-10, le=20, description="Log-odds at which the second ear hears an answer."),
    ] = 1.0
    spotted_call: Annotated[
        float,
        Meta(ge=-10, le=20, description="Log-odds at which the second ear hears a wake phrase."),
    ] = 1.0
    spotted_never: Annotated[
        float,
        Meta(ge=-30, le=0, description="Log-odds below which the second ear denies a wake phrase."),
    ] = -4.0
    spotted_alone_s: Annotated[
        float,
        Meta(
            ge=0,
            le=4,
            description="Longest utterance read back on the word of the second ear alone (s).",
        ),
    ] = 1.5
    spotted_s: Annotated[
        float,
        Meta(ge=0, le=10, description="Longest utterance that the second ear is asked about (s)."),
    ] = 4.0
    longest_word_s: Annotated[
        float,
        Meta(
            ge=0.2,
            le=10,
            description="While asleep: longest plausible word before the per-letter allowance (s).",
        ),
    ] = 0.6
    longest_letter_s: Annotated[
        float,
        Meta(ge=0, le=1, description="While asleep: allowance for each letter of a word (s)."),
    ] = 0.2
    lasting_talk_s: Annotated[
        float,
        Meta(
            ge=1,
            le=30,
            description="While asleep: recheck a wake phrase alone in speech longer than this (s).",
        ),
    ] = 5.0
    least_voice_s: Annotated[
        float, Meta(ge=0, le=1, description="Read back a phrase with less voice than this (s).")
    ] = 0.1
    least_unclear_s: Annotated[
        float,
        Meta(ge=0, le=1, description="Ignore unclear sound with less voice than this (s)."),
    ] = 0.45
    least_voiced: Annotated[
        float, Meta(ge=0, le=1, description="Minimum voiced share of an utterance.")
    ] = 0.4


@dataclass(frozen=True)
class ListeningSettings:
    """Voice activity, endpointing, barge-in and the second ear."""

    second_ear: Annotated[
        bool,
        Meta(description="Let the second ear hear answers and calls too, if installed."),
    ] = True
    rise_db: Annotated[
        float,
        Meta(ge=1, le=20, description="Run the voice gate on sound this far above the floor (dB)."),
    ] = 4.0
    floor_rise_db_per_s: Annotated[
        float,
        Meta(gt=0, le=20, description="How fast the noise floor follows a louder room (dB/s)."),
    ] = 3.0
    level_hold_s: Annotated[
        float, Meta(ge=0, le=2, description="Keep the voice gate running after a sound (s).")
    ] = 0.4
    voice_on: Annotated[
        float, Meta(gt=0, lt=1, description="Voice probability at which speech starts.")
    ] = 0.15
    voice_off: Annotated[
        float, Meta(gt=0, lt=1, description="Voice probability below which speech pauses.")
    ] = 0.15
    voice_over: Annotated[
        float, Meta(gt=0, lt=1, description="Barge-in: minimum voice probability.")
    ] = 0.15
    over_rise_db: Annotated[
        float,
        Meta(
            ge=1,
            le=40,
            description="Barge-in: minimum level above the residual echo (dB).",
        ),
    ] = 10.0
    over_taken_db: Annotated[
        float,
        Meta(ge=1, le=40, description="Barge-in: ignore blocks with more echo suppression (dB)."),
    ] = 15.0
    onset_s: Annotated[
        float, Meta(ge=0.03, le=0.5, description="Voice needed to start an utterance (s).")
    ] = 0.064
    pre_roll_s: Annotated[
        float, Meta(ge=0, le=1, description="Audio kept from before speech was detected (s).")
    ] = 0.32
    fall_db: Annotated[
        float, Meta(ge=6, le=60, description="Treat sound this far below the peak as a pause (dB).")
    ] = 30.0
    complete_s: Annotated[
        float, Meta(ge=0.05, le=1, description="Endpoint: silence after a complete phrase (s).")
    ] = 0.13
    complete_no_s: Annotated[
        float,
        Meta(
            ge=0.05,
            le=3,
            description="Endpoint: silence after a no, since people correct themselves (s).",
        ),
    ] = 0.48
    wake_s: Annotated[
        float, Meta(ge=0.05, le=1, description="Endpoint: silence after a wake phrase (s).")
    ] = 0.22
    correction_s: Annotated[
        float,
        Meta(ge=0, le=5, description="After a no, report even unclear speech for this long (s)."),
    ] = 1.5
    pause_s: Annotated[
        float, Meta(ge=0.1, le=3, description="Endpoint: silence after anything else (s).")
    ] = 0.6
    longest_s: Annotated[
        float, Meta(ge=2, le=30, description="Cut an utterance off after this long (s).")
    ] = 8.0
    tail_guard_s: Annotated[
        float,
        Meta(ge=0, le=1, description="Stay deaf after Charley's own voice for this long (s)."),
    ] = 0.15
    refractory_s: Annotated[
        float,
        Meta(ge=0, le=30, description="Refractory period after a conversation (s)."),
    ] = 6.0
    refractory_margin: Annotated[
        float,
        Meta(ge=0, le=10, description="Added to the wake margin in the refractory period."),
    ] = 2.0

    def __post_init__(self) -> None:
        if self.voice_off > self.voice_on:
            raise ValueError("voice_off must not be above voice_on")
        if not self.complete_s <= self.wake_s <= self.pause_s:
            raise ValueError("complete_s must not exceed wake_s, nor wake_s pause_s")
        if not self.complete_s <= self.complete_no_s <= self.pause_s:
            raise ValueError("complete_s must not exceed complete_no_s, nor complete_no_s pause_s")
