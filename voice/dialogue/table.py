"""Which event may meet which state, and where each may lead: the machine on one screen.

The state diagram of the README is drawn from :data:`ARROWS`
(``charley prompts diagram``), and the tests hold the machine to it: every pair
that is not here raises DialogueError and changes nothing.
"""

from __future__ import annotations

from typing import Final

from voice.dialogue.states import (
    Advising,
    AskingDanger,
    AskingFooting,
    AskingRelief,
    AskingThigh,
    Asleep,
    Attending,
    Checking,
    ConfirmingDanger,
    Emergency,
    Holding,
    Instructing,
    Paused,
    State,
)
from voice.events import (
    AlarmRang,
    Event,
    HoldFinished,
    SilenceHeard,
    SpeechHeard,
    SpeechUnclear,
    UtteranceFinished,
    WakeHeard,
)

_State = type[State]
_Event = type[Event]
_States = frozenset[_State]

_STRETCHES: Final[_States] = frozenset({Instructing, Holding, Paused})
_ASK_RELIEF: Final[_States] = frozenset({AskingThigh, AskingRelief, AskingFooting})
_OUTCOMES: Final[_States] = frozenset({Advising, Emergency})
_DANGER: Final[_States] = frozenset({ConfirmingDanger, AskingDanger, Emergency})
_LADDER: Final[_States] = frozenset({Instructing, AskingFooting, Checking}) | _OUTCOMES

AWAKE: Final[_States] = (
    _STRETCHES | _ASK_RELIEF | _OUTCOMES | _DANGER | frozenset({Checking, Attending})
)

_SPEECH: Final[dict[_State, _States]] = {
    # Everywhere: a danger sign, goodbye, and staying where one is. Beyond that:
    Instructing: _STRETCHES | _ASK_RELIEF | {Checking},
    Holding: _STRETCHES | _ASK_RELIEF | {Checking},
    Paused: _STRETCHES | _ASK_RELIEF | {Checking},
    AskingThigh: _STRETCHES | {AskingRelief, Checking},
    AskingRelief: _LADDER | {AskingThigh},
    AskingFooting: _LADDER,
    Checking: frozenset({Checking}) | _OUTCOMES,
    ConfirmingDanger: AWAKE,
    AskingDanger: AWAKE,
    Advising: frozenset({Attending, Instructing, AskingThigh}),
    Emergency: frozenset({Instructing, AskingThigh}),
    Attending: frozenset({Instructing, AskingThigh}),
}

_IN_VAIN: Final[dict[_State, _States]] = {
    # Unclear speech, or silence where there is a limit to patience.
    Instructing: frozenset(),
    Holding: frozenset(),
    Paused: frozenset({AskingRelief, Asleep}),
    AskingThigh: frozenset({Instructing}),
    AskingRelief: _LADDER | {Asleep},
    AskingFooting: _LADDER,
    Checking: frozenset({Checking}) | _OUTCOMES,
    ConfirmingDanger: AWAKE,
    AskingDanger: AWAKE | {Asleep},
    Advising: frozenset({Asleep}),
    Emergency: frozenset({Asleep}),
    Attending: frozenset({Asleep}),
}

_WAITS_FOR_EVER: Final[_States] = frozenset({Instructing, Holding})


def _arrows() -> dict[tuple[_State, _Event], _States]:
    arrows: dict[tuple[_State, _Event], _States] = {
        (Asleep, WakeHeard): frozenset({Instructing, AskingThigh, AskingDanger, Emergency})
        | {ConfirmingDanger, Asleep},
        (Asleep, UtteranceFinished): frozenset({Asleep}),
        (Asleep, AlarmRang): frozenset({Asleep}),
        (Instructing, UtteranceFinished): frozenset({Holding}),
        (Holding, HoldFinished): frozenset({AskingRelief, Instructing, Asleep}),
    }
    for state in AWAKE:
        itself: _States = frozenset({state})
        arrows[state, SpeechHeard] = _SPEECH[state] | _DANGER | {Asleep} | itself
        arrows[state, SpeechUnclear] = _IN_VAIN[state] | itself
        arrows[state, AlarmRang] = itself
        arrows.setdefault((state, UtteranceFinished), itself)
        if state not in _WAITS_FOR_EVER:
            arrows[state, SilenceHeard] = _IN_VAIN[state] | itself
    # A hold is no utterance, so none can end in it.
    del arrows[Holding, UtteranceFinished]
    return arrows


ARROWS: Final = _arrows()
"""(state, event) -> where it may lead. A pair that is not here is illegal."""
