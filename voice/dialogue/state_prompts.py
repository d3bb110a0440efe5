"""What each state says of itself, what it listens for, and how long it waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, assert_never

from voice.content.script import GrammarKey, Level, LineKey, Rung, Script
from voice.dialogue import line_keys as lines
from voice.dialogue.states import (
    Advising,
    AskingDanger,
    AskingFooting,
    AskingRelief,
    AskingThigh,
    Asleep,
    Attending,
    Bedtime,
    Checking,
    ConfirmingDanger,
    Emergency,
    Exercise,
    Footing,
    Holding,
    Instructing,
    Paused,
    Relief,
    State,
)
from voice.dialogue.triage import Verdict

ANSWER_PATIENCE_S: Final = 8.0
"""How long a question waits for an answer. Somebody in pain at night is slow."""

OFFER_PATIENCE_S: Final = 10.0
EMERGENCY_PATIENCE_S: Final = 20.0
PAUSE_PATIENCE_S: Final = 120.0


@dataclass(frozen=True)
class Prompt:
    """Lines to say, then what to listen for, and how long silence may last."""

    lines: tuple[LineKey, ...]
    grammar: GrammarKey
    patience_s: float | None


@dataclass(frozen=True)
class Context:
    """What the dialogue is given: its script, and the person's length of a hold in seconds."""

    script: Script
    hold_s: float = 30.0

    def rung(self, exercise: Exercise) -> Rung:
        """The rung that an exercise stands for."""
        match exercise:
            case Relief(part, rung):
                return self.script.ladders[part][rung]
            case Bedtime(turn):
                return self.script.bedtime[turn]
            case _:
                assert_never(exercise)

    def hold_length_s(self, exercise: Exercise) -> float:
        """How long the hold of an exercise is."""
        own = self.rung(exercise).hold_s
        return self.hold_s if own is None else max(own, self.hold_s)


def prompt_of(state: State, context: Context) -> Prompt:
    """The prompt with which a state is entered, and entered again."""
    script = context.script
    match state:
        case Asleep():
            return Prompt((), GrammarKey.WAKE, None)
        case Instructing():
            said = (*context.rung(state.exercise).lines, lines.GET_READY)
            return Prompt(said, GrammarKey.STRETCH, None)
        case Holding():
            return Prompt((), GrammarKey.HOLD, None)
        case Paused():
            return Prompt((lines.PAUSED,), GrammarKey.PAUSED, PAUSE_PATIENCE_S)
        case AskingThigh():
            return Prompt((lines.WHICH_THIGH,), GrammarKey.STRETCH, ANSWER_PATIENCE_S)
        case AskingRelief():
            return Prompt((lines.ASK_RELIEF,), GrammarKey.RELIEF, ANSWER_PATIENCE_S)
        case AskingFooting():
            about = lines.ASK_FAINT_NOW if state.about is Footing.FAINT else lines.ASK_STEADY
            return Prompt((about,), GrammarKey.ANSWER, ANSWER_PATIENCE_S)
        case Checking():
            question = script.question(state.question)
            asked = question.read_back if state.reading_back else question.ask
            return Prompt((asked,), GrammarKey.ANSWER, ANSWER_PATIENCE_S)
        case ConfirmingDanger():
            return Prompt((lines.confirm_line(state.sign),), GrammarKey.ANSWER, ANSWER_PATIENCE_S)
        case AskingDanger():
            asked = script.question(state.question).ask
            return Prompt((asked,), GrammarKey.ANSWER, ANSWER_PATIENCE_S)
        case Advising():
            offer = _offer(state.verdict)
            said = (offer,) if state.attempt else (*_advice(script, state.verdict), offer)
            return Prompt(said, GrammarKey.OFFER, OFFER_PATIENCE_S)
        case Emergency():
            return Prompt(_advice(script, state.verdict), GrammarKey.OPEN, EMERGENCY_PATIENCE_S)
        case Attending():
            return Prompt((lines.ANYTHING_ELSE,), GrammarKey.OPEN, OFFER_PATIENCE_S)
        case _:
            assert_never(state)


def _advice(script: Script, verdict: Verdict) -> tuple[LineKey, ...]:
    """The reasons, the advice, and aftercare where the person stays at home."""
    advice = script.advice[verdict.level]
    said = (*verdict.reasons, *(advice.soft if verdict.soft else advice.plain))
    return said + script.aftercare if stays_home(verdict) else said


def _offer(verdict: Verdict) -> LineKey:
    return lines.OFFER_TIPS if stays_home(verdict) else lines.OFFER_AGAIN


def stays_home(verdict: Verdict) -> bool:
    """Whether aftercare and tips are of any use: not to somebody who must go tonight."""
    return verdict.level < Level.URGENT
