"""The person in bed: answers Charley's lines by their keys, on the room's sample clock.

It knows what to say and when, and nothing of how Charley listens. If several replies fit, it gives
the first in the scenario that is not used up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import numpy as np

from voice.audio.samples import RATE_HZ, samples_of
from voice.simulation.acoustics import Wave
from voice.simulation.scenario import Reply

Told = Callable[[float, str], None]
"""Called with the time in seconds and the words when the sleeper begins to speak."""


@dataclass
class _Due:
    start: int
    reply: Reply
    told: bool = False


@dataclass
class SimulatedUser:
    """Implements :class:`voice.simulation.room.Occupant` with a list of replies.

    ``voices`` holds the sound of every reply that is not silence.
    """

    replies: Sequence[Reply]
    voices: Mapping[Reply, Wave]
    told: Told
    _used: dict[int, int] = field(default_factory=dict)
    _due: list[_Due] = field(default_factory=list)
    _holds: int = 0

    def __post_init__(self) -> None:
        for index, reply in enumerate(self.replies):
            if reply.at_s is not None:
                self._give(index, samples_of(reply.at_s))

    @property
    def is_done(self) -> bool:
        """Whether nothing is being said or about to be said."""
        return not self._due

    def hold_begun(self, at: int) -> None:
        """Charley's next hold begins at sample ``at``."""
        self._holds += 1
        for index, reply in enumerate(self.replies):
            if reply.hold == self._holds:
                self._give(index, at)

    def line_begun(self, key: str, at: int) -> None:
        """Charley begins this line at sample ``at``."""
        for index, reply in enumerate(self.replies):
            if reply.over is not None and fnmatchcase(key, reply.over) and self._has(index):
                self._give(index, at)
                return

    def fell_silent(self, keys: tuple[str, ...], at: int) -> None:
        """Charley has said these lines to the end, at sample ``at``."""
        for index, reply in enumerate(self.replies):
            pattern = reply.to
            if pattern is None or not self._has(index):
                continue
            if any(fnmatchcase(key, pattern) for key in keys):
                self._give(index, at)
                return

    def speech(self, start: int, count: int) -> Wave | None:
        """What the sleeper says in these samples; None for silence."""
        if not self._due or self._due[0].start >= start + count:
            return None
        said = np.zeros(count, np.float32)
        for due in self._due:
            voice = self.voices[due.reply]
            first, last = max(start, due.start), min(start + count, due.start + len(voice))
            if first < last:
                self._tell(due)
                said[first - start : last - start] += voice[first - due.start : last - due.start]
        self._due = [d for d in self._due if d.start + len(self.voices[d.reply]) > start + count]
        return said

    def _has(self, index: int) -> bool:
        times = self.replies[index].times
        return times == "always" or self._used.get(index, 0) < times

    def _give(self, index: int, moment: int) -> None:
        """Use the reply once; it starts ``wait_s`` later, or after what is already being said."""
        reply = self.replies[index]
        self._used[index] = self._used.get(index, 0) + 1
        voice = self.voices.get(reply)
        if voice is None:
            return
        start = moment + samples_of(reply.wait_s)
        for due in self._due:
            end = due.start + len(self.voices[due.reply])
            if due.start < start + len(voice) and start < end:
                start = end
        self._due.append(_Due(start, reply))
        self._due.sort(key=lambda due: due.start)

    def _tell(self, due: _Due) -> None:
        if not due.told:
            due.told = True
            self.told(due.start / RATE_HZ, due.reply.words)
