"""Counts the Python calls that one microphone block passes through, and their modules.

The blocks are a call to Charley in a quiet room. The loudspeaker is the simulated
room's, which is not counted; the voice gate, the recogniser and the dialogue are real,
except for their C code. Three blocks are of interest: a silent one, as are
nearly all of a night; one of the voice; and the one that wakes Charley.

    python -m scripts.benchmarking.calls [--list]
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Final

import numpy as np

import voice
from scripts.watching import parts_of
from voice.app.assembly import Components
from voice.app.rehearsals import renderer
from voice.app.settings import Settings
from voice.audio.samples import BLOCK_SAMPLES, samples_of, silence
from voice.dialogue.actions import Action
from voice.dialogue.events import Event, WakeHeard
from voice.ports import VoiceStyle
from voice.simulation.room import Acoustics, Room
from voice.simulation.simulated_user import SimulatedUser

CALLER: Final = VoiceStyle("en-us+m3", 150)
CALL: Final = "hey charley"
BEFORE_S: Final = 2.0
AFTER_S: Final = 2.0

_PACKAGE: Final = Path(voice.__file__).parent


@dataclass
class Passage:
    """The calls of one block, by module and function."""

    calls: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """All calls."""
        return self.calls.total()

    @property
    def modules(self) -> list[str]:
        """The modules involved, in alphabetical order."""
        return sorted({module for module, _ in self.calls})

    def count(self, work: Callable[[], None]) -> None:
        """Do the work, and count its calls of Charley's own functions."""

        def note(frame: FrameType, event: str, _arg: object) -> None:
            if event == "call" and (name := _module(frame.f_code.co_filename)) is not None:
                self.calls[name, frame.f_code.co_qualname] += 1

        sys.setprofile(note)
        try:
            work()
        finally:
            sys.setprofile(None)


def _module(filename: str) -> str | None:
    path = Path(filename)
    if not path.is_relative_to(_PACKAGE) or path.is_relative_to(_PACKAGE / "simulation"):
        return None
    return ".".join(path.relative_to(_PACKAGE.parent).with_suffix("").parts)


class Woken:
    """An observer that knows whether Charley has just woken."""

    def __init__(self) -> None:
        self.woken = False

    def event(self, event: Event) -> None:
        """Record a wake."""
        self.woken = self.woken or isinstance(event, WakeHeard)

    def action(self, at_s: float, action: Action) -> None:
        """Do nothing."""


def passages(parts: Components) -> dict[str, Passage]:
    """The calls of a silent block, a block of the voice and the block that wakes.

    Raises RuntimeError if the call is not heard.
    """
    # As at the bedside: prompts are in memory before anyone calls.
    parts.clips.load_all(line.text for line in parts.script.lines.values())
    nobody = SimulatedUser((), {}, lambda _at_s, _words: None)
    room, observer = Room(nobody, Acoustics(), None, np.random.default_rng(1)), Woken()
    assistant = parts.assistant(room, (observer,), reference=room)
    assistant.start()
    said = renderer(parts)(CALL, CALLER).samples
    sound = np.concatenate([silence(BEFORE_S), said, silence(AFTER_S)])
    noise = np.random.default_rng(1).normal(scale=8.0, size=len(sound))
    blocks = np.split(
        (sound + noise).astype(np.int16)[: len(sound) // BLOCK_SAMPLES * BLOCK_SAMPLES],
        len(sound) // BLOCK_SAMPLES,
    )
    silent_at = samples_of(BEFORE_S / 2) // BLOCK_SAMPLES
    voice_at = (samples_of(BEFORE_S) + len(said) // 2) // BLOCK_SAMPLES
    found: dict[str, Passage] = {}
    for number, block in enumerate(blocks):
        passage = Passage()
        room.read()  # it plays a block; what it heard is not used
        passage.count(partial(assistant.step, block))
        if number == silent_at:
            found["a silent block"] = passage
        if number == voice_at:
            found["a block of the voice"] = passage
        if observer.woken:
            found["the block that wakes"] = passage
            return found
    raise RuntimeError(f"{CALL!r} was not heard")


def main(argv: Sequence[str] | None = None) -> int:
    """Count, and print."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.benchmarking.calls",
        description="Count the Python calls that one microphone block passes through,"
        " with a silent loudspeaker and a call to Charley.",
    )
    parser.add_argument(
        "--list", action="store_true", help="also print every function of the block that wakes"
    )
    args = parser.parse_args(argv)
    with parts_of(Settings()) as parts:
        found = passages(parts)
    for name, passage in found.items():
        print(f"{name}: {passage.total} calls in {len(passage.modules)} modules")
    if args.list:
        for (module, function), count in sorted(found["the block that wakes"].calls.items()):
            print(f"{count:4d} {module}:{function}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
