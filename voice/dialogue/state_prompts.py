"""What each state says on entry, what it listens for, and how long it waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, assert_never

from voice.content.script import GrammarKey, LadderStep, Level, LineKey, Part, Script
from voice.dialogue import line_keys as lines
from voice.dialogue.states import (
    Advising,
    AskingCanStand,
    AskingIfGone,
    AskingRedFlag,
    AskingWhichThigh,
    Asleep,
    Bedtime,
    ConfirmingSign,
    Cramp,
    Emergency,
    Exercise,
    Holding,
    Instructing,
    OfferingCheck,
    OfferingRest,
    OpenFloor,
    Paused,
    Relief,
    Session,
    StandingQuestion,
    State,
    Tries,
)
from voice.dialogue.triage import Assessment

ANSWER_PATIENCE_S: Final = 8.0
"""How long a question waits for an answer. A user in pain at night is slow."""

WAIT_PATIENCE_S: Final = 30.0
"""How long to wait for a user who has asked for time."""

OFFER_PATIENCE_S: Final = 10.0
PAUSE_PATIENCE_S: Final = 120.0


@dataclass(frozen=True)
class Prompt:
    """Lines to say, then the grammar to listen with, and the no-input timeout."""

    lines: tuple[LineKey, ...]
    grammar: GrammarKey
    patience_s: float | None


@dataclass(frozen=True)
class Context:
    """What the dialogue needs: its script, and the configured length of a hold in seconds."""

    script: Script
    hold_s: float = 30.0

    def ladder_step(self, exercise: Exercise) -> LadderStep:
        """The step that an exercise stands for."""
        match exercise:
            case Relief(part, step):
                return self.script.ladders[part][step]
            case Bedtime(number):
                return self.script.bedtime[number]
            case _:
                assert_never(exercise)

    def hold_length_s(self, exercise: Exercise) -> float:
        """The length of an exercise's hold, in seconds."""
        own = self.ladder_step(exercise).hold_s
        return self.hold_s if own is None else max(own, self.hold_s)


def prompt_of(state: State, context: Context) -> Prompt:
    """The prompt of a state, on entry and on re-entry."""
    script = context.script
    match state:
        case Asleep():
            return Prompt((), GrammarKey.WAKE, None)
        case Instructing():
            said = (*context.ladder_step(state.exercise).lines, lines.GET_READY)
            return Prompt(said, GrammarKey.STRETCH, None)
        case Holding():
            return Prompt((), GrammarKey.HOLD, None)
        case Paused():
            return Prompt((lines.PAUSED,), GrammarKey.PAUSED, PAUSE_PATIENCE_S)
        case AskingWhichThigh():
            return _question(state.tries, GrammarKey.STRETCH, lines.WHICH_THIGH)
        case AskingIfGone():
            return _question(state.tries, GrammarKey.RELIEF, lines.ASK_RELIEF)
        case AskingCanStand():
            faint = state.about is StandingQuestion.FAINT
            about = lines.ASK_FAINT_NOW if faint else lines.ASK_STEADY
            return _question(state.tries, GrammarKey.ANSWER, about)
        case AskingRedFlag():
            question = script.question(state.question)
            asked = question.read_back if state.reading_back else asked_of(state, script)
            return _question(state.tries, GrammarKey.ANSWER, asked)
        case ConfirmingSign():
            return _question(state.tries, GrammarKey.ANSWER, script.question(state.sign).ask)
        case OfferingRest():
            return _question(
                state.tries, GrammarKey.OFFER, lines.OFFER_REST, patience_s=OFFER_PATIENCE_S
            )
        case OfferingCheck():
            return _question(
                state.tries, GrammarKey.OFFER, lines.OFFER_CHECK, patience_s=OFFER_PATIENCE_S
            )
        case Advising():
            tips = offers_tips(state.session, state.assessment)
            offer = lines.OFFER_TIPS if tips else lines.OFFER_AGAIN
            said = () if state.announced else _advice(script, state.session, state.assessment)
            return _question(
                state.tries, GrammarKey.OFFER, *said, offer, patience_s=OFFER_PATIENCE_S
            )
        case Emergency():
            return Prompt(_emergency(script, state), GrammarKey.EMERGENCY, None)
        case OpenFloor():
            asked_now = lines.DIARY_ERASE_ASK if state.erasing else lines.ANYTHING_ELSE
            return _question(state.tries, GrammarKey.OPEN, asked_now, patience_s=OFFER_PATIENCE_S)
        case _:
            assert_never(state)


def _question(
    tries: Tries, grammar: GrammarKey, *asked: LineKey, patience_s: float = ANSWER_PATIENCE_S
) -> Prompt:
    """A question; or, if the user asked for time, the wait before it is asked again."""
    if tries.waiting:
        return Prompt((lines.TAKE_YOUR_TIME,), grammar, WAIT_PATIENCE_S)
    return Prompt(asked, grammar, patience_s)


def asked_of(state: AskingRedFlag, script: Script) -> LineKey:
    """The wording of a red-flag question: about the calf, or about the leg."""
    question = script.question(state.question)
    if question.ask_leg is not None and state.session.part is not Part.CALF:
        return question.ask_leg
    return question.ask


def _advice(script: Script, session: Session, assessment: Assessment) -> tuple[LineKey, ...]:
    """The reasons, then the advice, with what the user should tell a carer."""
    advice = script.advice[assessment.level]
    if assessment.partial and advice.partial:
        said = advice.partial
    else:
        said = advice.soft if assessment.soft else advice.plain
    if session.clot_sign:
        said = (*said[:1], *advice.clot, *said[1:])
    risk = (lines.TELL_THEM,) if session.risk and assessment.level > Level(0) else ()
    rest = [key for key in said[1:] if not _said_before(key, assessment)]
    return (*assessment.reasons, *said[:1], *risk, *rest)


def _said_before(key: LineKey, assessment: Assessment) -> bool:
    """Whether the reasons already mention the ten minutes."""
    return key == lines.CHANGE_TEN_MINUTES and lines.STILL_THERE in assessment.reasons


def _emergency(script: Script, state: Emergency) -> tuple[LineKey, ...]:
    """The number first, then why; when repeated, the number alone."""
    advice = script.advice[Level.EMERGENCY]
    if state.announced:
        return advice.brief
    said = advice.soft if state.assessment.soft else advice.plain
    first = len(advice.brief)
    risk = (lines.TELL_THEM,) if state.session.risk else ()
    return (*said[:first], *state.assessment.reasons, *risk, *said[first:])


def offers_tips(session: Session, assessment: Assessment) -> bool:
    """Whether to offer tips: not during a cramp, nor to a user who must get care tonight."""
    return session.cramp is Cramp.GONE and assessment.level < Level.URGENT
