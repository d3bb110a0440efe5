"""What the user says, and where it leads: danger first, then answers, then everything else."""

from __future__ import annotations

from typing import Final, assert_never

from voice.content.interpret import Understood, understand
from voice.content.script import (
    READ_BACK,
    STEADY,
    UNKNOWN_WORD,
    Answer,
    Command,
    GrammarKey,
    Level,
    LineKey,
    Meaning,
    Part,
    QuestionKey,
    Script,
    Statement,
)
from voice.dialogue import line_keys as lines
from voice.dialogue import triage
from voice.dialogue.actions import EraseDiary
from voice.dialogue.changing import replace
from voice.dialogue.danger_signs import (
    certain,
    confirmation_heard,
    signs_heard,
)
from voice.dialogue.diary import Course, Readable, Summary
from voice.dialogue.diary_notes import ASKED_OF_DIARY, diary_asked, with_leg
from voice.dialogue.emergency import tell_again
from voice.dialogue.events import SpeechHeard, WakeHeard
from voice.dialogue.global_commands import (
    VOICE_COMMANDS,
    again,
    answer_to,
    changed_voice,
    global_heard,
    leave,
)
from voice.dialogue.no_input import on_no_match, still_open, take_back
from voice.dialogue.red_flag_check import (
    FAINT,
    advice_heard,
    answer_heard,
    ask_rest,
    check_answered,
    conclude,
    offer_unanswered,
    rest_answered,
)
from voice.dialogue.state_prompts import Context, prompt_of
from voice.dialogue.states import (
    Advising,
    AskingCanStand,
    AskingIfGone,
    AskingRedFlag,
    AskingWhichThigh,
    Asleep,
    Awake,
    ConfirmingSign,
    Conversing,
    Cramp,
    Emergency,
    Holding,
    Instructing,
    MayStand,
    OfferingCheck,
    OfferingRest,
    OpenFloor,
    Paused,
    Session,
    StandingQuestion,
    TakenNo,
    with_session,
)
from voice.dialogue.stretching import (
    PARTS,
    ask_which_thigh,
    begin_bedtime,
    begin_long_relief,
    begin_relief,
    cramp_gone,
    exercise_heard,
    leg_heard,
    relief_heard,
    standing_heard,
)
from voice.dialogue.transition import Stay, Step
from voice.dialogue.voice_status import VoiceStatus

AMBULANCE: Final = QuestionKey("ambulance")

_RATES: Final = frozenset({Command.SLOWER, Command.FASTER})
_LEAVES: Final = frozenset({Command.STOP, Command.GOODBYE, Command.DONE})
_POSITIONS: Final = frozenset({Command.THIGH_FRONT, Command.THIGH_BACK})

# Asleep ------------------------------------------------------------------------------------


def wake_heard(context: Context, state: Asleep, event: WakeHeard) -> Step:
    """Handle a wake phrase. A command in the same breath is obeyed if it is complete."""
    understood = understand(context.script.grammars[GrammarKey.WAKE], event.words)
    present = understood is not None and not event.uncalled
    course = Course(event.at_s, owes_word=_owes_word(event.diary))
    session = new_session(context.script, state, course, present=present)
    step = _woken(context, state, session, understood, event)
    # In an emergency the number comes first.
    earlier = () if event.uncalled or isinstance(step.state, Emergency) else _earlier(session)
    return replace(step, preface=(*earlier, *step.preface), chime=True)


def _woken(
    context: Context,
    state: Asleep,
    session: Session,
    understood: Understood | None,
    event: WakeHeard,
) -> Step:
    if session.carried is Level.EMERGENCY:
        return conclude(session, aside=True)
    begun = begin_relief(session, Part.CALF, state.turn_id, event.at_s)
    if understood is None:
        return begun
    if understood.signs:
        return _sign_on_waking(context, session, begun, understood, uncalled=event.uncalled)
    if event.uncalled:
        # A call for help without a wake phrase. It may come from a film, so ask.
        return Step(ConfirmingSign(_quiet(session), AMBULANCE, None), lines.CANNOT_PHONE)
    if not understood.whole and not _tells_enough(understood, event.words):
        return begun
    session = with_leg(context.script, session, understood.meaning, event.words)
    return _obeyed_on_waking(context, state, session, understood.meaning, event) or begun


def _tells_enough(understood: Understood, words: str) -> bool:
    """Whether a sentence that is not understood throughout is answered after a call.

    It is if it names a topic and a recogniser could tell every word, or if the cramp has lasted.
    """
    if understood.meaning is Command.LASTING:
        return True
    return isinstance(understood.meaning, str) and UNKNOWN_WORD not in words.split()


