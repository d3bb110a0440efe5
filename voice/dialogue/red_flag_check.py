"""The red-flag questions, and the advice that follows from them.

Questions are asked one at a time: in the round of questions, or aside from another state
(``back``), in which case only what a sign leads to is asked.
"""

from __future__ import annotations

from typing import Final, assert_never

from voice.content.script import Answer, Level, LineKey, QuestionKey, Script, Stage
from voice.dialogue import line_keys as lines
from voice.dialogue.changing import replace
from voice.dialogue.ladder import safe_exercise
from voice.dialogue.state_prompts import offers_tips
from voice.dialogue.states import (
    Advising,
    AskingCanStand,
    AskingIfGone,
    AskingRedFlag,
    AskingWhichThigh,
    Bedtime,
    Cramp,
    Emergency,
    Holding,
    Instructing,
    MayStand,
    OfferingCheck,
    OfferingRest,
    OpenFloor,
    Paused,
    Resumable,
    Session,
    SetAside,
    TakenNo,
    Tries,
    with_session,
)
from voice.dialogue.transition import Step, sleep
from voice.dialogue.triage import Assessment

FAINT: Final = QuestionKey("faint")
"""The question about faintness; users who may be faint are kept off their feet."""

ATTEMPTS: Final = 2
"""After this many unclear or silent turns a question counts as unclear, never as a no."""

SILENT_QUESTIONS: Final = 2
"""Stop asking after this many questions in a row without any sound."""


# Asking ----------------------------------------------------------------------------------


def begin_check(session: Session, *preface: LineKey) -> Step:
    """Ask the first question that is still open, or go straight to the advice."""
    return ask_next(session, *preface, lines.NOW_QUESTIONS)


def ask_next(session: Session, *preface: LineKey, silent: int = 0) -> Step:
    """Ask the next question of the round, then offer the rest, then advise."""
    question = session.screening.next_question()
    if question is not None:
        return Step(AskingRedFlag(session, question.key, silent=silent), preface)
    if _offers_rest(session):
        return Step(OfferingRest(session), preface)
    return conclude(session)


def _offers_rest(session: Session) -> bool:
    """Whether to offer the questions that can wait: only if nothing is more pressing."""
    return (
        session.screening.may_ask_later()
        and session.cramp is Cramp.GONE
        and session.reached is Level.NO_URGENT_SIGN_HEARD
        and not session.rest_waiting
    )


def offer_rest(session: Session, *preface: LineKey) -> Step:
    """Offer the questions that were skipped on another night."""
    return Step(OfferingRest(session), preface)


def ask_rest(session: Session, *preface: LineKey) -> Step:
    """Ask the questions that can wait: after those that cannot, or on their own."""
    begun = session.screening.stages if session.screening.findings else frozenset[Stage]()
    screening = replace(session.screening, stages=begun | {Stage.LATER})
    return ask_next(replace(session, screening=screening, rest_waiting=False), *preface)


def check_answered(state: OfferingCheck, answer: Answer) -> Step:
    """Handle the answer to the offer to resume the questions.

    Anything but a yes leaves them unfinished, which is never passed off as all well.
    """
    if answer is Answer.YES:
        return begin_check(state.session)
    return leave_check(state.session)


def check_unanswered(state: OfferingCheck, *, silent: bool) -> Step:
    """No answer to the offer to resume the questions: reprompt once, then leave them."""
    vain = state.tries.vain + 1
    if vain < ATTEMPTS:
        said = lines.NOT_HEARD if silent else lines.NOT_UNDERSTOOD
        return Step(replace(state, tries=Tries(vain)), (said,))
    return leave_check(state.session)


def leave_check(session: Session) -> Step:
    """Leave the questions unfinished. "If it swells" would weaken the advice to go tonight."""
    later = () if session.reached >= Level.URGENT else (lines.CHANGE_CLOT,)
    return sleep(session, lines.STOPPED_CHECK, *later)


def rest_answered(state: OfferingRest, answer: Answer) -> Step:
    """Handle the answer to the offer of the rest. Anything but a yes skips it."""
    if answer is Answer.YES:
        return ask_rest(state.session)
    return _pass_rest_by(state.session)


def rest_unanswered(state: OfferingRest, *, silent: bool) -> Step:
    """No-input or no-match to the offer of the rest: it waits for another time."""
    vain = state.tries.vain + 1
    if not silent and vain < ATTEMPTS:
        return Step(replace(state, tries=Tries(vain)), (lines.NOT_UNDERSTOOD,))
    return _pass_rest_by(state.session)


