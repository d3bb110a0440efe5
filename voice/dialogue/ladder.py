"""Which exercises are safe for whom. Pure.

The laws of this file:

1. A step on one's feet is only for a user who has said that they are steady and not faint.
2. A step that involves rubbing is never for a user who may have a clot.
"""

from __future__ import annotations

from typing import assert_never

from voice.content.script import Footing, Script
from voice.dialogue.states import Exercise, MayStand, Relief, Session


def may_do(script: Script, session: Session, exercise: Relief) -> bool:
    """Whether a step of a ladder is safe for this user now."""
    step = script.ladders[exercise.part][exercise.step]
    if step.rubs and session.clot_sign:
        return False
    standing = session.may_stand is MayStand.YES
    match step.footing:
        case Footing.ANY:
            return True
        case Footing.STEADY:
            return standing
        case Footing.UNSTEADY:
            return not standing
        case _:
            assert_never(step.footing)


def safe_exercise(script: Script, session: Session, exercise: Exercise) -> Exercise:
    """The exercise if it is safe, else the next safe one on its ladder, else the first."""
    if not isinstance(exercise, Relief):
        return exercise
    for number in range(exercise.step, len(script.ladders[exercise.part])):
        there = Relief(exercise.part, number)
        if may_do(script, session, there):
            return there
    return Relief(exercise.part)
