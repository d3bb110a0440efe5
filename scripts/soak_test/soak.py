"""Runs a night in the simulated room, and measures it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from scripts.progress import progress
from scripts.soak_test.bedroom import Bedroom, prepare
from scripts.soak_test.night import Night, draw_night
from scripts.soak_test.sounds import make_bank
from scripts.soak_test.watch import Conversation, Reply, Watch, blocks_in, own_memory_mb
from scripts.watching import shipped
from voice.app.assembly import Components
from voice.app.dialogue_assembly import build_dialogue
from voice.app.rehearsals import renderer
from voice.app.settings import Settings
from voice.content.script import Script
from voice.dialogue.actions import Action
from voice.dialogue.events import Event
from voice.dialogue.states import Asleep, State
from voice.simulation.noise import NoiseKind, make_noise
from voice.simulation.room import Acoustics, Room

HISS_DBFS: Final = -66.0
"""The sound of the room itself."""

SAMPLE_EVERY_S: Final = 60.0
"""How often memory is sampled, and progress reported."""


@dataclass(frozen=True)
class Soaked:
    """A finished night.

    ``memory_mb``: after every minute of it; ``lines_mb``: the part of it used by rendered
    lines, which are bounded.
    """

    night: Night
    false_wakes_s: list[float]
    conversations: list[Conversation]
    replies: list[Reply]
    slowest_step_s: float
    memory_mb: list[float]
    lines_mb: list[float]
    cpu_s: float
    wall_s: float

    @property
    def night_s(self) -> float:
        """How long the night was."""
        return len(self.memory_mb) * SAMPLE_EVERY_S


class Forgetful:
    """A dialogue that remembers nothing of the previous sleeper.

    Otherwise the advice to one of them would override what the next one says, and a
    single mistake would be counted again with every later cramp of the night.
    """

    def __init__(self, script: Script, settings: Settings) -> None:
        self._script = script
        self._settings = settings
        self._dialogue = build_dialogue(script, settings)

    @property
    def state(self) -> State:
        """The current state of the conversation."""
        return self._dialogue.state

    def start(self) -> tuple[Action, ...]:
        """Start listening for the next sleeper."""
        self._dialogue = build_dialogue(self._script, self._settings)
        return self._dialogue.start()

    def handle(self, event: Event) -> tuple[Action, ...]:
        """The actions for an event. Raises DialogueError if it is not possible now."""
        return self._dialogue.handle(event)


def soak(parts: Components, hours: float, seed: int, noise: Path | None) -> Soaked:
    """A night of that many hours. Raises SoakError for noise that cannot be read."""
    rng = np.random.default_rng(seed)
    render = renderer(parts)
    bank = make_bank(render, rng, noise)
    night = draw_night(hours, {kind: [len(w) for w in bank[kind]] for kind in bank}, rng)
    played = {c: prepare(c, shipped(parts, c.scenario), render) for c in night.cramps}
    bedroom = Bedroom(night, bank, played)
    watch = Watch(bedroom, parts.script)
    hiss = make_noise(NoiseKind.PINK, HISS_DBFS, rng)
    room = Room(bedroom, Acoustics(), hiss, rng, record=False)
    director = Forgetful(parts.script, parts.settings)
    assistant = parts.assistant(
        room, (watch,), reference=room, on_line=watch.line, director=director
    )
    for line in parts.script.lines.values():
        # As after many nights: all the lines that are kept in memory are there already.
        parts.clips.kept(line.text)
    assistant.start()
    memory_mb: list[float] = []
    lines_mb: list[float] = []
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    for _ in progress("Minutes of the night", range(round(hours * 3_600.0 / SAMPLE_EVERY_S))):
        for _ in range(blocks_in(SAMPLE_EVERY_S)):
            asleep = isinstance(assistant.state, Asleep) and room.position is None
            told = bedroom.tick(room.clock, asleep=asleep)
            if told is not None:
                watch.over(told)
                assistant.start()
            heard = room.read()
            watch.clock = room.clock
            watch.replied()
            began_s = time.process_time()
            assistant.step(heard)
            watch.stepped(time.process_time() - began_s)
        memory_mb.append(own_memory_mb())
        lines_mb.append(assistant.mouth.lines_mb)
    return Soaked(
        night,
        watch.false_wakes_s,
        watch.conversations,
        watch.replies,
        watch.slowest_step_s,
        memory_mb,
        lines_mb,
        time.process_time() - cpu_s,
        time.perf_counter() - wall_s,
    )
