"""Turns a conversation into its diary entry, and the diary into answers. Pure."""

from __future__ import annotations

from typing import Final

from voice.content.interpret import side_named
from voice.content.script import Answer, Command, Level, LineKey, Meaning, QuestionKey, Script
from voice.dialogue import line_keys as lines
from voice.dialogue.changing import replace
from voice.dialogue.diary import Ending, Entry, Readable, Summary
from voice.dialogue.events import Event, SilenceHeard, SpeechUnclear
from voice.dialogue.state_prompts import Context
from voice.dialogue.states import (
    Advising,
    AskingWhichThigh,
    Awake,
    Bedtime,
    Emergency,
    Holding,
    OfferingRest,
    OpenFloor,
    Relief,
    Session,
    State,
)
from voice.dialogue.transition import Step

ASKED_OF_DIARY: Final = frozenset(
    {Command.DIARY_COUNT, Command.DIARY_LAST, Command.DIARY_TREND, Command.DIARY_ERASE}
)

_NAMES_A_LEG: Final = frozenset(
    {
        *(Command.CALF, Command.THIGH, Command.THIGH_FRONT, Command.THIGH_BACK, Command.FOOT),
        *(Command.LEFT_LEG, Command.RIGHT_LEG, Command.BOTH_LEGS, Command.OTHER_LEG),
        Command.ANOTHER_CRAMP,
    }
)

_GRAVER: Final = (Answer.NO, Answer.UNSURE, Answer.YES)
"""From least to most grave. An unclear answer is no answer, so it is not kept."""


# Entries -------------------------------------------------------------------------------------


_UNREADABLE: Final = {
    Readable.OFF: lines.DIARY_OFF,
    Readable.NO: lines.DIARY_SHUT,
    Readable.UNDATED: lines.DIARY_UNDATED,
}
"""What to say when the diary can tell nothing."""


def noted(context: Context, state: Awake, session: Session) -> Session:
    """The session, with its course updated for the state being entered."""
    course = session.course
    match state:
        case Holding(exercise=Relief()):
            course = course.with_step(context.ladder_step(state.exercise).key)
        case Holding(exercise=Bedtime()):
            course = replace(course, bedtime=True)
        case Advising() | Emergency():
            course = course.with_level(state.assessment.level)
        case _:
            return session
    return replace(session, course=course)


def with_advice(session: Session, level: Level | None) -> Session:
    """The session, with advice of this level noted as given; unchanged if None."""
    if level is None:
        return session
    return replace(session, course=session.course.with_level(level))


def with_leg(script: Script, session: Session, meaning: Meaning, words: str) -> Session:
    """The session, with the leg noted that was named along with a muscle or a cramp."""
    side = side_named(script, words) if meaning in _NAMES_A_LEG else None
    return session if side is None else replace(session, course=session.course.with_side(side))


def entry_of(session: Session, *, part_unknown: bool = False) -> Entry | None:
    """The entry for a conversation so far; None while there is nothing to keep.

    A false wake that the user did not follow up is nothing to keep, nor is a question about pills.
    """
    course = session.course
    if not session.present or not course.kept:
        return None
    entry = Entry(
        cramp=course.cramp_at_s is not None,
        bedtime=course.bedtime,
        part=None if course.cramp_at_s is None or part_unknown else session.part,
        side=None if course.cramp_at_s is None else course.side,
        relief_s=course.relief_s,
        steps=course.steps,
        level=course.level,
        answers=_answers(session),
    )
    signs = any(answer is not Answer.NO for _, answer in entry.answers)
    something = entry.cramp or entry.bedtime or entry.level is not None or signs
    return entry if something else None


def entry_in(state: Awake) -> Entry | None:
    """The entry for the conversation in this state."""
    return entry_of(state.session, part_unknown=isinstance(state, AskingWhichThigh))


def _answers(session: Session) -> tuple[tuple[QuestionKey, Answer], ...]:
    screening = session.heard
    gravest: dict[QuestionKey, Answer] = {}
    for finding in screening.findings:
        # A no that was withdrawn and not given again does not count.
        stands = finding.answer is not Answer.NO or finding.question in screening.asked
        if finding.answer in _GRAVER and stands:
            before = gravest.get(finding.question, finding.answer)
            gravest[finding.question] = max(before, finding.answer, key=_GRAVER.index)
    return tuple(gravest.items())


def ending_of(state: State, event: Event | None) -> Ending:
    """How a conversation ended: it was in ``state``, and ``event`` ended it."""
    match state, event:
        case Emergency(), _:
            return Ending.EMERGENCY
        case ((Advising() | OfferingRest() | OpenFloor() | Holding(exercise=Bedtime())), _):
            return Ending.FINISHED
        case _, SpeechUnclear():
            return Ending.OTHER_TALK
        case _, SilenceHeard():
            return Ending.SILENT
        case _:
            return Ending.STOPPED


def owed_word(left: Session, ending: Ending) -> bool:
    """Whether to mention the diary now, once: only if all was said and nothing is urgent."""
    calm = left.course.level is None or left.course.level < Level.URGENT
    return left.course.owes_word and ending is Ending.FINISHED and calm


# Answers -------------------------------------------------------------------------------------


def answered(summary: Summary, asked: Command) -> tuple[LineKey, ...]:
    """The diary's answer to a question: counts and times, and not a word on what they mean.

    ``asked`` is any of :data:`ASKED_OF_DIARY` except the request to erase it.
    """
    if summary.readable is not Readable.YES:
        return (_UNREADABLE[summary.readable],)
    lately = (lines.DIARY_LATELY, lines.cramps_line(summary.lately))
    match asked:
        case Command.DIARY_COUNT:
            return lately
        case Command.DIARY_TREND:
            before = (lines.DIARY_BEFORE, lines.cramps_line(summary.before))
            return (*lately, *before, lines.DIARY_ASK_DOCTOR)
        case _:
            return (lines.last_cramp_line(summary.last_ago_s, summary.last_nights),)


def diary_asked(session: Session, asked: Command, summary: Summary) -> Step:
    """Answer a request to the diary, then open the floor. Erasing is confirmed first."""
    if asked is not Command.DIARY_ERASE:
        told = answered(summary, asked)
        return Step(OpenFloor(session, answer=told), told)
    match summary.readable:
        case Readable.OFF:
            return Step(OpenFloor(session), (lines.DIARY_OFF,))
        case Readable.YES | Readable.UNDATED if summary.writable:
            return Step(OpenFloor(session, erasing=True))
        case _:
            return Step(OpenFloor(session), (lines.DIARY_SHUT,))
