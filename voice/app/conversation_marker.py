"""Marks a conversation in progress, so that Charley can account for a sudden end.

During a conversation, a file in the state folder holds when it began and, in a stretch or
in the questions, where it is: the muscle, the step, whether the cramp has let go, and which
danger sign is being asked about. It holds none of the user's words. It is deleted when the
conversation ends and when Charley is stopped on purpose: if it exists at the next start,
Charley was killed or the power failed.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from voice.app.state_file import StateFile
from voice.clocks import Clocks, Moment
from voice.content.script import Part, QuestionKey
from voice.dialogue.broken_off import BrokenOff, broken_off_in
from voice.dialogue.states import Asleep, Bedtime, Exercise, Relief, State

FILE: Final = "conversation.json"
"""Its name in the state folder."""

LASTS_S: Final = 900.0
"""After this long the user no longer waits for an answer."""

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class Interrupted:
    """A conversation that was cut short.

    ``broken_off`` is None if there is nothing to resume. ``lasted_s`` is the time since its
    wake phrase; ``ago_s`` is the time since it reached its last place.
    """

    broken_off: BrokenOff | None
    lasted_s: float
    ago_s: float


class _Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A :class:`BrokenOff`; without ``step`` or ``bedtime_turn`` it is in the questions."""

    part: Part
    gone: bool
    step: int | None = None
    bedtime_turn: int | None = None
    signs: tuple[str, ...] = ()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    began: Moment
    at: Moment
    place: _Place | None


class ConversationMarker:
    """Keeps the file up to date.

    ``interrupted`` is what the previous process left behind; None if it ended cleanly.
    """

    def __init__(self, path: Path, clocks: Clocks | None = None) -> None:
        self._file = StateFile(path, "the marker of a conversation")
        self._clocks = clocks or Clocks()
        self._began: Moment | None = None
        self._place: _Place | None = None
        self.interrupted = self._read(path)
        self._left_over = path.exists()

    def note(self, state: State) -> None:
        """Record the state of the dialogue. Costs next to nothing if it is unchanged."""
        if isinstance(state, Asleep):
            if self._began is not None or self._left_over:
                self._began, self._place, self._left_over = None, None, False
                self._file.write(None)
            return
        place = _place_of(broken_off_in(state))
        if self._began is not None and place == self._place:
            return
        now = self._clocks.moment()
        self._began = self._began or now
        self._place, self._left_over = place, False
        self._file.write(msgspec.json.encode(_File(self._began, now, place)))

    def forget(self) -> None:
        """Forget the conversation, which ends on purpose: the next start need not mention it."""
        self.note(Asleep())

    def close(self) -> None:
        """Write what is still pending, if the disk allows it. Safe to call twice."""
        self._file.close()

    def _read(self, path: Path) -> Interrupted | None:
        try:
            marked = msgspec.json.decode(path.read_bytes(), type=_File)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            _LOG.warning("%s: unreadable; an interrupted conversation is lost (%s)", path, error)
            return None
        ago_s = self._clocks.age_s(marked.at)
        if ago_s > LASTS_S:
            return None
        lasted_s = self._clocks.age_s(marked.began)
        return Interrupted(_broken_off(marked.place), lasted_s, ago_s)


def _place_of(broken_off: BrokenOff | None) -> _Place | None:
    if broken_off is None:
        return None
    exercise = broken_off.exercise
    return _Place(
        broken_off.part,
        broken_off.gone,
        step=exercise.step if isinstance(exercise, Relief) else None,
        bedtime_turn=exercise.number if isinstance(exercise, Bedtime) else None,
        signs=broken_off.signs,
    )


def _broken_off(place: _Place | None) -> BrokenOff | None:
    if place is None:
        return None
    exercise: Exercise | None = None
    if place.step is not None:
        exercise = Relief(place.part, place.step)
    elif place.bedtime_turn is not None:
        exercise = Bedtime(place.bedtime_turn)
    return BrokenOff(place.part, place.gone, exercise, tuple(map(QuestionKey, place.signs)))
