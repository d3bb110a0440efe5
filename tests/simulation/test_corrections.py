"""A no that is corrected, in the simulated room: what reaches the director.

The test's own director asks the questions, so that only the ears, the mouth and what lies
between them are under test.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from voice.app.assembly import Components
from voice.app.rehearsals import renderer
from voice.content.script import GrammarKey, LineKey
from voice.dialogue.actions import Action, Listen, ListenId, Say, UtteranceId
from voice.dialogue.events import Event, SpeechHeard, SpeechUnclear, UtteranceFinished
from voice.dialogue.states import Asleep, State
from voice.listening.settings import ListeningSettings
from voice.simulation.rehearsal import Actor, Log, Rehearsal
from voice.simulation.room import Room
from voice.simulation.scenario import Expectation, Reply, Scenario, SleeperVoice

pytest.importorskip("livekit")

SETTINGS = ListeningSettings()
LEARNT_FROM = tuple(map(LineKey, ("calf_pull", "ask_relief")))
ASKED = LineKey("ask_swollen")
NEXT = LineKey("ask_warm")


class Questions:
    """Asks a question, and then the next as soon as the answer is a clear no."""

    def __init__(self) -> None:
        self.heard: list[SpeechHeard | SpeechUnclear] = []
        self._number = 0

    @property
    def state(self) -> State:
        return Asleep()

    def start(self) -> tuple[Action, ...]:
        return self._say(*LEARNT_FROM)

    def handle(self, event: Event) -> tuple[Action, ...]:
        if isinstance(event, UtteranceFinished) and self._number == 1:
            return self._say(ASKED)
        if isinstance(event, SpeechHeard | SpeechUnclear):
            self.heard.append(event)
            is_no = isinstance(event, SpeechHeard) and event.words == "no" and not event.doubtful
            if is_no and len(self.heard) == 1:
                return self._say(NEXT)
        return ()

    def _say(self, *lines: LineKey) -> tuple[Action, ...]:
        self._number += 1
        number = self._number
        listen = Listen(ListenId(number), GrammarKey.ANSWER, None)
        return Say(UtteranceId(number), lines), listen


def rehearse(
    parts: Components, then: str | None, gap_s: float, voice: str
) -> tuple[Questions, Log]:
    questions, logs = Questions(), []

    def build(speaker: Room, log: Log) -> Actor:
        logs.append(log)
        return parts.assistant(
            speaker, (log,), reference=speaker, on_line=log.line, director=questions
        )

    scenario = Scenario(
        title="A correction",
        expect=Expectation(),
        voice=SleeperVoice(name=voice),
        reply=(Reply(to=str(ASKED), says="no", then=then, gap_s=gap_s),),
        time_limit_s=22.0,
    )
    Rehearsal(
        scenario,
        Path(),
        parts.script,
        build=build,
        render=renderer(parts),
        show=lambda _said: None,
        record=False,
    ).run()
    return questions, logs[0]


@pytest.mark.slow
@pytest.mark.parametrize("then", ["wait, yes", "my chest hurts"])
@pytest.mark.parametrize("gap_s", [0.1, 0.25])
def test_a_correction_in_the_same_breath_is_never_a_plain_no(
    parts: Components, then: str, gap_s: float
) -> None:
    for voice in ("en-us+m3", "en-us+f4"):
        (event,) = rehearse(parts, then, gap_s, voice)[0].heard
        if isinstance(event, SpeechHeard):
            assert {"no", then.rsplit(maxsplit=1)[-1]} <= set(event.words.split())


@pytest.mark.slow
@pytest.mark.parametrize("then", ["wait, yes", "my chest hurts"])
@pytest.mark.parametrize("gap_s", [0.5, 0.8, 1.2])
def test_a_correction_over_the_next_question_is_reported_with_its_start(
    parts: Components, then: str, gap_s: float
) -> None:
    for voice in ("en-us+m3", "en-us+f4"):
        first, *rest = rehearse(parts, then, gap_s, voice)[0].heard
        if isinstance(first, SpeechHeard) and not rest:
            # The no ended so softly that both were one utterance after all.
            assert {"no", then.rsplit(maxsplit=1)[-1]} <= set(first.words.split())
            continue
        assert isinstance(first, SpeechHeard)
        assert rest
        assert rest[0].began_at_s is not None
        assert -0.2 < rest[0].began_at_s - first.at_s < SETTINGS.correction_s


@pytest.mark.slow
def test_charley_is_not_interrupted_by_its_own_first_sound(parts: Components) -> None:
    questions, log = rehearse(parts, None, 0.5, "en-us+m3")
    assert [event.began_at_s is not None for event in questions.heard] == [True]
    assert log.lines == [*LEARNT_FROM, ASKED, NEXT]
