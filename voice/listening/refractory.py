"""The refractory period after a conversation, in which a call needs more to wake Charley. Pure.

The room is not quiet then: the user turns over, sighs, says a word to themselves,
and Charley has just spoken. So a wake phrase must be beyond doubt. But a person who
calls because it hurts again is never locked out: a call that was held back once is
believed when it is repeated, and a danger sign is never held back.
"""

from __future__ import annotations

from voice.listening.decision import Decision
from voice.listening.settings import ListeningSettings


class Refractory:
    """Tracks the end of a conversation, and holds back doubtful calls for a while.

    ``wake_margin`` is what a wake phrase needs at any other time.
    """

    def __init__(self, settings: ListeningSettings, wake_margin: float) -> None:
        self._lasts_s = settings.refractory_s
        self._margin = wake_margin + settings.refractory_margin
        self._asleep = True
        self._ends_s: float | None = None
        self._begins = False
        self._held_back = False

    def listening(self, *, asleep: bool) -> None:
        """The grammar changes; ``asleep``: to the wake phrase."""
        self._begins = asleep and not self._asleep
        self._ends_s, self._held_back = None, False
        self._asleep = asleep

    def pass_time(self, at_s: float, *, busy: bool) -> None:
        """Advance by a block. The seconds count from the end of Charley's speech (not ``busy``)."""
        if self._begins:
            self._ends_s = at_s + self._lasts_s
            self._begins = busy

    def believes(self, decision: Decision, heard: str, at_s: float) -> bool:
        """Whether to believe a call now. ``heard``: all its words, including the wake phrase."""
        if decision.meaning is not None or self._ends_s is None or at_s > self._ends_s:
            return True
        called = heard.removesuffix(decision.words).split()
        if self._held_back or (len(called) > 1 and decision.margin >= self._margin):
            return True
        self._held_back = True
        return False
