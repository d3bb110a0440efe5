"""An emergency: the number is repeated on a timer, and no stretch can follow.

It ends on "stop", on "goodbye", or once the number has been said :data:`TELLINGS` times, whatever
a television says in the meantime.
"""

from __future__ import annotations

from typing import Final

from voice.dialogue import line_keys as lines
from voice.dialogue.changing import replace
from voice.dialogue.states import Emergency
from voice.dialogue.transition import Step, sleep

TELL_EVERY_S: Final = 40.0
"""Seconds until the number is repeated."""

TELLINGS: Final = 6
"""How many times the number is said before Charley goes quiet."""


def tell_again(state: Emergency) -> Step:
    """Say the number again, up to :data:`TELLINGS` times."""
    if state.announced + 1 < TELLINGS:
        return Step(replace(state, announced=state.announced + 1))
    return leave_emergency(state)


def leave_emergency(state: Emergency) -> Step:
    """Go quiet. The alarm served only to repeat the number, so there is no cramp to watch."""
    return sleep(replace(state.session, alarm=None), lines.STAY_NEAR)
