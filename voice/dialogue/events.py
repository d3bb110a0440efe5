"""What happened, in the past tense. Each event carries its time.

``at_s`` is seconds on the audio clock: samples of the microphone heard so far,
divided by the rate. The clock never jumps and never runs backwards.
"""

from __future__ import annotations

from dataclasses import dataclass

from voice.dialogue.actions import AlarmId, HoldId, ListenId, UtteranceId
from voice.dialogue.diary import NO_DIARY, Summary
from voice.dialogue.voice_status import AS_USUAL, VoiceStatus


@dataclass(frozen=True)
class WakeHeard:
    """A wake phrase was heard. ``words`` is all of that breath after it, or empty.

    ``uncalled``: there was no wake phrase, only the danger sign that ``words`` are.
    ``voice_status``: how well it was heard, and how Charley speaks. ``diary``: what the diary
    can tell at that moment.
    """

    at_s: float
    listen: ListenId
    words: str = ""
    uncalled: bool = False
    voice_status: VoiceStatus = AS_USUAL
    diary: Summary = NO_DIARY


@dataclass(frozen=True)
class SpeechHeard:
    """Something listened for was said.

    ``words`` are phrases of the grammar, as the recogniser writes them.
    ``doubtful`` is set where it may have been something else. ``voice_status`` and ``diary``
    as for a wake.
    ``began_at_s``: when the sound of it began, on the audio clock; None where that is not
    known, as in a typed conversation.
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
    """Somebody spoke, and it was none of what was listened for.

    ``began_at_s`` as for :class:`SpeechHeard`.
    """

    at_s: float
    listen: ListenId
    began_at_s: float | None = None


@dataclass(frozen=True)
class SilenceHeard:
    """Nobody spoke for as long as the listening was willing to wait."""

    at_s: float
    listen: ListenId


@dataclass(frozen=True)
class UtteranceFinished:
    """The last sample of what was being said has been played."""

    at_s: float
    utterance: UtteranceId


@dataclass(frozen=True)
class HoldFinished:
    """The last sample of a hold has been played."""

    at_s: float
    hold: HoldId


@dataclass(frozen=True)
class AlarmRang:
    """The time of an alarm has come."""

    at_s: float
    alarm: AlarmId


Event = (
    WakeHeard
    | SpeechHeard
    | SpeechUnclear
    | SilenceHeard
    | UtteranceFinished
    | HoldFinished
    | AlarmRang
)
