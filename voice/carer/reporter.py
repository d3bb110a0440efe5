"""From the conversation to a status for the bridge. It knows no clock, file or socket.

The laws of this file:

1. It only watches: nothing in the conversation depends on it.
2. An alert is raised when a level is reached, which may be some questions before its advice
   is said. Levels only rise, so none is ever taken back.
3. A call for help counts whatever else is said with it, in every state but sleep without a
   wake phrase. A call that is a danger sign ("call an ambulance") counts once it is certain.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from voice.carer.status import Advised, Counts, Kind, Raised, Status, encode
from voice.content.interpret import meanings
from voice.content.script import Answer, Command, Level, Meaning, QuestionKey, Statement
from voice.dialogue.diary import Readable, Summary
from voice.dialogue.events import Event, SpeechHeard, WakeHeard
from voice.dialogue.machine import is_late
from voice.dialogue.night import Night
from voice.dialogue.state_prompts import Context, prompt_of
from voice.dialogue.states import Advising, Asleep, Cramp, Emergency, State

EVERY_S: Final = 15.0
"""A status is sent at least this often, so that the bridge knows that Charley listens."""

REPEATED: Final = 16
"""How many of the latest alerts each status repeats."""

SAME_CALL_S: Final = 60.0
"""Asking for help again within this time is the same call."""

_AMBULANCE: Final = QuestionKey("ambulance")

_KINDS: Final = {Level.URGENT: Kind.URGENT, Level.EMERGENCY: Kind.EMERGENCY}


class CarerReporter:
    """Watches an assistant, and hands each new status to ``send``.

    ``run`` is eight hexadecimal digits that no other run of the program has. ``summary`` is
    what the diary says now.
    """

    def __init__(
        self,
        context: Context,
        send: Callable[[bytes], None],
        summary: Callable[[], Summary],
        run: str,
    ) -> None:
        self._context = context
        self._send = send
        self._summary = summary
        self._run = run
        self._raised = 0
        self._alerts: deque[tuple[str, Kind, float]] = deque(maxlen=REPEATED)
        self._advised: tuple[Level, float] | None = None
        self._sent: tuple[object, ...] = ()
        self._sent_at_s = 0.0
        self.hears = True

    def heard(self, event: Event, before: State, after: State) -> None:
        """Note that an event led from the state ``before`` to the state ``after``."""
        if is_late(before, event):
            return
        if asks_for_help(self._context, event, before) and not self._just_called(event.at_s):
            self._raise(Kind.HELP, event.at_s)
        reached = _reached(before, after)
        if reached in _KINDS:
            self._raise(_KINDS[reached], event.at_s)
        levels = [level for level in (reached, _told(before, after)) if level is not None]
        if levels:
            self._advised = max(levels), event.at_s

    def tick(self, now_s: float, state: State) -> None:
        """Send a status if there is anything new, or the last one is :data:`EVERY_S` old."""
        cramp = _cramp(state)
        now = (cramp, self.hears, self._advised, self._raised, isinstance(state, Asleep))
        if now == self._sent and now_s - self._sent_at_s < EVERY_S:
            return
        self._sent, self._sent_at_s = now, now_s
        advised = self._advised
        status = Status(
            cramp=cramp,
            hears=self.hears,
            advised=None if advised is None else Advised(advised[0], now_s - advised[1]),
            alerts=tuple(Raised(name, kind, now_s - at_s) for name, kind, at_s in self._alerts),
            counts=_counts(self._summary()),
        )
        self._send(encode(status))

    def _just_called(self, at_s: float) -> bool:
        calls = (at_s - raised_s for _, kind, raised_s in self._alerts if kind is Kind.HELP)
        return any(ago_s < SAME_CALL_S for ago_s in calls)

    def _raise(self, kind: Kind, at_s: float) -> None:
        self._raised += 1
        self._alerts.append((f"{self._run}-{self._raised}", kind, at_s))


def asks_for_help(context: Context, event: Event, state: State) -> bool:
    """Whether the person asks Charley to call someone, in words recognised in ``state``."""
    match event:
        case WakeHeard(uncalled=False):
            doubtful = False
        case SpeechHeard():
            doubtful = event.doubtful
        case _:
            return False
    grammar = context.script.grammars[prompt_of(state, context).grammar]
    return any(_is_call(m, doubtful=doubtful) for m in meanings(grammar, event.words))


def _is_call(meaning: Meaning, *, doubtful: bool) -> bool:
    match meaning:
        case Command.CALL_SOMEBODY:
            return True
        case Statement(question=question, answer=Answer.YES):
            return question == _AMBULANCE and not doubtful
        case _:
            return False


def _reached(before: State, after: State) -> Level | None:
    """The level that was just reached, or reached again in a later conversation."""
    was, now = _night(before), _night(after)
    rose = (now.level, now.at_s) != (was.level, was.at_s)
    return now.level if rose and now.level > Level.NO_URGENT_SIGN_HEARD else None


def _told(before: State, after: State) -> Level | None:
    """The level of the advice that Charley has just begun to give."""
    if not isinstance(after, Advising | Emergency):
        return None
    known = isinstance(before, Advising | Emergency) and before.assessment == after.assessment
    return None if known else after.assessment.level


def _night(state: State) -> Night:
    return state.night if isinstance(state, Asleep) else state.session.night


def _cramp(state: State) -> bool:
    if isinstance(state, Asleep) or state.session.cramp is Cramp.GONE:
        return False
    course = state.session.course
    return course.cramp_at_s is not None and course.relief_s is None


def _counts(summary: Summary) -> Counts | None:
    if summary.readable is not Readable.YES:
        return None
    return Counts(summary.lately, summary.before, summary.last_ago_s)
