"""What the diary is given of a conversation, and what it can tell. Pure.

The laws of this file:

1. An :class:`Entry` holds no words of the person, and no sound: only keys, numbers and
   answers to questions.
2. Nothing is decided by the diary. What the safety rules need is in
   :mod:`voice.dialogue.night`, which has a file of its own and outlasts an erased diary.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import Final, Protocol

from voice.content.script import Answer, Level, Part, QuestionKey, Side


class Ending(enum.Enum):
    """How a conversation ended."""

    FINISHED = "finished"
    """All was said: the advice, or what was asked for."""
    STOPPED = "stopped"
    """The person ended it before that."""
    SILENT = "silent"
    """No answer came any more before that."""
    OTHER_TALK = "other_talk"
    """Talk of others was heard, and no answer."""
    EMERGENCY = "emergency"
    """The emergency number was named until the end."""


@dataclass(frozen=True)
class Entry:
    """One conversation, as the diary keeps it.

    ``part``: the muscle that cramped; None where there was no cramp, or it was not named;
    ``side``: the leg, where that was said. ``relief_s``: from the first word of the cramp
    until the person said that it was gone; None where they did not. ``steps``: the steps of
    the ladder that were held, in order. ``level``: the highest level of advice that was said,
    None where none was.
    ``answers``: what was answered to each question, the graver answer where there were two.
    ``ending`` is None while the conversation lasts.
    """

    cramp: bool = False
    bedtime: bool = False
    part: Part | None = None
    side: Side | None = None
    relief_s: float | None = None
    steps: tuple[str, ...] = ()
    level: Level | None = None
    answers: tuple[tuple[QuestionKey, Answer], ...] = ()
    ending: Ending | None = None

    @property
    def counts_as_cramp(self) -> bool:
        """Whether it is one of the cramps that are counted: not what only a television said."""
        return self.cramp and self.ending is not Ending.OTHER_TALK


@dataclass(frozen=True)
class Course:
    """What only the diary needs of a conversation under way, beside what the session holds.

    ``called_at_s``: when Charley was called, on the audio clock; it tells one conversation
    from another. ``kept``: an entry is written of it. ``owes_word``: the diary has not been
    spoken of yet. ``cramp_at_s``: when the cramp was first spoken of, on the audio clock;
    None without one. ``eased``: a cramp has let go in this conversation, if not the last.
    """

    called_at_s: float = 0.0
    kept: bool = True
    owes_word: bool = False
    cramp_at_s: float | None = None
    relief_s: float | None = None
    eased: bool = False
    side: Side | None = None
    steps: tuple[str, ...] = ()
    level: Level | None = None
    bedtime: bool = False

    def with_cramp(self, at_s: float) -> Course:
        """A cramp begins, unless one is under way."""
        if self.cramp_at_s is not None and self.relief_s is None:
            return self
        return replace(self, cramp_at_s=at_s, relief_s=None)

    def with_relief(self, at_s: float) -> Course:
        """The person says that the cramp is gone."""
        if self.cramp_at_s is None:
            return self
        return replace(self, relief_s=at_s - self.cramp_at_s, eased=True)

    def with_side(self, side: Side) -> Course:
        """A leg is named: a correction, or after one cramp has let go the other leg, too."""
        other = self.eased and self.side not in (None, side)
        return replace(self, side=Side.BOTH if other or self.side is Side.BOTH else side)

    def with_step(self, key: str) -> Course:
        """A step of the ladder is held."""
        return self if self.steps[-1:] == (key,) else replace(self, steps=(*self.steps, key))

    def with_level(self, level: Level) -> Course:
        """Advice of a level is said."""
        return replace(self, level=level if self.level is None else max(self.level, level))


NO_COURSE: Final = Course()
"""Of a session in which nothing has happened yet."""


class Readable(enum.Enum):
    """Whether the diary can be asked."""

    YES = "yes"
    OFF = "off"
    """None is kept."""
    NO = "no"
    """It cannot be read."""
    UNDATED = "undated"
    """The machine does not know what day it is."""


@dataclass(frozen=True)
class Summary:
    """What the diary says of the cramps in it, at one moment.

    ``lately``: how many in the last thirty days; ``before``: in the thirty before those.
    ``last_ago_s``: how long ago the last one was, None where there is none; ``last_nights``:
    how many nights ago, a night lasting from noon to noon. ``writable``: what is asked of
    it can be done on the disk. ``spoken_of``: the person has been told that there is a diary.
    """

    readable: Readable = Readable.OFF
    lately: int = 0
    before: int = 0
    last_ago_s: float | None = None
    last_nights: int = 0
    writable: bool = True
    spoken_of: bool = True


NO_DIARY: Final = Summary()
"""Where none is kept."""


class Diary(Protocol):
    """What keeps the entries. Nothing here waits for a disk, and nothing raises."""

    def summary(self) -> Summary:
        """What it says now."""
        ...

    def write(
        self, entry: Entry, called_at_s: float, now_s: float, *, spoken_of: bool = False
    ) -> None:
        """Keep an entry, in place of an earlier state of the same conversation.

        That began at ``called_at_s``, and it is ``now_s``, on the audio clock. ``spoken_of``:
        the person is being told of the diary.
        """
        ...

    def erase(self) -> None:
        """Erase every entry, for good."""
        ...