def _pass_rest_by(session: Session) -> Step:
    waiting = replace(session, rest_waiting=True)
    if session.screening.findings:
        return conclude(waiting)
    return sleep(waiting, lines.GOOD_NIGHT)


# Answers ---------------------------------------------------------------------------------


def answer_heard(
    script: Script, state: AskingRedFlag, answer: Answer, at_s: float, *, doubtful: bool
) -> Step:
    """Handle the answer to a red-flag question, or to the read-back of a no."""
    if state.reading_back:
        return _read_back_heard(script, state, answer, at_s, doubtful=doubtful)
    if answer is Answer.NO and doubtful:
        return Step(replace(state, reading_back=True, tries=replace(state.tries, waiting=False)))
    return _settle(script, state, answer, TakenNo(state.question, Answer.NO, at_s))


def _read_back_heard(
    script: Script, state: AskingRedFlag, answer: Answer, at_s: float, *, doubtful: bool
) -> Step:
    match answer:
        case Answer.YES if not doubtful:
            return _settle(script, state, Answer.NO, TakenNo(state.question, Answer.YES, at_s))
        case Answer.UNSURE:
            return _settle(script, state, Answer.UNSURE)
        case Answer.YES | Answer.NO | Answer.UNCLEAR:
            return question_unanswered(script, replace(state, reading_back=False), silent=False)
        case _:
            assert_never(answer)


def question_unanswered(script: Script, state: AskingRedFlag, *, silent: bool) -> Step:
    """No-input or no-match: reprompt once, then record the answer as unclear."""
    vain = state.tries.vain + 1
    if vain < ATTEMPTS:
        tries = replace(state.tries, vain=vain, waiting=False)
        again = replace(state, tries=tries, reading_back=False)
        return Step(again, (lines.NOT_HEARD if silent else lines.NOT_UNDERSTOOD,))
    if silent and state.silent + 1 >= SILENT_QUESTIONS and state.back is None:
        session = recorded(state.session, state.question, Answer.UNCLEAR, silent=True)
        return conclude(session, lines.NOT_HEARD_CHECK)
    return _settle(script, state, Answer.UNCLEAR, silent=state.silent + 1 if silent else 0)


def _settle(
    script: Script,
    state: AskingRedFlag,
    answer: Answer,
    taken_no: TakenNo | None = None,
    silent: int = 0,
) -> Step:
    """Record an answer and go on: aside, back, or with the next question of the round."""
    session = recorded(state.session, state.question, answer, silent=silent > 0)
    if answer is Answer.NO:
        session = replace(session, taken_no=taken_no)
    preface = () if silent else _at_once(state.question, answer)
    if state.back is not None:
        return ask_aside(script, session, state.back, *preface)
    return ask_next(session, *preface, silent=silent)


def _at_once(question: QuestionKey, answer: Answer) -> tuple[LineKey, ...]:
    """What to tell a user who may be faint, before anything else."""
    return (lines.FAINT_FIRST,) if question == FAINT and answer is not Answer.NO else ()


def recorded(
    session: Session, question: QuestionKey, answer: Answer, *, silent: bool = False
) -> Session:
    """The session with an answer recorded. Possible faintness keeps the user off their feet."""
    faint = question == FAINT and answer is not Answer.NO
    return replace(
        session,
        screening=session.screening.record(question, answer, silent=silent),
        may_stand=MayStand.NO if faint else session.may_stand,
        taken_no=None,
    )


def go_back_question(state: AskingRedFlag) -> Step:
    """Ask the previous question again. Its earlier answer still counts."""
    asked = state.session.screening.asked
    if not asked or state.back is not None:
        return Step(replace(state, tries=Tries(), reading_back=False), (lines.FIRST_QUESTION,))
    session = replace(state.session, screening=state.session.screening.go_back())
    return Step(AskingRedFlag(session, asked[-1]))


# Aside, and back again ---------------------------------------------------------------------


def ask_aside(script: Script, session: Session, back: Resumable, *preface: LineKey) -> Step:
    """Ask what a sign leads to, one question at a time; then return to where it was mentioned."""
    if session.screening.worst is Level.EMERGENCY:
        return conclude(session)
    if isinstance(back, AskingRedFlag | OfferingCheck):
        return ask_next(session, *preface)
    question = session.screening.next_question(aside=True)
    if question is not None:
        return Step(AskingRedFlag(session, question.key, back), preface)
    return _go_back(script, session, back, *preface)


