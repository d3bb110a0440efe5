"""What Charley was in the middle of, so that a sudden end does not go without a word.

While a conversation lasts, a file in the state folder holds when it began and, in a
stretch or in the questions, where it is: the muscle, the step, whether the cramp has let go,
and which danger sign is being asked about. It holds none of the person's words. It goes when
the conversation ends, and when Charley is told to leave: if it is there at the next start,
Charley was killed, or the power failed.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from voice.app.moment import Clocks, Moment
from voice.app.state_file import StateFile
from voice.content.script import Part, QuestionKey
from voice.dialogue.broken_off import BrokenOff, broken_off_in
from voice.dialogue.states import Asleep, Bedtime, Exercise, Relief, State

FILE: Final = "conversation.json"
"""Its name in the state folder."""

LASTS_S: Final = 900.0
"""After this long nobody waits for an answer any more."""

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class Interrupted:
    """A conversation that did not come to its end.

    ``broken_off`` is None where there is nothing to go on with. ``lasted_s``: the time
    since its wake; ``ago_s``: since it came to where it was.
    """

    broken_off: BrokenOff | None
    lasted_s: float
    ago_s: float


class _Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A :class:`BrokenOff`. Without a ``step`` of relief or a ``turn`` it is the questions."""

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

    ``interrupted`` is what the Charley before this one left; None if it ended well.
    """

    def __init__(self, path: Path, clocks: Clocks | None = None) -> None:
        self._file = StateFile(path, "the marker of a conversation")
        self._clocks = clocks or Clocks()
        self._began: Moment | None = None
        self._place: _Place | None = None
        self.interrupted = self._read(path)
        self._left_over = path.exists()

    def note(self, state: State) -> None:
        """This is the state of the dialogue now. Costs next to nothing where it is the same."""
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
        """The conversation is left on purpose: the next start need not speak of it."""
        self.note(Asleep())

    def close(self) -> None:
        """Write what is not written yet, if the disk lets it. Safe to call twice."""
        self._file.close()

    def _read(self, path: Path) -> Interrupted | None:
        try:
            marked = msgspec.json.decode(path.read_bytes(), type=_File)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            _LOG.warning("%s: what Charley was in the middle of is lost (%s)", path, error)
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