def new_session(script: Script, state: Asleep, course: Course, *, present: bool) -> Session:
    """A new session, starting from the memory of the night."""
    night = state.night.at(course.called_at_s)
    watched = state.watch.alarm if state.watch is not None else None
    return Session(
        triage.begin(script),
        night=night,
        carried=night.level,
        alarm=watched,
        may_stand=MayStand.NO if night.no_standing else MayStand.UNKNOWN,
        # A user who is being watched has spoken before, even if this call was false.
        present=present or state.watch is not None,
        rest_waiting=night.rest_waiting,
        advised=night.level,
        course=course,
    )


def _quiet(session: Session) -> Session:
    """The session of a user who mentions no cramp. A session being watched goes on."""
    return session if session.alarm is not None else replace(session, cramp=Cramp.GONE)


def _earlier(session: Session) -> tuple[LineKey, ...]:
    """The first line for a user who was asked earlier in the night to get urgent care."""
    return (lines.earlier_line(session.carried),) if session.carried is Level.URGENT else ()


def _owes_word(diary: Summary) -> bool:
    return diary.readable is Readable.YES and not diary.spoken_of


def _sign_on_waking(
    context: Context, session: Session, begun: Step, understood: Understood, *, uncalled: bool
) -> Step:
    """A danger sign with the wake phrase, or by itself: handle it before the first stretch."""
    if uncalled:
        # No wake phrase: it may have been said in a film next door, so ask.
        return Step(ConfirmingSign(_quiet(session), understood.signs[0], None))
    back = begun.state
    assert isinstance(back, Instructing)  # noqa: S101 - begin_relief gives no other state
    step = signs_heard(context.script, back, understood.signs, doubtful=not understood.whole)
    assert step is not None  # noqa: S101 - nothing was denied yet
    return replace(step, before=(*begun.before, *step.before))


def _obeyed_on_waking(
    context: Context, state: Asleep, session: Session, meaning: Meaning, event: WakeHeard
) -> Step | None:
    """Obey a request in the same breath as the wake phrase; None if there is none."""
    turn_id, at_s = state.turn_id, event.at_s
    if isinstance(meaning, str):
        answer = answer_to(context.script, meaning, session.carried)
        return Step(OpenFloor(_quiet(session), answer=answer), answer)
    if meaning in ASKED_OF_DIARY:
        return diary_asked(_quiet(session), meaning, event.diary)
    match meaning:
        case Command.BEDTIME_STRETCH if session.carried is Level.URGENT:
            # It may be a clot, so there is no bedtime stretch.
            return Step(OpenFloor(_quiet(session)))
        case Command.BEDTIME_STRETCH:
            return begin_bedtime(session)
        case Command.OTHER_QUESTIONS:
            return ask_rest(_quiet(session))
        case Command.CAN_YOU_HEAR_ME:
            said = lines.status_lines(event.voice_status)
            return Step(replace(state, watch=state.watch), said)
        case Command.REPEAT if context.script.advice[session.carried].brief:
            return Step(OpenFloor(_quiet(session)), context.script.advice[session.carried].brief)
        case Command.GOODBYE | Command.NO_CRAMP | Command.DONE:
            # Keep watching over the user: they did not say that a cramp is gone.
            return Step(replace(state, watch=state.watch), (lines.GOOD_NIGHT,))
        case Command.CALL_SOMEBODY:
            return begin_relief(session, Part.CALF, turn_id, at_s, *lines.CANNOT_PHONE)
        case Command.AFRAID:
            return begin_relief(session, Part.CALF, turn_id, at_s, lines.WITH_YOU)
        case Command() if meaning in VOICE_COMMANDS:
            refusal = _only_one(meaning, event.voice_status)
            begun = begin_relief(session, Part.CALF, turn_id, at_s, *refusal)
            return begun if refusal else changed_voice(begun, meaning)
        case _:
            return _cramp_on_waking(session, meaning, turn_id, at_s)


def _cramp_on_waking(session: Session, meaning: Meaning, turn_id: int, at_s: float) -> Step | None:
    """Handle what is said of the cramp in the same breath as the wake phrase."""
    match meaning:
        case Command.GONE:
            had_one = replace(session, course=session.course.with_cramp(at_s))
            return cramp_gone(had_one, turn_id, at_s)
        case Command.LASTING:
            return begin_long_relief(session, Part.CALF, turn_id, at_s)
        case Command.RISK:
            told = replace(session, risk=True)
            return begin_relief(told, Part.CALF, turn_id, at_s, lines.TELL_THEM)
        case Command.THIGH:
            return ask_which_thigh(session, turn_id, at_s)
        case Command.CALF | Command.THIGH_FRONT | Command.THIGH_BACK | Command.FOOT:
            return begin_relief(session, PARTS[meaning], turn_id, at_s)
        case Command.OTHER_LEG | Command.BOTH_LEGS | Command.LEFT_LEG | Command.RIGHT_LEG:
            begun = begin_relief(session, Part.CALF, turn_id, at_s)
            assert isinstance(begun.state, Instructing)  # noqa: S101 - as above
            step = leg_heard(begun.state, meaning, turn_id, at_s)
            return replace(step, before=(*begun.before, *step.before), restarts=False)
        case _:
            return None


