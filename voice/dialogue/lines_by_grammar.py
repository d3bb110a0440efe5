"""For the linter: which lines may be said before or while Charley listens with each grammar.

The dialogue itself does not use this table; a test walks the dialogue and checks the table against
everything that was said on the way.
"""

from __future__ import annotations

from collections.abc import Mapping

from voice.content.script import GrammarKey, Level, LineKey, Script
from voice.dialogue import line_keys as lines
from voice.dialogue.hold import required_lines


def said_under(script: Script) -> Mapping[GrammarKey, frozenset[LineKey]]:
    """For each grammar, the lines that a microphone may hear while listening for it."""
    ladder_steps = [*script.bedtime, *(s for ladder in script.ladders.values() for s in ladder)]
    exercises = {key for step in ladder_steps for key in step.lines}
    answers = {key for topic in script.topics.values() for key in topic.lines}
    asked = {key for q in script.questions for key in (q.ask, q.explain, q.read_back)}
    asked |= {q.ask_leg for q in script.questions if q.ask_leg is not None}
    reasons = {key for q in script.questions for key in (q.reason, q.reason_unsure)}
    reasons |= {lines.STILL_THERE}
    advice = {level: _advice(script, level) for level in Level}
    brief = {key for level in Level for key in script.advice[level].brief}
    legs = {lines.OTHER_LEG, lines.BOTH_LEGS, lines.LEFT_LEG, lines.RIGHT_LEG}
    earlier = {lines.EARLIER_DOCTOR, lines.EARLIER_URGENT, lines.EARLIER_EMERGENCY}
    aside = {lines.VOICE_CHANGED, lines.ONLY_VOICE, lines.ONLY_RATE, lines.TELL_THEM}
    aside |= {*lines.CANNOT_PHONE, lines.WITH_YOU, *script.reach.values()}
    awake = answers | aside | lines.STATUS | {lines.TEN_MINUTES, lines.LONG_CRAMP}
    question = awake | {
        lines.NOT_UNDERSTOOD,
        lines.NOT_HEARD,
        lines.TAKE_YOUR_TIME,
        lines.DANGER_UNSURE,
        lines.FAINT_FIRST,
        lines.STAY_DOWN,
    }
    diary = set(lines.counted_lines()) | lines.TOLD_BY_DIARY
    of_the_dialogue: dict[GrammarKey, set[LineKey]] = {
        GrammarKey.WAKE: {
            lines.ALL_RIGHT_QUIET,
            lines.GOOD_NIGHT,
            lines.EARLIER_URGENT,
            lines.QUIET_NOW,
            lines.QUIET_STILL,
            lines.STAY_NEAR,
            lines.STOPPED_CHECK,
            lines.CHANGE_CLOT,
            lines.OTHER_TALK,
            lines.DANGER_UNSURE,
            lines.FAINT_FIRST,
            lines.TEN_MINUTES,
            lines.BEDTIME_DONE,
            lines.HOLD_OVER,
            lines.DIARY_KEPT,
        }
        | brief
        | lines.STATUS,
        GrammarKey.STRETCH: question
        | exercises
        | legs
        | brief
        | earlier
        | {
            lines.GET_READY,
            lines.WHICH_THIGH,
            lines.HOLD_OVER,
            lines.STAY_WITH_IT,
            lines.EASE_OFF,
        },
        GrammarKey.HOLD: awake
        | exercises
        | set(required_lines())
        | {
            lines.HOLD_STARTS,
            lines.ADDED_THIRTY,
            lines.EASE_OFF,
            lines.CARRYING_ON,
            lines.KEEP_GOING,
            lines.HOLD_HINT,
        },
        GrammarKey.PAUSED: question
        | set(required_lines())
        | advice[Level.URGENT]
        | {lines.PAUSED, lines.ADDED_THIRTY, lines.BACK_AGAIN},
        GrammarKey.RELIEF: question | advice[Level.URGENT] | {lines.ASK_RELIEF, lines.BACK_AGAIN},
        GrammarKey.ANSWER: question
        | asked
        | earlier
        | {
            lines.ASK_FAINT_NOW,
            lines.ASK_STEADY,
            lines.NOW_QUESTIONS,
            lines.WELL_DONE,
            lines.STAY_WITH_IT,
            lines.EASE_OFF,
            lines.FIRST_QUESTION,
            lines.NOT_DONE,
            lines.ASK_ONCE_MORE,
        },
        GrammarKey.OFFER: question
        | reasons
        | earlier
        | advice[Level.NO_URGENT_SIGN_HEARD]
        | advice[Level.SEE_A_DOCTOR]
        | advice[Level.URGENT]
        | {
            lines.OFFER_TIPS,
            lines.OFFER_AGAIN,
            lines.OFFER_REST,
            lines.OFFER_CHECK,
            lines.BACK_AGAIN,
            lines.NOT_HEARD_CHECK,
            lines.WELL_DONE,
            lines.NOW_QUESTIONS,
            lines.HOLD_OVER,
            lines.BEDTIME_DONE,
        },
        GrammarKey.OPEN: question
        | diary
        | earlier
        | set(script.tips)
        | brief
        | {lines.ANYTHING_ELSE, lines.REST_CLEAR},
        GrammarKey.EMERGENCY: reasons
        | advice[Level.EMERGENCY]
        | {lines.EARLIER_EMERGENCY, lines.TELL_THEM},
    }
    helped: dict[GrammarKey, set[LineKey]] = {key: {lines.help_line(key)} for key in lines.HELPED}
    return {
        grammar: frozenset(keys | helped.get(grammar, set()) | lines.NOTICES)
        for grammar, keys in of_the_dialogue.items()
    }


def _advice(script: Script, level: Level) -> set[LineKey]:
    advice = script.advice[level]
    return {*advice.plain, *advice.soft, *advice.clot, *advice.partial, *advice.brief}
