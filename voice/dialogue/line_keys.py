"""The lines that the dialogue itself says, by key.

The words are content; this file holds only the keys. A script that lacks one of them is
refused before the first word is said (:func:`check_lines`).
"""

from __future__ import annotations

from typing import Final

from voice.content.script import Command, GrammarKey, Level, LineKey, Script
from voice.dialogue.hold import required_lines
from voice.dialogue.voice_status import Change, SignalQuality, VoiceStatus
from voice.errors import ContentError

GET_READY: Final = LineKey("get_ready")
HOLD_STARTS: Final = LineKey("hold_starts")
HOLD_OVER: Final = LineKey("hold_over")
ADDED_THIRTY: Final = LineKey("added_thirty")
KEEP_GOING: Final = LineKey("keep_going")
EASE_OFF: Final = LineKey("ease_off")
HOLD_HINT: Final = LineKey("hold_hint")
PAUSED: Final = LineKey("paused")
CARRYING_ON: Final = LineKey("carrying_on")
WELL_DONE: Final = LineKey("well_done")
WHICH_THIGH: Final = LineKey("which_thigh")
OTHER_LEG: Final = LineKey("other_leg")
BOTH_LEGS: Final = LineKey("both_legs")
LEFT_LEG: Final = LineKey("left_leg")
RIGHT_LEG: Final = LineKey("right_leg")
ASK_RELIEF: Final = LineKey("ask_relief")
STAY_WITH_IT: Final = LineKey("stay_with_it")
STILL_THERE: Final = LineKey("still_there")
NOW_QUESTIONS: Final = LineKey("now_questions")
TEN_MINUTES: Final = LineKey("ten_minutes")
LONG_CRAMP: Final = LineKey("long_cramp")
ASK_FAINT_NOW: Final = LineKey("ask_faint_now")
ASK_STEADY: Final = LineKey("ask_steady")
STAY_DOWN: Final = LineKey("stay_down")
FAINT_FIRST: Final = LineKey("faint_first")
DANGER_UNSURE: Final = LineKey("danger_unsure")
CANT_PHONE: Final = LineKey("cannot_phone")
WAKE_SOMEBODY: Final = LineKey("wake_somebody")
TELL_THEM: Final = LineKey("tell_them")
WITH_YOU: Final = LineKey("with_you")
STOPPED_CHECK: Final = LineKey("stopped_check")
NOT_HEARD_CHECK: Final = LineKey("not_heard_check")
CHANGE_CLOT: Final = LineKey("change_clot")
CHANGE_TEN_MINUTES: Final = LineKey("change_ten_minutes")
OTHER_TALK: Final = LineKey("other_talk")
NOT_DONE: Final = LineKey("not_done")
TAKE_YOUR_TIME: Final = LineKey("take_your_time")
ASK_ONCE_MORE: Final = LineKey("ask_once_more")
OFFER_REST: Final = LineKey("offer_rest")
REST_CLEAR: Final = LineKey("rest_clear")
EARLIER_DOCTOR: Final = LineKey("earlier_doctor")
EARLIER_URGENT: Final = LineKey("earlier_urgent")
EARLIER_EMERGENCY: Final = LineKey("earlier_emergency")
OFFER_CHECK: Final = LineKey("offer_check")
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
ONLY_VOICE: Final = LineKey("only_voice")
ONLY_RATE: Final = LineKey("only_rate")
NOT_UNDERSTOOD: Final = LineKey("not_understood")
NOT_HEARD: Final = LineKey("not_heard")
FIRST_QUESTION: Final = LineKey("first_question")
CANNOT_HEAR: Final = LineKey("cannot_hear")
ONLY_SILENCE: Final = LineKey("only_silence")
HEAR_YOU_NOW: Final = LineKey("hear_you_now")
WAS_AWAY: Final = LineKey("was_away")
BACK_AGAIN: Final = LineKey("back_again")
RECORDING: Final = LineKey("recording")
DIARY_KEPT: Final = LineKey("diary_kept")
DIARY_OFF: Final = LineKey("diary_off")
DIARY_SHUT: Final = LineKey("diary_shut")
DIARY_UNDATED: Final = LineKey("diary_undated")
DIARY_LATELY: Final = LineKey("diary_lately")
DIARY_BEFORE: Final = LineKey("diary_before")
DIARY_ASK_DOCTOR: Final = LineKey("diary_ask_doctor")
DIARY_ERASE_ASK: Final = LineKey("diary_erase_ask")
DIARY_ERASED: Final = LineKey("diary_erased")
DIARY_STAYS: Final = LineKey("diary_stays")
CRAMPS_MORE: Final = LineKey("cramps_more")
LAST_NONE: Final = LineKey("last_none")
LAST_HOUR: Final = LineKey("last_hour")
LAST_HOURS: Final = LineKey("last_hours")
LAST_DAY: Final = LineKey("last_day")
LAST_MONTHS: Final = LineKey("last_months")

NOTICES: Final = frozenset({CANNOT_HEAR, ONLY_SILENCE, HEAR_YOU_NOW, WAS_AWAY, RECORDING})
"""Said about Charley itself, by the application, in any state and without changing it."""