# Awake -------------------------------------------------------------------------------------


def speech_heard(context: Context, state: Awake, event: SpeechHeard) -> Step | Stay:
    """Handle words in the grammar; None if they change nothing here."""
    grammar = context.script.grammars[prompt_of(state, context).grammar]
    understood = understand(grammar, event.words, _asked(state))
    if isinstance(state, Emergency):
        return _in_emergency(state, understood)
    taken = still_open(state, event.began_at_s)
    if taken is not None and not (understood and understood.signs):
        meaning = _as_said_to(taken, understood)
        if meaning is taken.said:
            return Stay(state)  # the same word once more
        step = _corrected(context, state, taken, meaning, plain=_is_plain(understood, event))
        if step is not None:
            return step
    state = with_session(state, replace(state.session, present=True, taken_no=None))
    if understood is None:
        return on_no_match(context, state, event.at_s)
    state = with_session(state, replace(state.session, other_talk=None))
    if not understood.whole and _needs_the_whole(understood.meaning, state):
        return on_no_match(context, state, event.at_s)
    doubtful = event.doubtful or not understood.whole
    if understood.signs:
        step = signs_heard(context.script, state, understood.signs, doubtful=doubtful)
        return step or on_no_match(context, state, event.at_s)
    return _understood(context, state, understood.meaning, event, doubtful=doubtful)


def _understood(
    context: Context, state: Conversing, meaning: Meaning, event: SpeechHeard, *, doubtful: bool
) -> Step | Stay:
    if meaning is Command.CAN_YOU_HEAR_ME:
        return again(state, event.at_s, *lines.status_lines(event.voice_status))
    refusal = _only_one(meaning, event.voice_status)
    if refusal:
        return again(state, event.at_s, *refusal)
    if meaning in ASKED_OF_DIARY:
        return diary_asked(state.session, meaning, event.diary)
    state = with_session(state, with_leg(context.script, state.session, meaning, event.words))
    step = _to_the_point(context, state, meaning, event.at_s, doubtful=doubtful)
    if step is None and _denies_again(state, meaning):
        step = again(state, event.at_s)
    if step is None:
        step = global_heard(context, state, meaning, event.at_s)
    if step is None:
        return on_no_match(context, state, event.at_s)
    return step


def _denies_again(state: Conversing, meaning: Meaning) -> bool:
    """Whether a sign that was denied before is denied once more, beside another question."""
    if not isinstance(state, AskingRedFlag | ConfirmingSign) or not isinstance(meaning, Statement):
        return False
    findings = state.session.screening.findings
    return meaning.answer is Answer.NO and any(
        f.question == meaning.question and f.answer is Answer.NO for f in findings
    )


def _only_one(meaning: Meaning, status: VoiceStatus) -> tuple[LineKey, ...]:
    """What to say if a request cannot be met, since there is only one voice, or one rate."""
    if meaning is Command.ANOTHER_VOICE and not status.other_voice:
        return (lines.ONLY_VOICE,)
    if meaning in _RATES and not status.other_rates:
        return (lines.ONLY_RATE,)
    return ()


def _needs_the_whole(meaning: Meaning, state: Conversing) -> bool:
    """Whether a phrase may mean something else as part of a longer sentence."""
    if meaning in _LEAVES:  # "make it stop"; but in an exercise, even half a stop is obeyed
        return not isinstance(state, Instructing | Holding | Paused)
    if meaning is Command.LASTING:  # "it's been swollen for hours"
        return isinstance(state, AskingRedFlag | ConfirmingSign)
    return meaning in _POSITIONS and not isinstance(state, AskingWhichThigh)  # "I'm on my back"


def _asked(state: Awake) -> QuestionKey | None:
    """The question that its own words would answer now."""
    match state:
        case AskingRedFlag():
            return READ_BACK if state.reading_back else state.question
        case ConfirmingSign():
            return state.sign
        case AskingCanStand():
            return FAINT if state.about is StandingQuestion.FAINT else STEADY
        case _:
            return None


