"""What is to be done, in the imperative. The dialogue asks; the assistant does.

An action that finishes later carries an id, and the event that ends it carries
the same one. At most one thing is said at a time: a :class:`Say` or
:class:`StartHold` cuts off what was being said before, without a click, and
what was cut off is never reported as finished. A :class:`Listen` replaces the
one before it.
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

    ``chime``: a soft tone comes first. ``quietly``: in a lower voice, since nobody
    may be awake to hear it.
    """

    utterance: UtteranceId
    lines: tuple[LineKey, ...]
    chime: bool = False
    quietly: bool = False


@dataclass(frozen=True)
class Listen:
    """Listen for a grammar, and go on listening until the next ``Listen``.

    Everything heard meanwhile is reported under this id. ``patience_s`` is how
    long silence may last before it is reported, once, counted from the moment
    when Charley has said all and nobody speaks; None waits for ever.
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
    """Stop saying or counting whatever is being said or counted."""


@dataclass(frozen=True)
class SetAlarm:
    """Ring at ``at_s`` on the audio clock. Replaces an alarm set before."""

    alarm: AlarmId
    at_s: float


@dataclass(frozen=True)
class CancelAlarm:
    """Forget the alarm, if there is one."""


@dataclass(frozen=True)
class AdjustVolume:
    """Speak louder (positive) or softer (negative), by so many steps."""

    steps: int


@dataclass(frozen=True)
class AdjustRate:
    """Speak faster (positive) or slower (negative), by so many steps."""

    steps: int


@dataclass(frozen=True)
class Remember:
    """Keep what was reached tonight, so that no restart forgets it."""

    night: Night


@dataclass(frozen=True)
class WriteDiary:
    """Keep an entry in the diary, in place of an earlier state of the same conversation.

    That began at ``called_at_s`` on the audio clock. ``spoken_of``: the person is being told
    that there is a diary.
    """

    entry: Entry
    called_at_s: float
    spoken_of: bool = False


@dataclass(frozen=True)
class EraseDiary:
    """Erase every entry of the diary, for good."""


Action = (
    Say
    | Listen
    | StartHold
    | StopSpeaking
    | SetAlarm
    | CancelAlarm
    | AdjustVolume
    | AdjustRate
    | Remember
    | WriteDiary
    | EraseDiary
)
