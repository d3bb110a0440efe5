"""Where a conversation can be. Frozen; each state holds only its own data.

``turn`` numbers the latest thing said and listened for: utterance, listening
and hold of a state all carry that number, so one comparison tells whether an
event belongs to the present (:func:`voice.dialogue.machine.is_late`).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

from voice.content.script import Command, Part, QuestionKey
from voice.dialogue.actions import AlarmId
from voice.dialogue.triage import Check, Verdict


class Cramp(enum.Enum):
    """What the person last said of the cramp."""

    UNKNOWN = "unknown"
    STILL = "still"
    GONE = "gone"


@dataclass(frozen=True)
class Relief:
    """A rung of the ladder of a part, counted from 0."""

    part: Part
    rung: int = 0


@dataclass(frozen=True)
class Bedtime:
    """A turn of the bedtime stretch, counted from 0."""

    turn: int = 0


Exercise = Relief | Bedtime


@dataclass(frozen=True)
class Session:
    """What is known since the wake, whatever the state.

    ``answered``: the person has said something that was understood, so the wake
    was no false one. ``steady``: whether they may stand; None before it was asked.
    """

    check: Check
    alarm: AlarmId | None = None
    cramp: Cramp = Cramp.UNKNOWN
    answered: bool = False
    steady: bool | None = None


@dataclass(frozen=True)
class Asleep:
    """Only a wake phrase is listened for.

    ``watch``: the session of somebody who fell silent with the cramp still
    there; its alarm may still ring.
    """

    turn: int = 0
    watch: Session | None = None


@dataclass(frozen=True)
class Instructing:
    """The exercise is being explained; the hold begins when that is said."""

    session: Session
    exercise: Exercise
    turn: int = 0


@dataclass(frozen=True)
class Holding:
    """A hold of ``length_s`` is being counted since ``started_at_s``."""

    session: Session
    exercise: Exercise
    started_at_s: float
    length_s: float
    turn: int = 0


@dataclass(frozen=True)
class Paused:
    """A hold stands still with ``left_s`` to go."""

    session: Session
    exercise: Exercise
    left_s: float
    turn: int = 0


@dataclass(frozen=True)
class AskingThigh:
    """Whether it is the front or the back of the thigh is being asked."""

    session: Session
    attempt: int = 0
    turn: int = 0


@dataclass(frozen=True)
class AskingRelief:
    """Whether the cramp has let go is being asked."""

    session: Session
    exercise: Relief
    attempt: int = 0
    turn: int = 0


class Footing(enum.Enum):
    """What is asked before anybody is told to stand."""

    FAINT = "faint"
    STEADY = "steady"


@dataclass(frozen=True)
class AskingFooting:
    """Whether the person may stand, before the ``exercise`` that needs it."""

    session: Session
    exercise: Relief
    about: Footing = Footing.FAINT
    attempt: int = 0
    turn: int = 0


@dataclass(frozen=True)
class Checking:
    """A red-flag question is being asked, or a doubtful no to it read back.

    ``silent``: how many questions before this one met nothing but silence.
    """

    session: Session
    question: QuestionKey
    reading_back: bool = False
    attempt: int = 0
    silent: int = 0
    turn: int = 0


@dataclass(frozen=True)
class ConfirmingDanger:
    """A danger sign was heard doubtfully, and is asked back. ``back`` is where it was heard."""

    session: Session
    sign: Command
    back: Resumable
    attempt: int = 0
    turn: int = 0


@dataclass(frozen=True)
class AskingDanger:
    """Somebody feels faint, and is asked for chest pain and trouble breathing.

    ``back`` is where it was heard.
    """

    session: Session
    question: QuestionKey
    back: Resumable
    attempt: int = 0
    turn: int = 0


@dataclass(frozen=True)
class Advising:
    """The advice is given, and something offered."""

    session: Session
    verdict: Verdict
    attempt: int = 0
    turn: int = 0


@dataclass(frozen=True)
class Emergency:
    """The emergency number is to be called. ``told``: how often that was said before."""

    session: Session
    verdict: Verdict
    told: int = 0
    turn: int = 0


@dataclass(frozen=True)
class Attending:
    """The floor is open: any question, or goodbye."""

    session: Session
    attempt: int = 0
    turn: int = 0


Exercising = Instructing | Holding | Paused
"""States of a stretch under way."""

Resumable = (
    Exercising
    | AskingThigh
    | AskingRelief
    | AskingFooting
    | Checking
    | Advising
    | Emergency
    | Attending
)
"""Where the dialogue goes back to after a danger sign that turned out to be none."""

Asking = (
    AskingThigh
    | AskingRelief
    | AskingFooting
    | Checking
    | ConfirmingDanger
    | AskingDanger
    | Advising
    | Attending
)
"""States that ask something and count how often it was asked in vain."""

Awake = Exercising | Asking | Emergency

State = Asleep | Awake


def with_session(state: Awake, session: Session) -> Awake:
    """The state with another session."""
    return replace(state, session=session)
