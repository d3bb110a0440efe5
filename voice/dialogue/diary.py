"""What the diary records of a conversation, and what it can tell the user. Pure.

The laws of this file:

1. An :class:`Entry` holds none of the user's words, and no sound: only keys, numbers and answers
   to questions.
2. The diary decides nothing. What the safety rules need is in :mod:`voice.dialogue.night`, which
   has its own file and remains when the diary is erased.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final, Protocol

from voice.content.script import Answer, Level, Part, QuestionKey, Side
from voice.dialogue.changing import replace


class Ending(enum.Enum):
    """How a conversation ended."""

    FINISHED = "finished"
    """Everything was said: the advice, or what was asked for."""
    STOPPED = "stopped"
    """The user ended it before that."""
    SILENT = "silent"
    """The user stopped answering before that."""
    OTHER_TALK = "other_talk"
    """Other people's talk was heard, and no answer."""
    EMERGENCY = "emergency"
    """The emergency number was repeated until the end."""


@dataclass(frozen=True)
class Entry:
    """One conversation, as recorded in the diary.

    ``part``: the muscle that cramped; None if there was no cramp or the muscle was not named.
    ``side``: the leg, if it was named. ``relief_s``: from the first mention of the cramp until the
    user said that it was gone; None if they did not. ``steps``: the steps of the ladder that were
    held, in order. ``level``: the highest level of advice given; None if none was. ``answers``:
    the answer to each question, the graver one if there were two. ``ending`` is None while the
    conversation lasts.
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
        """Whether this counts as a cramp: not if only a television spoke of it."""
        return self.cramp and self.ending is not Ending.OTHER_TALK


@dataclass(frozen=True)
class Course:
    """What the diary alone needs to know of a conversation in progress, beyond the session.

    ``called_at_s``: when Charley was called, on the audio clock; it identifies the conversation.
    ``kept``: an entry is written for this conversation. ``owes_word``: the user has yet to be told
    that there is a diary. ``cramp_at_s``: when the cramp was first mentioned, on the audio clock;
    None without a cramp. ``eased``: a cramp has let go in this conversation, though perhaps not
    the latest one.
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
        """The course once a cramp begins; unchanged if one is already in progress."""
        if self.cramp_at_s is not None and self.relief_s is None:
            return self
        return replace(self, cramp_at_s=at_s, relief_s=None)

    def with_relief(self, at_s: float) -> Course:
        """The course once the user says that the cramp is gone."""
        if self.cramp_at_s is None:
            return self
        return replace(self, relief_s=at_s - self.cramp_at_s, eased=True)

    def with_side(self, side: Side) -> Course:
        """The course with a leg named: a correction or, after one cramp, the other leg too."""
        other = self.eased and self.side not in (None, side)
        return replace(self, side=Side.BOTH if other or self.side is Side.BOTH else side)

    def with_step(self, key: str) -> Course:
        """The course with a step of the ladder held."""
        return self if self.steps[-1:] == (key,) else replace(self, steps=(*self.steps, key))

    def with_level(self, level: Level) -> Course:
        """The course with advice of a level given."""
        return replace(self, level=level if self.level is None else max(self.level, level))


NO_COURSE: Final = Course()
"""The course of a session in which nothing has happened yet."""


class Readable(enum.Enum):
    """Whether the diary can answer questions."""

    YES = "yes"
    OFF = "off"
    """No diary is kept."""
    NO = "no"
    """The diary cannot be read."""
    UNDATED = "undated"
    """The machine does not know today's date."""


@dataclass(frozen=True)
class Summary:
    """What the diary says about its cramps, at one moment.

    ``lately``: the number in the last thirty days; ``before``: in the thirty days before those.
    ``last_ago_s``: how long ago the last one was, None if there was none; ``last_nights``: how
    many nights ago, a night lasting from noon to noon. ``writable``: the disk allows the diary to
    be changed. ``spoken_of``: the user has been told that there is a diary.
    """

    readable: Readable = Readable.OFF
    lately: int = 0
    before: int = 0
    last_ago_s: float | None = None
    last_nights: int = 0
    writable: bool = True
    spoken_of: bool = True


NO_DIARY: Final = Summary()
"""The summary if no diary is kept."""


class Diary(Protocol):
    """Stores the entries. No method waits for a disk, and none raises."""

    def summary(self) -> Summary:
        """What the diary says now."""
        ...

    def write(
        self, entry: Entry, called_at_s: float, now_s: float, *, spoken_of: bool = False
    ) -> None:
        """Write an entry, replacing any earlier entry of the same conversation.

        ``called_at_s``: when that conversation began; ``now_s``: the present; both on the audio
        clock. ``spoken_of``: the user is being told about the diary.
        """
        ...

    def erase(self) -> None:
        """Erase every entry, permanently."""
        ...
