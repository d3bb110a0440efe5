"""One step of the dialogue: the state to go to, and what is said and done on the way."""

from __future__ import annotations

from dataclasses import dataclass

from voice.content.script import LineKey
from voice.dialogue.actions import Action, CancelAlarm
from voice.dialogue.states import Asleep, Cramp, Session, State


@dataclass(frozen=True)
class Step:
    """Enter ``state``: do ``before``, then say ``preface`` and the state's own prompt.

    ``chime``: a soft tone goes before the words. ``softly``: they are said in a lower voice.
    """

    state: State
    preface: tuple[LineKey, ...] = ()
    before: tuple[Action, ...] = ()
    chime: bool = False
    softly: bool = False


def to_sleep(*said: LineKey) -> Step:
    """Say a last word, and listen for the wake phrases again."""
    return Step(Asleep(), said, (CancelAlarm(),))


def fall_silent(session: Session, *said: LineKey) -> Step:
    """Go to sleep, and watch over a cramp that was still there: its alarm may yet ring."""
    if session.cramp is Cramp.STILL and session.alarm is not None:
        return Step(Asleep(watch=session), said)
    return to_sleep(*said)
