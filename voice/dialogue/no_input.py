"""Nothing, or nothing that could be understood: ask again, and never take it for a no."""

from __future__ import annotations

from typing import assert_never

from voice.dialogue.danger_signs import confirmation_unanswered, danger_unanswered
from voice.dialogue.red_flag_check import (
    emergency_unanswered,
    offer_unanswered,
    question_unanswered,
)
from voice.dialogue.state_prompts import Context
from voice.dialogue.states import (
    Advising,
    AskingDanger,
    AskingFooting,
    AskingRelief,
    AskingThigh,
    Attending,
    Awake,
    Checking,
    ConfirmingDanger,
    Emergency,
    Holding,
    Instructing,
    Paused,
)
from voice.dialogue.stretching import (
    footing_unanswered,
    relief_unanswered,
    stop_exercise,
    thigh_unanswered,
)
from voice.dialogue.transition import Step


def heard_in_vain(context: Context, state: Awake, *, silent: bool) -> Step | None:
    """Silence beyond patience (``silent``), or speech that was none of what is listened for."""
    match state:
        case Instructing() | Holding():
            return None
        case Paused():
            return stop_exercise(state) if silent else None
        case AskingThigh():
            return thigh_unanswered(state)
        case AskingRelief():
            return relief_unanswered(context, state, silent=silent)
        case AskingFooting():
            return footing_unanswered(context, state, silent=silent)
        case Checking():
            return question_unanswered(state, silent=silent)
        case ConfirmingDanger():
            return confirmation_unanswered(state, silent=silent)
        case AskingDanger():
            return danger_unanswered(context, state, silent=silent)
        case Advising() | Attending():
            return offer_unanswered(state, silent=silent)
        case Emergency():
            return emergency_unanswered(state) if silent else None
        case _:
            assert_never(state)
