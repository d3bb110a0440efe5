"""Counts the Python calls that one block of the microphone passes through, and their modules.

The blocks are somebody calling Charley in a quiet room. The devices are stand-ins that
do nothing but hand over what they are given; the voice gate, the recogniser and the dialogue
are real, and their C code is not counted. Three blocks are of interest: a silent one, which is
nearly all of a night; one of the voice; and the one that wakes.

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
from voice.app.assembly import Parts
from voice.app.rehearsals import renderer
from voice.app.settings import Settings
from voice.audio.mixer import Mixer
from voice.audio.samples import BLOCK_SAMPLES, Samples, Track, silence
from voice.dialogue.actions import Action
from voice.dialogue.events import Event, WakeHeard
from voice.ports import VoiceStyle

CALLER: Final = VoiceStyle("en-us+m3", 150)
CALL: Final = "hey charley"
BEFORE_S: Final = 2.0
AFTER_S: Final = 2.0

_PACKAGE: Final = Path(voice.__file__).parent


class Silent:
    """A loudspeaker that nobody hears. Its clock is the microphone's."""

    def __init__(self) -> None:
        self._mixer = Mixer()
        self._played = np.zeros(BLOCK_SAMPLES, np.int16)

    def play(self, track: Track) -> None:
        """Begin a track."""
        self._mixer.play(track)

    def halt(self) -> None:
        """Stop it."""
        self._mixer.halt()

    @property
    def position(self) -> int | None:
        """Samples of the track played so far."""
        return self._mixer.position

    def set_gain(self, gain_db: float) -> None:
        """Play louder or softer."""
        self._mixer.set_gain(gain_db)

    def mute(self, on: bool) -> None:  # noqa: FBT001 - as in the port
        """Let nothing be heard while what is playing goes on."""
        self._mixer.mute(on)

    def take_played(self) -> Samples:
        """The block that went out while the microphone heard one."""
        return self._played

    def close(self) -> None:
        """Nothing to let go."""

    def pass_block(self) -> None:
        """Play a block, outside of what is counted."""
        self._played = self._mixer.pull(BLOCK_SAMPLES)


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
        """The modules that were passed, in alphabetical order."""
        return sorted({module for module, _ in self.calls})

    def count(self, work: Callable[[], None]) -> None:
        """Do the work, and count the calls of Charley's own functions in it."""

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
    if not path.is_relative_to(_PACKAGE):
        return None
    return ".".join(path.relative_to(_PACKAGE.parent).with_suffix("").parts)


class Woken:
    """An observer that knows whether Charley has just woken."""

    def __init__(self) -> None:
        self.woken = False

    def event(self, event: Event) -> None:
        """Take note of a wake."""
        self.woken = self.woken or isinstance(event, WakeHeard)

    def action(self, at_s: float, action: Action) -> None:
        """Nothing to note."""


def passages(parts: Parts) -> dict[str, Passage]:
    """What a silent block, a block of the voice and the block that wakes pass through.

    Raises RuntimeError where the call is not heard.
    """
    # As at the bedside: what can be said is in memory before anybody calls.
    parts.clips.load_all(line.text for line in parts.script.lines.values())
    speaker, observer = Silent(), Woken()
    assistant = parts.assistant(speaker, (observer,))
    assistant.start()
    said = renderer(parts)(CALL, CALLER).samples
    sound = np.concatenate([silence(BEFORE_S), said, silence(AFTER_S)])
    noise = np.random.default_rng(1).normal(scale=8.0, size=len(sound))
    blocks = np.split(
        (sound + noise).astype(np.int16)[: len(sound) // BLOCK_SAMPLES * BLOCK_SAMPLES],
        len(sound) // BLOCK_SAMPLES,
    )
    silent_at = round(BEFORE_S / 2 * len(blocks) / (len(sound) / 16_000))
    voice_at = round((BEFORE_S + len(said) / 32_000) * 16_000 / BLOCK_SAMPLES)
    found: dict[str, Passage] = {}
    for number, block in enumerate(blocks):
        passage = Passage()
        speaker.pass_block()
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
        description="Count the Python calls that one block of the microphone passes through,"
        " with a silent loudspeaker and somebody calling Charley.",
    )
    parser.add_argument(
        "--list", action="store_true", help="print every function of the block that wakes, too"
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
