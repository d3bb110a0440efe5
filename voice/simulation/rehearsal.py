"""One rehearsal from beginning to end: the real loop in the simulated room.

The parts that listen, decide and speak are those that run at the bedside; only the microphone and
loudspeaker belong to the room. The clock is the room's samples.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from voice.audio.samples import BLOCK_S, BLOCK_SAMPLES, Samples
from voice.content.script import LineKey, Script
from voice.dialogue.actions import Action, StartHold
from voice.dialogue.events import Event, SilenceHeard, SpeechHeard, SpeechUnclear, WakeHeard
from voice.simulation.outcome import Outcome, level_given
from voice.simulation.report import Entry, Said, action_entry, event_entry, said_entry, write_report
from voice.simulation.room import Acoustics, Room
from voice.simulation.scenario import Scenario
from voice.simulation.scenario_audio import Render, noise_of, voices_of
from voice.simulation.simulated_user import SimulatedUser

AFTERWARDS_S: Final = 2.0
"""How much longer the room is listened to after the end, so that nothing is cut off."""

ASLEEP: Final = "asleep"

WOKEN: Final = "the wake phrase"
"""How the transcript words a wake phrase."""


class Actor(Protocol):
    """The assistant; :class:`voice.app.assistant.Assistant` is one."""

    def start(self) -> None:
        """Start listening."""
        ...

    def step(self, block: Samples) -> None:
        """Hear one block, and act on it."""
        ...

    @property
    def state(self) -> object:
        """The state of the dialogue; only the name of its class is used."""
        ...


class Log:
    """Records everything that happens, and shows the words as they are said.

    Implements :class:`voice.app.assistant.Observer`.
    """

    def __init__(self, script: Script, show: Callable[[Said], None]) -> None:
        self._script = script
        self._show = show
        self.transcript: list[Said] = []
        self.entries: list[Entry] = []
        self.lines: list[LineKey] = []
        self.wakes = 0
        self.on_hold: Callable[[], None] = lambda: None

    def event(self, event: Event) -> None:
        """Something was heard, or has come to an end."""
        self.entries.append(event_entry(event))
        match event:
            case WakeHeard():
                self.wakes += 1
                self._note(event.at_s, _wake_words(event))
            case SpeechHeard():
                doubt = ", in doubt" if event.doubtful else ""
                self._note(event.at_s, f'"{event.words}"{doubt}')
            case SpeechUnclear():
                self._note(event.at_s, "something unclear")
            case SilenceHeard():
                self._note(event.at_s, "nothing")
            case _:
                pass

    def action(self, at_s: float, action: Action) -> None:
        """Charley does something."""
        self.entries.append(action_entry(at_s, action))
        if isinstance(action, StartHold):
            self.on_hold()

    def line(self, at_s: float, key: LineKey) -> None:
        """Charley begins to say a line."""
        self.lines.append(key)
        said = Said(at_s, "Charley", self._script.text(key))
        self.entries.append(said_entry(said, key))
        self._add(said)

    def sleeper(self, at_s: float, words: str) -> None:
        """The sleeper begins to speak."""
        said = Said(at_s, "Sleeper", words)
        self.entries.append(said_entry(said))
        self._add(said)

    def _note(self, at_s: float, words: str) -> None:
        self._add(Said(at_s, "Heard", words))

    def _add(self, said: Said) -> None:
        self.transcript.append(said)
        self._show(said)


def _wake_words(event: WakeHeard) -> str:
    return f'{WOKEN}, and "{event.words}"' if event.words else WOKEN


Build = Callable[[Room, Log], Actor]
"""Builds the assistant for a room, with the log as its observer."""


class Rehearsal:
    """One scenario, ready to run. ``folder``: where its recordings are.

    The sleeper's words are rendered here, so that :meth:`run` only listens and speaks. ``show`` is
    given every line of the transcript as it is said. Without ``record`` no sound is kept, and none
    can be written.
    """

    def __init__(
        self,
        scenario: Scenario,
        folder: Path,
        script: Script,
        *,
        build: Build,
        render: Render,
        show: Callable[[Said], None],
        record: bool = True,
    ) -> None:
        self._scenario = scenario
        self._script = script
        self._log = Log(script, show)
        rng = np.random.default_rng(scenario.seed)
        noise = noise_of(scenario, folder, rng)
        voices = voices_of(scenario, folder, render)
        self._sleeper = SimulatedUser(scenario.reply, voices, self._log.sleeper)
        room = scenario.room
        acoustics = Acoustics(
            room.echo_gain_db,
            room.echo_delay_ms / 1000.0,
            room.reverberation_s,
            room.direct_to_reverberant_db,
        )
        self._room = Room(self._sleeper, acoustics, noise, rng, record=record)
        self._log.on_hold = lambda: self._sleeper.hold_begun(self._room.clock)
        self._actor = build(self._room, self._log)

    def run(self) -> Outcome:
        """Run the night until it is over or the time limit is reached."""
        began = time.perf_counter()
        self._actor.start()
        limit = round(self._scenario.time_limit_s / BLOCK_S)
        quiet, needed = 0, round(AFTERWARDS_S / BLOCK_S)
        for _ in range(limit):
            self._actor.step(self._room.read())
            quiet = quiet + 1 if self._is_over() else 0
            if quiet >= needed:
                break
        return Outcome(
            level=level_given(self._script, self._log.lines),
            state=self._state(),
            wakes=self._log.wakes,
            lines=tuple(self._log.lines),
            room_s=self._room.clock / (BLOCK_SAMPLES / BLOCK_S),
            took_s=time.perf_counter() - began,
        )

    @property
    def sound(self) -> Samples:
        """Both sides so far, shape (samples, 2): what Charley played, what its microphone heard."""
        return self._room.recording()

    @property
    def transcript(self) -> Sequence[Said]:
        """What has been said and heard so far."""
        return self._log.transcript

    def write(self, folder: Path, last_words: str) -> None:
        """Write the report; ``last_words`` end the transcript. Raises RehearsalError."""
        head = [self._scenario.title, *filter(None, [self._scenario.description]), ""]
        transcript = [*head, *map(str, self._log.transcript), "", last_words]
        write_report(folder, self._room.recording(), transcript, self._log.entries)

    def _is_over(self) -> bool:
        """Whether Charley is asleep again after everything in the scenario."""
        return (
            self._log.wakes > 0
            and self._sleeper.is_done
            and self._room.position is None
            and self._state() == ASLEEP
        )

    def _state(self) -> str:
        name = type(self._actor.state).__name__
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
