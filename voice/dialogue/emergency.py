"""An emergency: the number is named by the clock, and there is no way from it to a stretch.

It ends by "stop", "goodbye", or after it was named :data:`TELLINGS` times, whatever a
television says meanwhile.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from voice.dialogue import line_keys as lines
from voice.dialogue.states import Emergency
from voice.dialogue.transition import Step, sleep

TELL_EVERY_S: Final = 40.0
"""How long after the number was named it is named again."""

TELLINGS: Final = 6
"""How often it is named before Charley falls quiet."""


def tell_again(state: Emergency) -> Step:
    """Name the number again, but not for ever."""
    if state.announced + 1 < TELLINGS:
        return Step(replace(state, announced=state.announced + 1))
    return leave_emergency(state)


def leave_emergency(state: Emergency) -> Step:
    """Fall quiet. Its alarm was the number's own, so there is nothing to watch."""
    return sleep(replace(state.session, alarm=None), lines.STAY_NEAR)
