"""What is remembered of a night: the level reached, and what must not be offered. Pure.

The laws of this file:

1. A level is kept for :data:`REMEMBERED_S` and can only rise in that time, even if conversations
   end, Charley sleeps or the program restarts.
2. The same holds for faintness: a user who may have mentioned it is not told to stand again.
3. It holds none of the user's words, and no sound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from voice.content.script import Level

REMEMBERED_S: Final = 12 * 3600.0
"""A second call within this time starts from the result of the first."""


@dataclass(frozen=True)
class Night:
    """The memory of a night.

    ``at_s``: when the level was last reached, on the audio clock; negative if that was before
    Charley started. ``no_standing``: the user may be faint, or was not steady. ``clot_sign``: a
    sign of a clot was not denied, so that leg is not rubbed. ``rest_waiting``: the questions that
    can wait were skipped. They are not urgent, so this outlasts the night.
    """

    level: Level = Level.NO_URGENT_SIGN_HEARD
    at_s: float = 0.0
    no_standing: bool = False
    clot_sign: bool = False
    rest_waiting: bool = False

    def at(self, at_s: float) -> Night:
        """The part of the memory that still counts at ``at_s``."""
        if at_s - self.at_s < REMEMBERED_S:
            return self
        return Night(at_s=at_s, rest_waiting=self.rest_waiting)

    def with_reached(
        self, level: Level, at_s: float, *, no_standing: bool, clot_sign: bool, rest_waiting: bool
    ) -> Night:
        """The memory with the latest facts; the level and the restrictions can only rise."""
        return Night(
            max(self.level, level),
            at_s,
            self.no_standing or no_standing,
            self.clot_sign or clot_sign,
            rest_waiting,
        )


NO_MEMORY: Final = Night()
"""An empty memory."""
