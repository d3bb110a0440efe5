"""Which events are legal in which state, and where each may lead: the machine on one screen.

The state diagram of the README is drawn from :data:`ARROWS` (``charley prompts diagram``), and the
tests hold the machine to the table: every pair missing from it raises DialogueError and changes
nothing.
"""

from __future__ import annotations

from typing import Final

from voice.dialogue.events import (
    AlarmRang,
    Event,
    HoldFinished,
    Resumed,
    SilenceHeard,
    SpeechHeard,
    SpeechUnclear,
    UtteranceFinished,
    WakeHeard,
)
from voice.dialogue.states import (
    Advising,
    AskingCanStand,
    AskingIfGone,
    AskingRedFlag,
    AskingWhichThigh,
    Asleep,
    ConfirmingSign,
    Emergency,
    Holding,
    Instructing,
    OfferingCheck,
    OfferingRest,
    OpenFloor,
    Paused,
    State,
)

_State = type[State]
_Event = type[Event]
_States = frozenset[_State]

_EXERCISE: Final[_States] = frozenset({Instructing, Holding, Paused})
_SIGN: Final[_States] = frozenset({ConfirmingSign, AskingRedFlag, Emergency})
_NEW_CRAMP: Final[_States] = frozenset({Instructing, AskingWhichThigh})
_LADDER: Final[_States] = frozenset({Instructing, AskingCanStand, AskingRedFlag})
_OUTCOMES: Final[_States] = frozenset({OfferingRest, Advising, Emergency})

# Where a danger sign may be mentioned, and what may follow. A hold interrupted for one is explained
# again.
_ASIDE: Final[_States] = frozenset(
    {Instructing, Paused, AskingWhichThigh, AskingIfGone, AskingRedFlag}
) | {OfferingRest, Advising, Emergency, OpenFloor}

_SPEECH: Final[dict[_State, _States]] = {
    # A danger sign, another cramp and goodbye are possible everywhere but in an emergency. Besides:
    Instructing: _EXERCISE | {AskingIfGone, OfferingRest, Advising, OpenFloor},
    Holding: _EXERCISE | {AskingIfGone, OfferingRest, Advising, OpenFloor},
    Paused: _EXERCISE | {AskingIfGone, OfferingRest, Advising, OpenFloor},
    AskingWhichThigh: frozenset({Advising}),
    AskingIfGone: _LADDER | {OfferingRest, Advising, OpenFloor},
    AskingCanStand: frozenset(),
    AskingRedFlag: _ASIDE,
    ConfirmingSign: _ASIDE,
    OfferingRest: _OUTCOMES,
    OfferingCheck: frozenset(),
    Advising: frozenset({OpenFloor}),
    Emergency: frozenset(),
    OpenFloor: frozenset({Advising}),
}

_UNCLEAR: Final[dict[_State, _States]] = {
    Instructing: frozenset(),
    Holding: frozenset(),
    Paused: frozenset({Asleep}),
    AskingWhichThigh: frozenset({Instructing}),
    AskingIfGone: _LADDER,
    AskingCanStand: frozenset({Instructing}),
    AskingRedFlag: (_ASIDE - {OpenFloor}) | {Asleep},
    ConfirmingSign: (_ASIDE - {OfferingRest, Advising, Emergency, OpenFloor}) | {Asleep},
    OfferingRest: frozenset({Advising, Asleep}),
    OfferingCheck: frozenset({Asleep}),
    Advising: frozenset({Asleep}),
    Emergency: frozenset(),
    OpenFloor: frozenset({Asleep}),
}

_SILENCE: Final[dict[_State, _States]] = {
    **{state: ends for state, ends in _UNCLEAR.items() if state not in (Instructing, Holding)},
    Paused: frozenset({AskingIfGone, Asleep}),
    AskingIfGone: _LADDER | {Asleep},
    AskingRedFlag: _UNCLEAR[AskingRedFlag] - {Asleep},
}
"""No row for the states that wait for ever."""

_UNASKED: Final[dict[_State, _States]] = {
    state: frozenset({AskingWhichThigh})
    for state in (
        *(Paused, AskingCanStand, AskingRedFlag, ConfirmingSign),
        *(OfferingRest, OfferingCheck, Advising),
    )
}
"""States that do not listen for a muscle, so none leads to the question about the thigh."""

AWAKE: Final[_States] = frozenset(_SPEECH)


def _arrows() -> dict[tuple[_State, _Event], _States]:
    arrows: dict[tuple[_State, _Event], _States] = {
        (Asleep, WakeHeard): _NEW_CRAMP | _SIGN | {OpenFloor, Asleep},
        (Asleep, Resumed): frozenset({AskingIfGone, Paused, OfferingCheck, Emergency}),
        (Asleep, UtteranceFinished): frozenset({Asleep}),
        (Asleep, AlarmRang): frozenset({Asleep}),
        (Instructing, UtteranceFinished): frozenset({Holding}),
        (Holding, HoldFinished): frozenset({AskingIfGone, Instructing, OfferingRest, Asleep}),
    }
    for state, ends in _SPEECH.items():
        itself: _States = frozenset({state})
        said = ends | itself
        if state is not Emergency:
            said |= _SIGN | (_NEW_CRAMP - _UNASKED.get(state, frozenset()))
        arrows[state, SpeechHeard] = said | {Asleep}
        arrows[state, SpeechUnclear] = _UNCLEAR[state] | itself
        arrows[state, AlarmRang] = itself | ({Asleep} if state is Emergency else frozenset())
        if state in _SILENCE:
            arrows[state, SilenceHeard] = _SILENCE[state] | itself
        if state is not Holding:  # a hold is not an utterance, so none can end in it
            arrows.setdefault((state, UtteranceFinished), itself)
    return arrows


ARROWS: Final = _arrows()
"""(state, event) -> where it may lead. A pair that is missing is illegal."""