TOLD_BY_DIARY: Final = frozenset(
    {
        *(DIARY_OFF, DIARY_SHUT, DIARY_UNDATED, DIARY_LATELY, DIARY_BEFORE, DIARY_ASK_DOCTOR),
        *(DIARY_ERASE_ASK, DIARY_ERASED, DIARY_STAYS),
        *(CRAMPS_MORE, LAST_NONE, LAST_HOUR, LAST_HOURS, LAST_DAY, LAST_MONTHS),
    }
)
"""Every answer of the diary, apart from the counts."""

_FIXED: Final = tuple(v for k, v in list(globals().items()) if k.isupper() and isinstance(v, str))


MOST_CRAMPS: Final = 30
"""The highest number of cramps that Charley gives exactly."""

MOST_NIGHTS: Final = 13
"""Charley counts in nights up to this many; beyond that, in weeks."""

MOST_WEEKS: Final = 8

HELPED: Final = tuple(g for g in GrammarKey if g not in (GrammarKey.WAKE, GrammarKey.EMERGENCY))
"""Grammars where "help" lists what can be said; in an emergency the number is the help."""

CANNOT_PHONE: Final = (CANT_PHONE, WAKE_SOMEBODY)
"""The answer to a call for help: what Charley cannot do, and what the user can."""

_LEGS: Final = {
    Command.OTHER_LEG: OTHER_LEG,
    Command.BOTH_LEGS: BOTH_LEGS,
    Command.LEFT_LEG: LEFT_LEG,
    Command.RIGHT_LEG: RIGHT_LEG,
}

_EARLIER: Final = {
    Level.SEE_A_DOCTOR: EARLIER_DOCTOR,
    Level.URGENT: EARLIER_URGENT,
    Level.EMERGENCY: EARLIER_EMERGENCY,
}

_EARS: Final = {
    SignalQuality.CLIPPED: HEAR_CLIPPED,
    SignalQuality.LOUD_ROOM: HEAR_LOUD_ROOM,
    SignalQuality.SOFT_VOICE: HEAR_SOFT_VOICE,
}
_VOLUME: Final = {Change.LESS: SPEAK_SOFTLY, Change.MORE: SPEAK_LOUDLY}
_RATE: Final = {Change.LESS: SPEAK_SLOWLY, Change.MORE: SPEAK_FAST}

STATUS: Final = frozenset(
    {I_HEAR_YOU, SPEAK_AS_USUAL, *_EARS.values(), *_VOLUME.values(), *_RATE.values()}
)
"""All possible answers to "can you hear me?"."""


def status_lines(voice_status: VoiceStatus) -> tuple[LineKey, ...]:
    """The answer to "can you hear me?": the signal quality, and how Charley speaks."""
    changed = (_VOLUME.get(voice_status.volume), _RATE.get(voice_status.rate))
    voice = tuple(line for line in changed if line is not None)
    return (_EARS.get(voice_status.signal_quality, I_HEAR_YOU), *(voice or (SPEAK_AS_USUAL,)))


def cramps_line(count: int) -> LineKey:
    """The line that states a number of cramps."""
    return LineKey(f"cramps_{count}") if count <= MOST_CRAMPS else CRAMPS_MORE


def last_cramp_line(ago_s: float | None, nights: int) -> LineKey:
    """The line that says when the last cramp was; ``ago_s`` is None if there was none."""
    weeks = round(nights / 7)
    if ago_s is None:
        return LAST_NONE
    if ago_s < 12 * 3600.0:
        return LAST_HOUR if ago_s < 3600.0 else LAST_HOURS
    if nights < 1:
        return LAST_DAY
    if nights <= MOST_NIGHTS:
        return LineKey(f"last_nights_{nights}")
    return LineKey(f"last_weeks_{weeks}") if weeks <= MOST_WEEKS else LAST_MONTHS


def counted_lines() -> tuple[LineKey, ...]:
    """Every diary line that states a number of cramps, nights or weeks."""
    return (
        *(LineKey(f"cramps_{count}") for count in range(MOST_CRAMPS + 1)),
        *(LineKey(f"last_nights_{nights}") for nights in range(1, MOST_NIGHTS + 1)),
        *(LineKey(f"last_weeks_{weeks}") for weeks in range(2, MOST_WEEKS + 1)),
    )


def help_line(grammar: GrammarKey) -> LineKey:
    """The line that explains what can be said under a grammar."""
    return LineKey(f"help_{grammar.value}")


def leg_line(leg: Command) -> LineKey:
    """The line that begins another leg. Raises KeyError for a command that names no leg."""
    return _LEGS[leg]


def earlier_line(level: Level) -> LineKey:
    """The line that says what was advised earlier in the night. Raises KeyError for the lowest."""
    return _EARLIER[level]


def check_lines(script: Script) -> None:
    """Raise ContentError if the script lacks a line or question that the dialogue needs."""
    needed = [*_FIXED, *required_lines(), *counted_lines()]
    needed += [help_line(grammar) for grammar in HELPED]
    missing = [f"the line {key!r}" for key in needed if key not in script.lines]
    asked = {question.key for question in script.questions}
    missing += [f"the question {key!r}" for key in ("faint", "ambulance") if key not in asked]
    if missing:
        raise ContentError(
            f"prompts/{script.language}: {', '.join(missing)} is missing",
            remedy="Add it under that key.",
        )
