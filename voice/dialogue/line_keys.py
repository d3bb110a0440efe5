"""The lines that the dialogue says of its own accord, by key.

The words are content; only the keys stand here. A script that lacks one of
them is refused before the first word is said (:func:`check_lines`).
"""

from __future__ import annotations

from typing import Final

from voice.content.script import DANGER_SIGNS, Command, GrammarKey, LineKey, QuestionKey, Script
from voice.dialogue.hold import required_lines
from voice.dialogue.voice_status import Change, Condition, Ear
from voice.errors import ContentError

GET_READY: Final = LineKey("get_ready")
HOLD_STARTS: Final = LineKey("hold_starts")
HOLD_OVER: Final = LineKey("hold_over")
ADDED_THIRTY: Final = LineKey("added_thirty")
EASE_OFF: Final = LineKey("ease_off")
PAUSED: Final = LineKey("paused")
CARRYING_ON: Final = LineKey("carrying_on")
WELL_DONE: Final = LineKey("well_done")
WHICH_THIGH: Final = LineKey("which_thigh")
ASK_RELIEF: Final = LineKey("ask_relief")
STAY_WITH_IT: Final = LineKey("stay_with_it")
NOW_QUESTIONS: Final = LineKey("now_questions")
TEN_MINUTES: Final = LineKey("ten_minutes")
ASK_FAINT_NOW: Final = LineKey("ask_faint_now")
ASK_STEADY: Final = LineKey("ask_steady")
STAY_DOWN: Final = LineKey("stay_down")
FAINT_FIRST: Final = LineKey("faint_first")
DANGER_UNSURE: Final = LineKey("danger_unsure")
STOPPED_CHECK: Final = LineKey("stopped_check")
NOT_HEARD_CHECK: Final = LineKey("not_heard_check")
CHANGE_CLOT: Final = LineKey("change_clot")
OFFER_TIPS: Final = LineKey("offer_tips")
OFFER_AGAIN: Final = LineKey("offer_again")
ANYTHING_ELSE: Final = LineKey("anything_else")
GOOD_NIGHT: Final = LineKey("good_night")
ALL_RIGHT_QUIET: Final = LineKey("all_right_quiet")
QUIET_NOW: Final = LineKey("quiet_now")
QUIET_STILL: Final = LineKey("quiet_still")
STAY_NEAR: Final = LineKey("stay_near")
I_HEAR_YOU: Final = LineKey("i_hear_you")
HEAR_CLIPPED: Final = LineKey("hear_clipped")
HEAR_LOUD_ROOM: Final = LineKey("hear_loud_room")
HEAR_SOFT_VOICE: Final = LineKey("hear_soft_voice")
SPEAK_AS_USUAL: Final = LineKey("speak_as_usual")
SPEAK_SOFTLY: Final = LineKey("speak_softly")
SPEAK_LOUDLY: Final = LineKey("speak_loudly")
SPEAK_SLOWLY: Final = LineKey("speak_slowly")
SPEAK_FAST: Final = LineKey("speak_fast")
BEDTIME_DONE: Final = LineKey("bedtime_done")
VOICE_CHANGED: Final = LineKey("voice_changed")
NOT_UNDERSTOOD: Final = LineKey("not_understood")
NOT_HEARD: Final = LineKey("not_heard")
FIRST_QUESTION: Final = LineKey("first_question")
CANNOT_HEAR: Final = LineKey("cannot_hear")
ONLY_SILENCE: Final = LineKey("only_silence")
HEAR_YOU_NOW: Final = LineKey("hear_you_now")
WAS_AWAY: Final = LineKey("was_away")
RECORDING: Final = LineKey("recording")

NOTICES: Final = frozenset({CANNOT_HEAR, ONLY_SILENCE, HEAR_YOU_NOW, WAS_AWAY, RECORDING})
"""Said about Charley itself, by whoever pumps the events: in any state, and changing none."""

_FIXED: Final = tuple(v for k, v in list(globals().items()) if k.isupper() and isinstance(v, str))


_EARS: Final = {
    Ear.CLIPPED: HEAR_CLIPPED,
    Ear.LOUD_ROOM: HEAR_LOUD_ROOM,
    Ear.SOFT_VOICE: HEAR_SOFT_VOICE,
}
_VOLUME: Final = {Change.LESS: SPEAK_SOFTLY, Change.MORE: SPEAK_LOUDLY}
_RATE: Final = {Change.LESS: SPEAK_SLOWLY, Change.MORE: SPEAK_FAST}

CONDITION: Final = frozenset(
    {I_HEAR_YOU, SPEAK_AS_USUAL, *_EARS.values(), *_VOLUME.values(), *_RATE.values()}
)
"""All that may answer "can you hear me?"."""


def condition_lines(condition: Condition) -> tuple[LineKey, ...]:
    """The answer to "can you hear me?": how the words came in, and how Charley speaks."""
    changed = (_VOLUME.get(condition.volume), _RATE.get(condition.rate))
    voice = tuple(line for line in changed if line is not None)
    return (_EARS.get(condition.ear, I_HEAR_YOU), *(voice or (SPEAK_AS_USUAL,)))


def help_line(grammar: GrammarKey) -> LineKey:
    """The line that tells what can be said under a grammar."""
    return LineKey(f"help_{grammar.value}")


def confirm_line(sign: Command) -> LineKey:
    """The line that asks whether a danger sign was really said."""
    return LineKey(f"confirm_{sign.value}")


def danger_question(sign: Command) -> QuestionKey:
    """The red-flag question that a danger sign answers with yes."""
    return QuestionKey(sign.value)


def check_lines(script: Script) -> None:
    """Raise ContentError for a line or question that the dialogue needs and the script lacks."""
    needed = [*_FIXED, *required_lines()]
    needed += [help_line(grammar) for grammar in GrammarKey if grammar is not GrammarKey.WAKE]
    needed += [confirm_line(sign) for sign in DANGER_SIGNS]
    missing = [f"the line {key!r}" for key in needed if key not in script.lines]
    asked = {question.key for question in script.questions}
    missing += [
        f"the question {danger_question(sign)!r}"
        for sign in sorted(DANGER_SIGNS, key=lambda s: s.value)
        if danger_question(sign) not in asked
    ]
    if missing:
        raise ContentError(
            f"prompts/{script.language}: {', '.join(missing)} is not there",
            remedy="Write it, under that key.",
        )
