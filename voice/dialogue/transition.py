"""One step of the dialogue: the state to go to, and what is said and done on the way."""

from __future__ import annotations

from dataclasses import dataclass

from voice.content.script import LineKey
from voice.dialogue.actions import Action, CancelAlarm
from voice.dialogue.states import Asleep, Cramp, Session, State


@dataclass(frozen=True)
class Step:
    """Enter ``state``: do ``before``, then say ``preface`` and the state's own prompt.

    ``chime``: play a soft tone before the words. ``quietly``: say them more softly. ``left``: the
    session that ends, if ``state`` has none. ``restarts``: something else begins in the same
    conversation. In either case, the advice that is owed is said first
    (:mod:`voice.dialogue.machine`).
    """

    state: State
    preface: tuple[LineKey, ...] = ()
    before: tuple[Action, ...] = ()
    chime: bool = False
    quietly: bool = False
    left: Session | None = None
    restarts: bool = False


@dataclass(frozen=True)
class Stay:
    """Remember ``state`` and go on as before: nothing is said, and nothing is cut off."""

    state: State


def sleep(session: Session, *said: LineKey) -> Step:
    """Say a last word, and listen for the wake phrases again.

    Unless the user has said that the cramp is gone, it is still watched: the alarm may ring. If
    the user never spoke, there is nobody to watch over.
    """
    if session.present and session.cramp is not Cramp.GONE and session.alarm is not None:
        return Step(Asleep(watch=session), said, left=session)
    return Step(Asleep(), said, (CancelAlarm(),), left=session)