def _to_the_point(
    context: Context, state: Conversing, meaning: Meaning, at_s: float, *, doubtful: bool
) -> Step | None:
    """Handle an answer to what the state asks; None for everything else."""
    match state:
        case Instructing() | Holding() | Paused():
            return exercise_heard(context, state, meaning, at_s, doubtful=doubtful)
        case AskingIfGone():
            return relief_heard(context, state, meaning, at_s, doubtful=doubtful)
        case AskingWhichThigh():
            return None
        case OpenFloor(erasing=True) if isinstance(meaning, Answer):
            return _erasing_answered(state, meaning, doubtful=doubtful)
        case OpenFloor():
            return _floor_taken(context, state, meaning, at_s)
        case AskingRedFlag(reading_back=True) if meaning == Statement(state.question, Answer.NO):
            return answer_heard(context.script, state, Answer.YES, at_s, doubtful=doubtful)
        case OfferingRest() if isinstance(meaning, Statement) and meaning.answer is Answer.NO:
            return rest_answered(state, Answer.NO)  # "I'm fine"
        case _ if isinstance(meaning, Answer):
            return _answered(context, state, meaning, at_s, doubtful=doubtful)
        case _:
            return None


def _answered(
    context: Context,
    state: AskingCanStand
    | AskingRedFlag
    | ConfirmingSign
    | OfferingRest
    | OfferingCheck
    | Advising,
    answer: Answer,
    at_s: float,
    *,
    doubtful: bool,
) -> Step:
    match state:
        case AskingCanStand():
            faint = state.about is StandingQuestion.FAINT
            if faint and answer in (Answer.YES, Answer.UNSURE):
                return certain(context.script, state, (FAINT,), answer)
            return standing_heard(context, state, answer, doubtful=doubtful)
        case AskingRedFlag():
            return answer_heard(context.script, state, answer, at_s, doubtful=doubtful)
        case ConfirmingSign():
            return confirmation_heard(context.script, state, answer, at_s, doubtful=doubtful)
        case OfferingRest():
            return rest_answered(state, answer)
        case OfferingCheck():
            return check_answered(state, answer)
        case Advising():
            return advice_heard(state, context.script, answer)
        case _:
            assert_never(state)


def _floor_taken(context: Context, state: OpenFloor, meaning: Meaning, at_s: float) -> Step | None:
    """Handle what the user says on the open floor: something else, no, or a remaining cramp."""
    match meaning:
        case Command.NOT_GONE:
            return begin_relief(
                state.session, state.session.part, state.turn_id, at_s, restarts=True
            )
        case Answer.NO | Statement(answer=Answer.NO):  # "I'm fine"
            return global_heard(context, state, Command.GOODBYE, at_s)
        case Answer():
            return global_heard(context, state, Command.HELP, at_s)
        case _:
            return None


def _erasing_answered(state: OpenFloor, answer: Answer, *, doubtful: bool) -> Step:
    """Erase the diary? Only a plain yes does. This conversation is then not kept, either."""
    match answer:
        case Answer.YES if not doubtful:
            course = replace(state.session.course, kept=False)
            forgotten = OpenFloor(replace(state.session, course=course))
            return Step(forgotten, (lines.DIARY_ERASED,), (EraseDiary(),))
        case Answer.YES | Answer.UNCLEAR:
            return offer_unanswered(state, silent=False)
        case Answer.NO | Answer.UNSURE:
            return Step(OpenFloor(state.session), (lines.DIARY_STAYS,))
        case _:
            assert_never(answer)


def _in_emergency(state: Emergency, understood: Understood | None) -> Step | Stay:
    """Only the number matters in an emergency; stop and goodbye end it."""
    meaning = None if understood is None else understood.meaning
    whole = understood is not None and understood.whole
    match meaning:
        case Command.STOP | Command.GOODBYE | Command.DONE if not whole:
            return Stay(state)  # "it won't stop": only a plain stop ends an emergency
        case Command.STOP | Command.GOODBYE | Command.DONE:
            return leave(state, Command.GOODBYE)
        case Command.LOUDER | Command.QUIETER | Command.SLOWER | Command.FASTER:
            return changed_voice(tell_again(state), meaning)
        case Command():
            return tell_again(state)
        case _:
            return Stay(state)


# Withdrawing a no ---------------------------------------------------------------------------


def _as_said_to(taken: TakenNo, understood: Understood | None) -> Meaning | None:
    """The speech as an answer to the question just left."""
    meaning = None if understood is None else understood.meaning
    if isinstance(meaning, Statement) and meaning.question == taken.question:
        return meaning.answer
    return meaning


def _is_plain(understood: Understood | None, event: SpeechHeard) -> bool:
    return understood is not None and understood.whole and not event.doubtful


def _corrected(
    context: Context, state: Conversing, taken: TakenNo, meaning: Meaning | None, *, plain: bool
) -> Step | None:
    """Speech that belongs to the question just left: it withdraws the no, or overrides it.

    None if it is about something else.
    """
    match meaning:
        case Answer.YES | Answer.UNSURE if plain and taken.said is Answer.NO:
            return certain(context.script, state, (taken.question,), meaning)
        case None | Answer() | Command.PAUSE | Command.REPEAT | Command.EXPLAIN:
            return take_back(state, taken)
        case _:
            return None
