"""Which event may meet which state, and where each may lead: the machine on one screen.

The state diagram of the README is drawn from :data:`ARROWS`
(``charley prompts diagram``), and the tests hold the machine to it: every pair
that is not here raises DialogueError and changes nothing.
"""

from __future__ import annotations

from typing import Final

from voice.dialogue.events import (
    AlarmRang,
    Event,
    HoldFinished,
    SilenceHeard,
    SpeechHeard,
    SpeechUnclear,
    UtteranceFinished,
    WakeHeard,
)
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

_State = type[State]
_Event = type[Event]
_States = frozenset[_State]

_ON_THE_WAY: Final[_States] = frozenset({Instructing, Holding, Paused})
_OUTCOMES: Final[_States] = frozenset({Advising, Emergency})
_DANGER: Final[_States] = frozenset({ConfirmingDanger, AskingDanger, Emergency})
_LADDER: Final[_States] = frozenset({Instructing, AskingFooting, Checking})
_NEW_CRAMP: Final[_States] = frozenset({Instructing, AskingThigh})

# Where a danger sign may have been heard. A hold that was broken off for it is
# explained anew, and a check goes on.
_ASIDE: Final[_States] = _LADDER | {Paused, AskingThigh, AskingRelief, Attending, Emergency}

_SPEECH: Final[dict[_State, _States]] = {
    # Everywhere: a danger sign, goodbye, and staying where one is. Beyond that:
    Instructing: _ON_THE_WAY | {AskingThigh, AskingRelief, Checking},
    Holding: _ON_THE_WAY | {AskingThigh, AskingRelief, Checking},
    Paused: _ON_THE_WAY | {AskingRelief, Checking},
    AskingThigh: frozenset({Instructing}),
    AskingRelief: _LADDER | {AskingThigh},
    AskingFooting: frozenset({Instructing}),
    Checking: _OUTCOMES,
    ConfirmingDanger: _ASIDE | {Advising},
    AskingDanger: frozenset({Instructing, AskingThigh, AskingRelief, Checking})
    | {Advising, Attending},
    Advising: frozenset({Attending, Instructing}),
    Emergency: _NEW_CRAMP,
    Attending: _NEW_CRAMP,
}

_UNCLEAR: Final[dict[_State, _States]] = {
    AskingThigh: frozenset({Instructing}),
    AskingRelief: _LADDER,
    AskingFooting: frozenset({Instructing}),
    Checking: _OUTCOMES,
    ConfirmingDanger: _ASIDE,
    AskingDanger: frozenset({Emergency}),
    Advising: frozenset({Asleep}),
    Attending: frozenset({Asleep}),
}

_SILENCE: Final[dict[_State, _States]] = {
    **_UNCLEAR,
    Paused: frozenset({AskingRelief, Asleep}),
    AskingRelief: _LADDER | {Asleep},
    Emergency: frozenset({Asleep}),
}
"""No row for the states that wait for ever."""

AWAKE: Final[_States] = frozenset(_SPEECH)


def _arrows() -> dict[tuple[_State, _Event], _States]:
    arrows: dict[tuple[_State, _Event], _States] = {
        (Asleep, WakeHeard): _NEW_CRAMP | _DANGER | {Attending, Asleep},
        (Asleep, UtteranceFinished): frozenset({Asleep}),
        (Asleep, AlarmRang): frozenset({Asleep}),
        (Instructing, UtteranceFinished): frozenset({Holding}),
        (Holding, HoldFinished): frozenset({AskingRelief, Instructing, Asleep}),
    }
    for state, ends in _SPEECH.items():
        itself: _States = frozenset({state})
        arrows[state, SpeechHeard] = ends | _DANGER | {Asleep} | itself
        arrows[state, SpeechUnclear] = _UNCLEAR.get(state, frozenset()) | itself
        arrows[state, AlarmRang] = itself
        if state in _SILENCE:
            arrows[state, SilenceHeard] = _SILENCE[state] | itself
        if state is not Holding:  # a hold is no utterance, so none can end in it
            arrows.setdefault((state, UtteranceFinished), itself)
    return arrows


ARROWS: Final = _arrows()
"""(state, event) -> where it may lead. A pair that is not here is illegal."""
