"""Instrumented rehearsals: playback over time, and the cost of each step."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from voice.app.assembly import Components, assemble
from voice.app.assistant import Assistant
from voice.app.paths import prompts_folder
from voice.app.rehearsals import renderer, shipped_scenarios
from voice.app.settings import Settings
from voice.audio.samples import Samples, Track
from voice.simulation.rehearsal import Log, Rehearsal
from voice.simulation.report import Said
from voice.simulation.room import Room
from voice.simulation.scenario import Scenario, read_scenario

VOICED_WITHIN_DB: Final = 30.0
"""A frame counts as voiced if it is at most this far below the clip's loudest one."""

_FRAME: Final = 80


@contextmanager
def parts_of(settings: Settings) -> Iterator[Components]:
    """Every component but microphone and loudspeaker, with all prompts rendered."""
    with closing(assemble(settings)) as parts:
        parts.render()
        yield parts


def with_long_hold(settings: Settings) -> Settings:
    """The settings with holds of 60 s."""
    return replace(settings, general=replace(settings.general, hold_s=60.0))


@dataclass
class Watched:
    """A loudspeaker and an assistant that record each track and the cost of each step.

    ``silenced`` holds the samples at which the loudspeaker was told to stop.
    """

    speaker: Room
    step_cpu_s: list[float] = field(default_factory=list)
    tracks: list[tuple[int, Track]] = field(default_factory=list)
    silenced: list[int] = field(default_factory=list)

    def play(self, track: Track) -> None:
        """Record the sample at which the track begins, and play it."""
        self.tracks.append((self.speaker.clock, track))
        self.speaker.play(track)

    def halt(self) -> None:
        """Stop what is playing."""
        self.silenced.append(self.speaker.clock)
        self.speaker.halt()

    @property
    def position(self) -> int | None:
        """Samples of the track played so far."""
        return self.speaker.position

    def set_gain(self, gain_db: float) -> None:
        """Set the playback gain."""
        self.speaker.set_gain(gain_db)

    def mute(self, on: bool) -> None:  # noqa: FBT001 - as in the port
        """Mute the output while playback continues."""
        if on:
            self.silenced.append(self.speaker.clock)
        self.speaker.mute(on)


@dataclass
class Timed:
    """An assistant with the instrumented loudspeaker."""

    actor: Assistant
    watched: Watched

    def start(self) -> None:
        """Start listening."""
        self.actor.start()

    def step(self, block: Samples) -> None:
        """Hear a block, and record its processor time."""
        began = time.process_time()
        self.actor.step(block)
        self.watched.step_cpu_s.append(time.process_time() - began)

    @property
    def state(self) -> object:
        """The current state of the conversation."""
        return self.actor.state


@dataclass(frozen=True)
class Talk:
    """An instrumented rehearsal: its audio, and what was said when."""

    scenario: Scenario
    sound: Samples
    watched: Watched
    said: list[Said]
    speedup: float


def talk(parts: Components, scenario: Scenario) -> Talk:
    """Rehearse a scenario with instruments attached."""
    said: list[Said] = []
    kept: list[Watched] = []

    def build(speaker: Room, log: Log) -> Timed:
        watched = Watched(speaker)
        kept.append(watched)
        return Timed(parts.assistant(watched, (log,), reference=speaker, on_line=log.line), watched)

    rehearsal = Rehearsal(
        scenario,
        Path(),
        parts.script,
        build=build,
        render=renderer(parts),
        show=said.append,
    )
    outcome = rehearsal.run()
    return Talk(scenario, rehearsal.sound, kept[0], said, outcome.speedup)


def shipped(parts: Components, name: str) -> Scenario:
    """A scenario that ships."""
    return read_scenario(shipped_scenarios(prompts_folder() / parts.script.language)[name])


def voiced_end(samples: Samples) -> int:
    """The sample after the last 5 ms frame that is not much softer than the loudest."""
    frames = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME).astype(np.float64)
    power = (frames**2).mean(axis=1)
    voiced = np.flatnonzero(power >= power.max() * 10.0 ** (-VOICED_WITHIN_DB / 10.0))
    return int(voiced[-1] + 1) * _FRAME
