"""When Charley says that it cannot hear, and that it hears again. Pure.

In a conversation it says so at once, because the user is waiting for an answer. While
asleep there is no one to tell, and a fault that clears by itself should wake nobody up: it
is announced once, after a while, and its recovery not at all. Time is an argument, in
seconds.
"""

from __future__ import annotations

import enum
from typing import Final

from voice.content.script import LineKey
from voice.dialogue.line_keys import CANNOT_HEAR, HEAR_YOU_NOW, ONLY_SILENCE, WAS_AWAY

AWAKE_S: Final = 1.0
ASLEEP_S: Final = 60.0
"""Announce a fault once nothing has been heard for this long."""

WELL_S: Final = 1.0
"""Announce the recovery once hearing has worked again for this long."""

AGAIN_S: Final = 60.0
"""Announce faults at most this often, for example for a plug with a loose contact."""

PATIENCE_S: Final = 120.0
"""While nothing can be heard, silence does not count as no-input for this long."""


class Hearing(enum.Enum):
    """What the microphone delivers."""

    SOUND = enum.auto()
    ONLY_SILENCE = enum.auto()
    """It is present but muted."""
    NOTHING = enum.auto()
    """It is missing."""


_FAULTS: Final = {Hearing.ONLY_SILENCE: ONLY_SILENCE, Hearing.NOTHING: CANNOT_HEAR}


class Notices:
    """Decides which line is due. Ask with every block, and report when a line is :meth:`said`.

    ``was_away``: Charley restarted in the middle of a conversation.
    """

    def __init__(self, *, was_away: bool = False) -> None:
        self._was_away = was_away
        self._hearing = Hearing.SOUND
        self._since_s = 0.0
        self._told = False
        self._told_at_s = -AGAIN_S

    def due(self, now_s: float, hearing: Hearing, *, asleep: bool) -> LineKey | None:
        """The line to say now, or None."""
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
        """Note that this line is now being said."""
        if line == WAS_AWAY:
            self._was_away = False
            return
        self._told = line in _FAULTS.values()
        self._told_at_s = now_s if self._told else self._told_at_s

    def excuses_silence(self, now_s: float) -> bool:
        """Whether silence should not count as no-input, because nothing can be heard."""
        return self._deaf and now_s - self._since_s < PATIENCE_S

    @property
    def _deaf(self) -> bool:
        return self._hearing is not Hearing.SOUND