def _go_back(script: Script, session: Session, back: SetAside, *preface: LineKey) -> Step:
    """Return to where the sign was heard, as it was, as far as that is still safe."""
    worse = session.heard.worst > back.session.heard.worst
    match back:
        case OfferingRest() | Advising() | OpenFloor():
            if worse or _is_to_ask(session):
                return _conclude_aside(session, *preface)
            return Step(with_session(back, session), preface)
        case _ if session.heard.worst >= Level.URGENT:
            # Do not stretch a leg with a clot sign, or after a fall, unless the user asks.
            return _conclude_aside(session, *preface)
        case AskingWhichThigh() | AskingIfGone():
            return Step(replace(back, session=session, tries=Tries()), preface)
        case Instructing() | Holding() | Paused() if worse and isinstance(back.exercise, Bedtime):
            # Nothing hurts, so there is no hurry to resume.
            return _conclude_aside(session, *preface)
        case Instructing() | Holding() | Paused() | AskingCanStand():
            exercise = safe_exercise(script, session, back.exercise)
            if exercise != back.exercise and lines.STAY_DOWN not in preface:
                preface = (*preface, lines.STAY_DOWN)
            if isinstance(back, Paused):
                return Step(replace(back, session=session, exercise=exercise), preface)
            # A hold interrupted by the questions is explained and counted from the start again.
            return Step(Instructing(session, exercise), preface)
        case _:
            assert_never(back)


def _conclude_aside(session: Session, *preface: LineKey) -> Step:
    """Advise at once, unless a possible sign still has to be asked about."""
    if _is_to_ask(session):
        return ask_next(session, *preface)
    return conclude(session, *preface, aside=True)


def _is_to_ask(session: Session) -> bool:
    """Whether there is a possible sign that has not been asked about."""
    return any(key not in session.screening.asked for key in session.screening.suspected)


# Advice ----------------------------------------------------------------------------------


def conclude(session: Session, *preface: LineKey, aside: bool = False) -> Step:
    """Advise on what was heard. What was not asked counts as unclear."""
    assessment = assess(session, aside=aside)
    if assessment.level is Level.EMERGENCY:
        # Nothing is said before the number.
        return Step(Emergency(session, assessment))
    rest_alone = session.screening.stages == {Stage.LATER}
    if rest_alone and assessment.level is Level.NO_URGENT_SIGN_HEARD:
        return Step(OpenFloor(session), (*preface, lines.REST_CLEAR))
    return Step(Advising(session, assessment), preface)


def assess(session: Session, *, aside: bool = False) -> Assessment:
    """The assessment of a session: its answers, its cramp, and the level earlier that night."""
    found = session.screening.assessment(aside=aside)
    level, reasons = found.level, found.reasons
    if session.cramp is not Cramp.GONE and max(level, session.carried) < Level.EMERGENCY:
        level = max(level, Level.SEE_A_DOCTOR)
        if session.cramp is Cramp.STILL or not aside:
            reasons = (lines.STILL_THERE, *reasons)
    if session.carried > found.level:
        level = max(level, session.carried)
        reasons = (*reasons, lines.earlier_line(session.carried))
    raised = level > found.level
    return replace(found, level=level, reasons=reasons, soft=found.soft and not raised)


def advice_heard(state: Advising, script: Script, answer: Answer) -> Step:
    """Give tips if wanted, or repeat the advice for a user who must get care tonight."""
    if answer is not Answer.YES:
        return sleep(state.session, last_word(state))
    if offers_tips(state.session, state.assessment):
        return Step(OpenFloor(state.session, answer=script.tips), script.tips)
    return Step(replace(state, announced=False, tries=Tries()))


def offer_unanswered(state: Advising | OpenFloor, *, silent: bool) -> Step:
    """No-input or no-match: an offer that is not taken up ends the conversation."""
    vain = state.tries.vain + 1
    if not silent and vain < ATTEMPTS:
        tries = Tries(vain)
        if isinstance(state, Advising):
            return Step(replace(state, announced=True, tries=tries), (lines.NOT_UNDERSTOOD,))
        return Step(replace(state, tries=tries), (lines.NOT_UNDERSTOOD,))
    if isinstance(state, OpenFloor) and state.erasing:
        # Nobody said yes.
        return Step(OpenFloor(state.session), (lines.DIARY_STAYS,))
    return sleep(state.session, last_word(state))


def last_word(state: Advising | OpenFloor) -> LineKey:
    """The last line after the advice; it depends on whether the user is well."""
    if isinstance(state, Advising) and state.assessment.level >= Level.URGENT:
        return lines.STAY_NEAR
    if state.session.cramp is not Cramp.GONE:
        return quiet_line(state.session)
    return lines.GOOD_NIGHT


def quiet_line(session: Session) -> LineKey:
    """The last line for a user with a cramp: it names the ten minutes until they are up."""
    return lines.QUIET_STILL if session.alarm is not None else lines.ALL_RIGHT_QUIET
