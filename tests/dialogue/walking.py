"""Drives a dialogue without sound, and walks it exhaustively for tests that need every path."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any

import pytest

from tests.shipped import CALLED
from voice.content.interpret import Understood, understand
from voice.content.script import Grammar, GrammarKey, LineKey, Part, QuestionKey, Script
from voice.dialogue import Context, Dialogue, on_speech
from voice.dialogue.actions import (
    Action,
    AlarmId,
    HoldId,
    ListenId,
    Say,
    StartHold,
    UtteranceId,
)
from voice.dialogue.broken_off import BrokenOff
from voice.dialogue.changing import replace
from voice.dialogue.diary import NO_COURSE
from voice.dialogue.events import (
    AlarmRang,
    Event,
    HoldFinished,
    Resumed,
    SilenceHeard,
    SpeechHeard,
    SpeechUnclear,
    UtteranceFinished,
    WakeHeard,
)
from voice.dialogue.night import NO_MEMORY, Night
from voice.dialogue.states import (
    AskingRedFlag,
    Asleep,
    Bedtime,
    ConfirmingSign,
    Holding,
    OfferingRest,
    OpenFloor,
    Relief,
    Session,
    State,
    with_session,
)
from voice.dialogue.triage import Screening

IN_THE_HOLD = BrokenOff(Part.CALF, gone=False, exercise=Relief(Part.CALF))
BEFORE_BED = BrokenOff(Part.CALF, gone=True, exercise=Bedtime())
IN_THE_CHECK = BrokenOff(Part.CALF, gone=True)
AT_A_SIGN = BrokenOff(Part.CALF, gone=False, signs=(QuestionKey("faint"),))
BROKEN_OFF = (IN_THE_HOLD, BEFORE_BED, IN_THE_CHECK, AT_A_SIGN)
"""What a conversation may be in the middle of when Charley is killed, one of each kind."""


class Talk:
    """A dialogue with a clock that the test sets by hand."""

    def __init__(
        self, script: Script = CALLED, hold_s: float = 30.0, night: Night = NO_MEMORY
    ) -> None:
        self.script = script
        self.dialogue = Dialogue(Context(script, hold_s), night)
        self.at_s = 0.0
        self.actions = self.dialogue.start()

    def fork(self) -> Talk:
        """A copy that has come as far as this talk, and goes its own way from here."""
        fork = copy(self)
        fork.dialogue = copy(self.dialogue)  # its state is immutable
        return fork

    @property
    def state(self) -> State:
        return self.dialogue.state

    @property
    def turn_id(self) -> int:
        return self.state.turn_id

    @property
    def said(self) -> Any:
        """The line keys of the latest step, spoken or over a hold: a tuple.

        Typed Any, or mypy would carry over to the next step what was asserted about this one.
        """
        return lines_of(self.actions)

    def tell(self, event: Event) -> tuple[Action, ...]:
        self.actions = self.dialogue.handle(event)
        return self.actions

    def wake(self, words: str = "") -> tuple[Action, ...]:
        return self.tell(WakeHeard(self.at_s, ListenId(self.turn_id), words))

    def resume(self, broken_off: BrokenOff, lasted_s: float = 60.0) -> tuple[Action, ...]:
        return self.tell(Resumed(self.at_s, broken_off, lasted_s))

    def hear(
        self, words: str, *, doubtful: bool = False, began_at_s: float | None = None
    ) -> tuple[Action, ...]:
        listen = ListenId(self.turn_id)
        return self.tell(SpeechHeard(self.at_s, listen, words, doubtful, began_at_s=began_at_s))

    def mumble(self, began_at_s: float | None = None) -> tuple[Action, ...]:
        return self.tell(SpeechUnclear(self.at_s, ListenId(self.turn_id), began_at_s))

    def all_no(self) -> None:
        """Deny every question of tonight, and skip the others."""
        while isinstance(self.state, AskingRedFlag | OfferingRest):
            self.hear("no")

    def silence(self) -> tuple[Action, ...]:
        return self.tell(SilenceHeard(self.at_s, ListenId(self.turn_id)))

    def spoken(self) -> tuple[Action, ...]:
        return self.tell(UtteranceFinished(self.at_s, UtteranceId(self.turn_id)))

    def held(self) -> tuple[Action, ...]:
        return self.tell(HoldFinished(self.at_s, HoldId(self.turn_id)))

    def ring(self) -> tuple[Action, ...]:
        return self.tell(AlarmRang(self.at_s, alarm_of(self.state)))

    def to_hold(self) -> None:
        """Wake, and let the first stretch be explained."""
        self.wake()
        self.spoken()

    def to_check(self) -> None:
        """Let the cramp go in the first hold, so that the first red-flag question is asked."""
        self.to_hold()
        self.hear("it's gone")


def alarm_of(state: State) -> AlarmId:
    session = state.watch if isinstance(state, Asleep) else state.session
    alarm = session.alarm if session else None
    return AlarmId(-1) if alarm is None else alarm


def events_for(state: State, phrases: tuple[str, ...], at_s: float = 10.0) -> Iterator[Event]:
    """Every event with the current ids; speech with each of the phrases.

    What is illegal in the state, such as a wake phrase while awake, is illegal whatever was said,
    so it comes only once.
    """
    listen = ListenId(state.turn_id)
    asleep = isinstance(state, Asleep)
    yield WakeHeard(at_s, listen)
    for said in phrases if asleep else ():
        yield WakeHeard(at_s, listen, said)
        yield WakeHeard(at_s, listen, said, uncalled=True)
    for said in phrases[:1] if asleep else phrases:
        yield SpeechHeard(at_s, listen, said)
        yield SpeechHeard(at_s, listen, said, doubtful=True)
    yield SpeechUnclear(at_s, listen)
    yield SilenceHeard(at_s, listen)
    yield UtteranceFinished(at_s, UtteranceId(state.turn_id))
    yield HoldFinished(at_s, HoldId(state.turn_id))
    yield AlarmRang(at_s, alarm_of(state))
    resumed = BROKEN_OFF if asleep else BROKEN_OFF[:1]
    yield from (Resumed(at_s, broken_off, 60.0) for broken_off in resumed)
    yield Resumed(at_s, IN_THE_HOLD, 900.0)


def at(state: State, script: Script = CALLED) -> Dialogue:
    """A dialogue put into a state."""
    dialogue = Dialogue(Context(script))
    dialogue._state = state
    return dialogue


def sketch(state: State) -> State:
    """The state without what no later step depends on: turn numbers and times."""
    session = state.watch if isinstance(state, Asleep) else state.session
    plain: State = replace(state, turn_id=0)
    if isinstance(plain, Holding):
        plain = replace(plain, started_at_s=0.0)
    if isinstance(plain, OpenFloor):
        plain = replace(plain, answer=())
    if isinstance(plain, AskingRedFlag | ConfirmingSign) and plain.back is not None:
        back = plain.back
        # Of the state set aside, only how bad things were then affects any decision.
        then = Session(Screening(()), carried=back.session.heard.worst)
        plain = replace(plain, back=replace(back, session=then, turn_id=0))
    if session is None:
        return plain
    session = replace(
        session,
        alarm=None if session.alarm is None else AlarmId(0),
        hint_s=None,
        course=NO_COURSE,
        screening=_sorted(session.screening),
        other_talk=session.other_talk
        and replace(session.other_talk, before=_sorted(session.other_talk.before)),
    )
    if isinstance(plain, Asleep):
        return replace(plain, watch=session)
    return with_session(plain, session)


def _sorted(screening: Screening) -> Screening:
    found = {(f.question, f.answer.value, f.silent): f for f in screening.findings}
    findings = tuple(found[key] for key in sorted(found))
    return replace(
        screening,
        questions=(),
        findings=findings,
        asked=tuple(sorted(screening.asked)),
        suspected=tuple(sorted(screening.suspected)),
    )


Outcome = tuple[tuple[Action, ...], State] | Exception
"""What came of a step: its actions and the state after it, or what was raised."""


@contextmanager
def reading_once() -> Iterator[None]:
    """Read each phrase once: a walk says the same ones in thousands of states."""
    known: dict[tuple[GrammarKey, str, QuestionKey | None], Understood | None] = {}

    def understand_once(
        grammar: Grammar, words: str, asked: QuestionKey | None = None
    ) -> Understood | None:
        key = (grammar.key, words, asked)
        if key not in known:
            known[key] = understand(grammar, words, asked)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(on_speech, "understand", understand_once)
        yield


@reading_once()
def walk(
    script: Script,
    phrases: tuple[str, ...],
    begun: Iterable[State],
    turns: int,
    visit: Callable[[State, Event, Outcome], None],
) -> None:
    """Walk on from each state with every event, for ``turns`` turns."""
    dialogue = at(Asleep(), script)
    queue = deque((state, 0) for state in begun)
    seen = {sketch(state) for state, _ in queue}
    while queue:
        state, turn = queue.popleft()
        for event in events_for(state, phrases):
            dialogue._state = state
            try:
                actions = dialogue.handle(event)
            except Exception as error:  # noqa: BLE001 - the visitor judges it
                visit(state, event, error)
                continue
            after = dialogue.state
            visit(state, event, (actions, after))
            if turn + 1 < turns and sketch(after) not in seen:
                seen.add(sketch(after))
                queue.append((after, turn + 1))


def lines_of(actions: tuple[Action, ...]) -> tuple[LineKey, ...]:
    """The lines that the actions say, aloud or over a hold."""
    for action in actions:
        if isinstance(action, Say):
            return action.lines
        if isinstance(action, StartHold):
            return action.plan.opening
    return ()
