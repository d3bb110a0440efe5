"""Where a conversation can be. Frozen; each state holds only its own data.

``turn_id`` numbers the latest thing said and listened for: utterance, listening
and hold of a state all carry that number, so one comparison tells whether an
event belongs to the present (:func:`voice.dialogue.machine.is_late`).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from voice.content.script import Answer, Level, Part, QuestionKey
from voice.dialogue.actions import AlarmId
from voice.dialogue.diary import NO_COURSE, Course
from voice.dialogue.night import NO_MEMORY, Night
from voice.dialogue.triage import Assessment, Screening


class Cramp(enum.Enum):
    """What the person last said of the cramp."""

    UNKNOWN = "unknown"
    STILL = "still"
    GONE = "gone"


class MayStand(enum.Enum):
    """Whether Charley may tell the user to stand or walk."""

    UNKNOWN = "unknown"
    """Not asked yet."""
    YES = "yes"
    """They have said that they are not faint, and steady."""
    NO = "no"
    """They may be faint, or are not steady. It stays so for the night."""


@dataclass(frozen=True)
class Relief:
    """A step of the ladder of a part, counted from 0."""

    part: Part
    step: int = 0


@dataclass(frozen=True)
class Bedtime:
    """A turn of the bedtime stretch, counted from 0."""

    number: int = 0


Exercise = Relief | Bedtime


@dataclass(frozen=True)
class TakenNo:
    """A no that was just taken, and that the person may still correct.

    ``said`` is the word that settled it: a yes, where a doubtful no was read back.
    ``at_s``: when it was taken, on the audio clock.
    """

    question: QuestionKey
    said: Answer
    at_s: float


@dataclass(frozen=True)
class OtherTalk:
    """Unclear turns in a row: perhaps a television, and nobody who is spoken to.

    ``before`` is the screening as it was when they began.
    """

    turns: int
    before: Screening


@dataclass(frozen=True)
class Session:
    """What is known since the wake, whatever the state.

    ``night`` is the memory of the night so far, ``carried`` its level when the session
    began, ``remembered`` the highest level of this session that went into it.
    ``advised`` is the highest level whose advice has been said. ``present``: the person
    has said something, so the wake was no false one. ``denied`` holds each doubtful sign
    that was denied, once for each time. ``both_legs``: the other leg is to be stretched,
    too. ``risk``: something was said that a carer should know.
    ``rest_waiting``: the questions that can wait were passed by. ``hint_s``: when unclear
    speech was last answered in a hold. ``course``: what only the diary needs to know.
    """

    screening: Screening
    night: Night = NO_MEMORY
    carried: Level = Level.NO_URGENT_SIGN_HEARD
    remembered: Level = Level.NO_URGENT_SIGN_HEARD
    alarm: AlarmId | None = None
    cramp: Cramp = Cramp.UNKNOWN
    part: Part = Part.CALF
    may_stand: MayStand = MayStand.UNKNOWN
    present: bool = False
    both_legs: bool = False
    risk: bool = False
    rest_waiting: bool = False
    advised: Level = Level.NO_URGENT_SIGN_HEARD
    denied: tuple[QuestionKey, ...] = ()
    taken_no: TakenNo | None = None
    other_talk: OtherTalk | None = None
    hint_s: float | None = None
    course: Course = NO_COURSE

    @property
    def heard(self) -> Screening:
        """The screening without what only unclear talk may have brought about."""
        return self.other_talk.before if self.other_talk else self.screening

    @property
    def reached(self) -> Level:
        """The level to act on, that of earlier in the night included."""
        return max(self.night.level, self.heard.reached)

    @property
    def clot_sign(self) -> bool:
        """Whether that leg must not be rubbed."""
        return self.night.clot_sign or self.screening.clot_sign


@dataclass(frozen=True)
class Tries:
    """How often something was asked.

    ``vain``: unclear or silent turns. ``asked_back``: turns in which the person asked
    back or for time, which count for nothing, but not for ever. ``waiting``: they
    asked for time, and it runs.
    """

    vain: int = 0
    asked_back: int = 0
    waiting: bool = False


FIRST_TRY: Final = Tries()


@dataclass(frozen=True)
class Asleep:
    """Only a wake phrase is listened for.

    ``night`` is what must not be forgotten. ``watch``: the session of somebody who
    fell silent without having said that the cramp is gone; its alarm may still ring.
    """

    turn_id: int = 0
    night: Night = NO_MEMORY
    watch: Session | None = None


@dataclass(frozen=True)
class Instructing:
    """The exercise is being explained; the hold begins when that is said."""

    session: Session
    exercise: Exercise
    turn_id: int = 0


@dataclass(frozen=True)
class Holding:
    """A hold of ``length_s`` is being counted since ``started_at_s``."""

    session: Session
    exercise: Exercise
    started_at_s: float
    length_s: float
    turn_id: int = 0


@dataclass(frozen=True)
class Paused:
    """A hold stands still with ``left_s`` to go."""

    session: Session
    exercise: Exercise
    left_s: float
    turn_id: int = 0


@dataclass(frozen=True)
class AskingWhichThigh:
    """Asking whether it is the front or the back of the thigh."""

    session: Session
    tries: Tries = FIRST_TRY
    turn_id: int = 0


@dataclass(frozen=True)
class AskingIfGone:
    """Asking whether the cramp has let go."""

    session: Session
    exercise: Relief
    tries: Tries = FIRST_TRY
    turn_id: int = 0


class StandingQuestion(enum.Enum):
    """What is asked before anybody is told to stand."""

    FAINT = "faint"
    STEADY = "steady"


@dataclass(frozen=True)
class AskingCanStand:
    """Whether the person may stand, before the ``exercise`` that needs it."""

    session: Session
    exercise: Relief
    about: StandingQuestion = StandingQuestion.FAINT
    tries: Tries = FIRST_TRY
    turn_id: int = 0


@dataclass(frozen=True)
class AskingRedFlag:
    """A red-flag question is being asked, or a doubtful no to it read back.

    ``back`` is where a sign was said that led to this question; None in the round of
    questions. ``silent``: how many questions before this one met nothing but silence.
    """

    session: Session
    question: QuestionKey
    back: Resumable | None = None
    reading_back: bool = False
    tries: Tries = FIRST_TRY
    silent: int = 0
    turn_id: int = 0


@dataclass(frozen=True)
class ConfirmingSign:
    """A danger sign was heard doubtfully, and its question is asked.

    ``back`` is where it was heard; None where Charley was asleep and nobody had called.
    """

    session: Session
    sign: QuestionKey
    back: Resumable | None
    tries: Tries = FIRST_TRY
    turn_id: int = 0


@dataclass(frozen=True)
class OfferingRest:
    """No urgent sign was heard; the questions that can wait are offered."""

    session: Session
    tries: Tries = FIRST_TRY
    turn_id: int = 0


@dataclass(frozen=True)
class OfferingCheck:
    """Charley was away in the middle of the questions, and offers to ask them from the start."""

    session: Session
    tries: Tries = FIRST_TRY
    turn_id: int = 0


@dataclass(frozen=True)
class Advising:
    """The advice is given, and something offered. ``told``: it was given before."""

    session: Session
    assessment: Assessment
    announced: bool = False
    tries: Tries = FIRST_TRY
    turn_id: int = 0


@dataclass(frozen=True)
class Emergency:
    """The emergency number is to be called. ``told``: how often that was said before."""

    session: Session
    assessment: Assessment
    announced: int = 0
    turn_id: int = 0


@dataclass(frozen=True)
class OpenFloor:
    """The floor is open: any question, or goodbye.

    ``erasing``: whether to erase the diary is being asked.
    """

    session: Session
    erasing: bool = False
    tries: Tries = FIRST_TRY
    turn_id: int = 0


Exercising = Instructing | Holding | Paused
"""States of a stretch under way."""

SetAside = (
    Exercising
    | AskingWhichThigh
    | AskingIfGone
    | AskingCanStand
    | OfferingRest
    | Advising
    | OpenFloor
)
"""What is set aside while the questions that a sign leads to are asked."""

Resumable = SetAside | AskingRedFlag | OfferingCheck
"""Where the dialogue goes back to after a danger sign that turned out to be none."""

Asking = (
    AskingWhichThigh
    | AskingIfGone
    | AskingCanStand
    | AskingRedFlag
    | ConfirmingSign
    | OfferingRest
    | OfferingCheck
    | Advising
    | OpenFloor
)
"""States that ask something and count the attempts."""

Conversing = Exercising | Asking
"""Every state except sleep and an emergency."""

Awake = Conversing | Emergency

State = Asleep | Awake

_AwakeT = TypeVar("_AwakeT", bound=Awake)


def with_session(state: _AwakeT, session: Session) -> _AwakeT:
    """The state with another session."""
    return replace(state, session=session)
