"""Which lines may be said before or during which listening: for the linter of prompts.

The dialogue itself does not use this table; a test walks the dialogue and holds
the table to all that was said on the way.
"""

from __future__ import annotations

from collections.abc import Mapping

from voice.content.script import DANGER_SIGNS, GrammarKey, Level, LineKey, Script
from voice.dialogue import line_keys as lines
from voice.dialogue.hold import required_lines


def said_under(script: Script) -> Mapping[GrammarKey, frozenset[LineKey]]:
    """For each grammar the lines that may be heard by a microphone that listens for it."""
    rungs = [*script.bedtime, *(rung for ladder in script.ladders.values() for rung in ladder)]
    exercises = {key for rung in rungs for key in rung.lines}
    answers = {key for topic in script.topics.values() for key in topic.lines}
    asked = {key for q in script.questions for key in (q.ask, q.read_back)}
    reasons = {key for q in script.questions for key in (q.reason, q.reason_unsure)}
    advice = {level: {*script.advice[level].plain, *script.advice[level].soft} for level in Level}
    everywhere = {lines.VOICE_CHANGED, lines.TEN_MINUTES, lines.NOT_UNDERSTOOD, lines.NOT_HEARD}
    everywhere |= {lines.DANGER_UNSURE, lines.FAINT_FIRST}
    confirmations = {lines.confirm_line(sign) for sign in DANGER_SIGNS}
    of_the_dialogue = {
        GrammarKey.WAKE: frozenset(
            {lines.ALL_RIGHT_QUIET, lines.GOOD_NIGHT, lines.QUIET_NOW, lines.QUIET_STILL}
            | {lines.STAY_NEAR, lines.STOPPED_CHECK, lines.CHANGE_CLOT, lines.TEN_MINUTES}
            | {lines.BEDTIME_DONE, lines.HOLD_OVER, lines.STAY_DOWN}
            | lines.CONDITION
        ),
        GrammarKey.STRETCH: frozenset(
            answers
            | exercises
            | everywhere
            | {lines.GET_READY, lines.WHICH_THIGH, lines.HOLD_OVER, lines.STAY_WITH_IT}
            | {lines.STAY_DOWN, lines.EASE_OFF, lines.help_line(GrammarKey.STRETCH)}
        ),
        GrammarKey.HOLD: frozenset(
            answers
            | exercises
            | {lines.HOLD_STARTS, lines.ADDED_THIRTY, lines.EASE_OFF, lines.CARRYING_ON}
            | {lines.VOICE_CHANGED, lines.TEN_MINUTES, lines.help_line(GrammarKey.HOLD)}
            | set(required_lines())
        ),
        GrammarKey.PAUSED: frozenset(
            answers
            | everywhere
            | set(required_lines())
            | {lines.PAUSED, lines.ADDED_THIRTY, lines.help_line(GrammarKey.PAUSED)}
        ),
        GrammarKey.RELIEF: frozenset(
            answers
            | everywhere
            | {lines.ASK_RELIEF, lines.HOLD_OVER, lines.help_line(GrammarKey.RELIEF)}
        ),
        GrammarKey.ANSWER: frozenset(
            answers
            | asked
            | everywhere
            | confirmations
            | {lines.ASK_FAINT_NOW, lines.ASK_STEADY, lines.NOW_QUESTIONS, lines.WELL_DONE}
            | {lines.STAY_WITH_IT, lines.STAY_DOWN, lines.EASE_OFF, lines.FIRST_QUESTION}
            | {lines.help_line(GrammarKey.ANSWER)}
        ),
        GrammarKey.OFFER: frozenset(
            answers
            | reasons
            | everywhere
            | advice[Level.NO_RED_FLAG_HEARD]
            | advice[Level.SEE_A_DOCTOR]
            | advice[Level.URGENT]
            | set(script.aftercare)
            | {lines.OFFER_TIPS, lines.OFFER_AGAIN, lines.NOT_HEARD_CHECK}
            | {lines.help_line(GrammarKey.OFFER)}
        ),
        GrammarKey.OPEN: frozenset(
            answers
            | reasons
            | everywhere
            | advice[Level.EMERGENCY]
            | set(script.tips)
            | lines.CONDITION
            | {lines.ANYTHING_ELSE, lines.NOT_HEARD_CHECK}
            | {lines.help_line(GrammarKey.OPEN)}
        ),
    }
    return {grammar: keys | lines.NOTICES for grammar, keys in of_the_dialogue.items()}
