"""The states of a conversation. Frozen; each holds only its own data.

``turn_id`` numbers the turns. A state's utterance, listening and hold all carry that number, so
one comparison tells whether an event is current (:func:`voice.dialogue.machine.is_late`).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final, TypeVar

from voice.content.script import Answer, Level, LineKey, Part, QuestionKey
from voice.dialogue.actions import AlarmId
from voice.dialogue.changing import replace
from voice.dialogue.diary import NO_COURSE, Course
from voice.dialogue.night import NO_MEMORY, Night
from voice.dialogue.triage import Assessment, Screening


class Cramp(enum.Enum):
    """What the user last said about the cramp."""

    UNKNOWN = "unknown"
    STILL = "still"
    GONE = "gone"


class MayStand(enum.Enum):
    """Whether Charley may tell the user to stand or walk."""

    UNKNOWN = "unknown"
    """Not asked yet."""
    YES = "yes"
    """The user has said that they are steady and not faint."""
    NO = "no"
    """The user may be faint, or is not steady. This lasts for the night."""


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
    """A no that was just accepted, and that the user may still correct.

    ``said``: the word that settled it; a yes if a doubtful no was read back. ``at_s``: when it was
    accepted, on the audio clock.
    """

    question: QuestionKey
    said: Answer
    at_s: float


@dataclass(frozen=True)
class OtherTalk:
    """Unclear turns in a row: perhaps a television, and nobody talking to Charley.

    ``before``: the screening as it was before the first of them.
    """

    turns: int
    before: Screening


@dataclass(frozen=True)
class Session:
    """What is known since the wake, whatever the state.

    ``night``: the memory of the night so far. ``carried``: its level when the session began.
    ``remembered``: the highest level of this session recorded in it. ``advised``: the highest
    level whose advice has been said. ``present``: the user has said something, so this was no
    false wake. ``denied``: each doubtful sign that was denied, once per denial. ``both_legs``: the
    other leg is to be stretched too. ``risk``: the user mentioned something that a carer should
    know. ``rest_waiting``: the questions that can wait were skipped. ``hint_s``: when unclear
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
        """The screening without anything that may stem from unclear talk alone."""
        return self.other_talk.before if self.other_talk else self.screening

    @property
    def reached(self) -> Level:
        """The level to act on, including any reached earlier in the night."""
        return max(self.night.level, self.heard.reached)

    @property
    def clot_sign(self) -> bool:
        """Whether the leg must not be rubbed."""
        return self.night.clot_sign or self.screening.clot_sign


@dataclass(frozen=True)
class Tries:
    """How often something was asked.

    ``vain``: unclear or silent turns. ``asked_back``: turns in which the user asked back or for
    time; these do not count as tries, up to a limit. ``waiting``: the user asked for time, and it
    is still running.
    """

    vain: int = 0
    asked_back: int = 0
    waiting: bool = False


FIRST_TRY: Final = Tries()


@dataclass(frozen=True)
class Asleep:
    """Listening only for a wake phrase.

    ``night`` is what must not be forgotten. ``watch``: the session of a user who fell silent
    without saying that the cramp was gone; its alarm may still ring.
    """

    turn_id: int = 0
    night: Night = NO_MEMORY
    watch: Session | None = None


@dataclass(frozen=True)
class Instructing:
    """The exercise is being explained; the hold begins when the explanation ends."""

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
    """A hold is paused with ``left_s`` to go."""

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
    """The question asked before telling the user to stand."""

    FAINT = "faint"
    STEADY = "steady"


@dataclass(frozen=True)
class AskingCanStand:
    """Asking whether the user may stand, before the ``exercise`` that requires it."""

    session: Session
    exercise: Relief
    about: StandingQuestion = StandingQuestion.FAINT
    tries: Tries = FIRST_TRY
    turn_id: int = 0


@dataclass(frozen=True)
class AskingRedFlag:
    """Asking a red-flag question, or reading back a doubtful no to it.

    ``back``: where the sign was mentioned that led to this question; None in the round of
    questions. ``silent``: how many questions in a row before this one met only silence.
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
    """A danger sign was heard doubtfully, so its question is being asked.

    ``back``: where it was heard; None if Charley was asleep and had not been called.
    """

    session: Session
    sign: QuestionKey
    back: Resumable | None
    tries: Tries = FIRST_TRY
    turn_id: int = 0


@dataclass(frozen=True)
class OfferingRest:
    """No urgent sign was heard; offering the questions that can wait."""

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
    """The advice has been given; offering more. ``announced``: it was given before this turn."""

    session: Session
    assessment: Assessment
    announced: bool = False
    tries: Tries = FIRST_TRY
    turn_id: int = 0


@dataclass(frozen=True)
class Emergency:
    """The emergency number must be called. ``announced``: how often that was said before."""

    session: Session
    assessment: Assessment
    announced: int = 0
    turn_id: int = 0


@dataclass(frozen=True)
class OpenFloor:
    """The floor is open: any question, or goodbye.

    ``erasing``: asking whether to erase the diary. ``answer``: what was last told here, for a
    user who wants to hear it again.
    """

    session: Session
    erasing: bool = False
    answer: tuple[LineKey, ...] = ()
    tries: Tries = FIRST_TRY
    turn_id: int = 0


Exercising = Instructing | Holding | Paused
"""States of a stretch in progress."""

SetAside = (
    Exercising
    | AskingWhichThigh
    | AskingIfGone
    | AskingCanStand
    | OfferingRest
    | Advising
    | OpenFloor
)
"""States that can be set aside while the questions that a sign leads to are asked."""

Resumable = SetAside | AskingRedFlag | OfferingCheck
"""States to return to after a danger sign that turns out to be a false alarm."""

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
