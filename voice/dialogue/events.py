"""Events, in the past tense. Each carries its time.

``at_s`` is in seconds on the audio clock: microphone samples so far, divided by the rate.
The clock never jumps and never runs backwards.
"""

from __future__ import annotations

from dataclasses import dataclass

from voice.dialogue.actions import AlarmId, HoldId, ListenId, UtteranceId
from voice.dialogue.broken_off import BrokenOff
from voice.dialogue.diary import NO_DIARY, Summary
from voice.dialogue.voice_status import AS_USUAL, VoiceStatus


@dataclass(frozen=True)
class WakeHeard:
    """A wake phrase was heard. ``words``: the rest of the utterance, or empty.

    ``uncalled``: there was no wake phrase, only the danger sign in ``words``. ``voice_status``:
    the signal quality, and how Charley speaks. ``diary``: what the diary can tell at that moment.
    """

    at_s: float
    listen: ListenId
    words: str = ""
    uncalled: bool = False
    voice_status: VoiceStatus = AS_USUAL
    diary: Summary = NO_DIARY


@dataclass(frozen=True)
class SpeechHeard:
    """Something in the grammar was said.

    ``words`` are phrases of the grammar, as the recogniser writes them. ``doubtful``: it may have
    been something else. ``voice_status`` and ``diary``: as for :class:`WakeHeard`. ``began_at_s``:
    when the speech started, on the audio clock; None if unknown, as in a typed conversation.
    """

    at_s: float
    listen: ListenId
    words: str
    doubtful: bool = False
    voice_status: VoiceStatus = AS_USUAL
    diary: Summary = NO_DIARY
    began_at_s: float | None = None


@dataclass(frozen=True)
class SpeechUnclear:
    """No-match: there was speech, and none of it was in the grammar.

    ``began_at_s`` as for :class:`SpeechHeard`.
    """

    at_s: float
    listen: ListenId
    began_at_s: float | None = None


@dataclass(frozen=True)
class SilenceHeard:
    """No-input: no speech within the patience of the ``Listen``."""

    at_s: float
    listen: ListenId


@dataclass(frozen=True)
class UtteranceFinished:
    """The last sample of an utterance has been played."""

    at_s: float
    utterance: UtteranceId


@dataclass(frozen=True)
class HoldFinished:
    """The last sample of a hold has been played."""

    at_s: float
    hold: HoldId


@dataclass(frozen=True)
class AlarmRang:
    """An alarm is due."""

    at_s: float
    alarm: AlarmId


@dataclass(frozen=True)
class Resumed:
    """Charley was restarted after a conversation had been broken off.

    ``lasted_s``: seconds since the wake phrase of that conversation.
    """

    at_s: float
    broken_off: BrokenOff
    lasted_s: float


Event = (
    WakeHeard
    | SpeechHeard
    | SpeechUnclear
    | SilenceHeard
    | UtteranceFinished
    | HoldFinished
    | AlarmRang
    | Resumed
)
