"""Actions, in the imperative: the dialogue returns them, and the assistant carries them out.

An action that finishes later carries an id, and the event that ends it carries the same id.
Only one thing is said at a time: a :class:`Say` or :class:`StartHold` cuts off any earlier
speech without a click, and speech that was cut off is never reported as finished. A
:class:`Listen` replaces the one before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

from voice.content.script import GrammarKey, LineKey
from voice.dialogue.diary import Entry
from voice.dialogue.hold import Hold
from voice.dialogue.night import Night

UtteranceId = NewType("UtteranceId", int)
ListenId = NewType("ListenId", int)
HoldId = NewType("HoldId", int)
AlarmId = NewType("AlarmId", int)


@dataclass(frozen=True)
class Say:
    """Say the lines one after the other.

    ``chime``: play a soft tone first. ``quietly``: speak more softly, since everyone may be
    asleep.
    """

    utterance: UtteranceId
    lines: tuple[LineKey, ...]
    chime: bool = False
    quietly: bool = False


@dataclass(frozen=True)
class Listen:
    """Listen for a grammar until the next ``Listen``.

    Everything heard until then is reported under this id. ``patience_s`` is the no-input timeout:
    silence this long is reported, once. It is counted from the moment when Charley has finished
    speaking and the user is silent. None waits for ever.
    """

    listen: ListenId
    grammar: GrammarKey
    patience_s: float | None = None


@dataclass(frozen=True)
class StartHold:
    """Count a hold aloud, from its first second."""

    hold: HoldId
    plan: Hold


@dataclass(frozen=True)
class StopSpeaking:
    """Stop speaking or counting."""


@dataclass(frozen=True)
class SetAlarm:
    """Ring at ``at_s`` on the audio clock. Replaces any earlier alarm."""

    alarm: AlarmId
    at_s: float


@dataclass(frozen=True)
class CancelAlarm:
    """Cancel the alarm, if there is one."""


@dataclass(frozen=True)
class AdjustVolume:
    """Speak louder (positive) or softer (negative), by ``steps`` steps."""

    steps: int


@dataclass(frozen=True)
class AdjustRate:
    """Speak faster (positive) or slower (negative), by ``steps`` steps."""

    steps: int


@dataclass(frozen=True)
class ChangeVoice:
    """Speak in the next available voice, at the same rate and pitch."""


@dataclass(frozen=True)
class Remember:
    """Keep the memory of the night across restarts."""

    night: Night


@dataclass(frozen=True)
class WriteDiary:
    """Write an entry to the diary, replacing any earlier entry of the same conversation.

    ``called_at_s``: when that conversation began, on the audio clock. ``spoken_of``: the user is
    being told that there is a diary.
    """

    entry: Entry
    called_at_s: float
    spoken_of: bool = False


@dataclass(frozen=True)
class EraseDiary:
    """Erase every entry of the diary, permanently."""


Action = (
    Say
    | Listen
    | StartHold
    | StopSpeaking
    | SetAlarm
    | CancelAlarm
    | AdjustVolume
    | AdjustRate
    | ChangeVoice
    | Remember
    | WriteDiary
    | EraseDiary
)
