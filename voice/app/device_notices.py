"""When Charley says that it cannot hear, and that it hears again. Pure.

In a conversation it is said at once, since somebody waits for an answer. Asleep
nobody does, and a fault that heals by itself is nobody's business: it is said
once, after a while, and its healing not at all. Time is an argument, in seconds.
"""

from __future__ import annotations

import enum
from typing import Final

from voice.content.script import LineKey
from voice.dialogue.line_keys import CANNOT_HEAR, HEAR_YOU_NOW, ONLY_SILENCE, WAS_AWAY

AWAKE_S: Final = 1.0
ASLEEP_S: Final = 60.0
"""So long the ears are deaf before it is said."""

WELL_S: Final = 1.0
"""So long they hear again before that is said."""

AGAIN_S: Final = 60.0
"""A plug with a loose contact is not told of more often than this."""

PATIENCE_S: Final = 120.0
"""So long a silence is not taken for the person's while nothing can be heard."""


class Hearing(enum.Enum):
    """What the microphone gives."""

    SOUND = enum.auto()
    ONLY_SILENCE = enum.auto()
    """It is there, and muted."""
    NOTHING = enum.auto()
    """It is not there."""


_FAULTS: Final = {Hearing.ONLY_SILENCE: ONLY_SILENCE, Hearing.NOTHING: CANNOT_HEAR}


class Notices:
    """Tells which line is due. Ask with every block, and say when a line was :meth:`said`.

    ``was_away``: Charley had to begin anew in the midst of a conversation.
    """

    def __init__(self, *, was_away: bool = False) -> None:
        self._was_away = was_away
        self._hearing = Hearing.SOUND
        self._since_s = 0.0
        self._told = False
        self._told_at_s = -AGAIN_S

    def due(self, now_s: float, hearing: Hearing, *, asleep: bool) -> LineKey | None:
        """The line that should be said now; None where there is none."""
        if hearing is not self._hearing:
            self._hearing, self._since_s = hearing, now_s
        lasted_s = now_s - self._since_s
        if self._was_away:
            return WAS_AWAY
        if self._deaf:
            patience_s = ASLEEP_S if asleep else AWAKE_S
            due = lasted_s >= patience_s and now_s - self._told_at_s >= AGAIN_S
            return _FAULTS[hearing] if due and not self._told else None
        if not self._told or lasted_s < WELL_S:
            return None
        if asleep:
            self._told = False
            return None
        return HEAR_YOU_NOW

    def said(self, now_s: float, line: LineKey) -> None:
        """That line is being said."""
        if line == WAS_AWAY:
            self._was_away = False
            return
        self._told = line in _FAULTS.values()
        self._told_at_s = now_s if self._told else self._told_at_s

    def excuses_silence(self, now_s: float) -> bool:
        """Whether a silence says nothing of the person, since nothing can be heard."""
        return self._deaf and now_s - self._since_s < PATIENCE_S

    @property
    def _deaf(self) -> bool:
        return self._hearing is not Hearing.SOUND
