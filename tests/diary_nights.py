"""Nights for a diary to record: a machine with clocks, and what is said."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.app.night import Night as Bed
from voice.clocks import Clocks, Uptime
from voice.dialogue.diary import Readable
from voice.dialogue.states import Asleep, OpenFloor
from voice.diary.keeper import DiaryKeeper
from voice.diary.record import Record, records_of
from voice.diary.store import read_kept

DAY_S = 86_400.0
NOON_S = 1_790_078_400.0
"""Noon of 22 September 2026, in Greenwich."""


@dataclass
class Machine:
    """A wall clock and an uptime that a test sets by hand."""

    clock_s: float = NOON_S - 9 * 3600.0
    up: Uptime = field(default_factory=lambda: Uptime("first", 60.0))

    @property
    def clocks(self) -> Clocks:
        """Its clocks, as they are given to a diary."""
        return Clocks(lambda: self.clock_s, lambda: self.up)

    def pass_time(self, duration_s: float) -> None:
        """Let both clocks run on."""
        self.clock_s += duration_s
        self.up = replace(self.up, up_s=self.up.up_s + duration_s)

    def start_anew(self, clock_s: float) -> None:
        """Reboot after a power cut, with the wall clock at ``clock_s``."""
        self.clock_s = clock_s
        self.up = Uptime(f"{self.up.boot} again", 30.0)

    def keeper(self, path: Path | None) -> DiaryKeeper:
        """A diary on this machine that looks at its file often."""
        return DiaryKeeper(path, self.clocks, look_s=0.02)

    def opened(self, path: Path) -> DiaryKeeper:
        """A diary on this machine, once its file has been read."""
        keeper = self.keeper(path)
        ends_s = time.monotonic() + 20.0
        while keeper.summary().readable is Readable.NO:
            assert time.monotonic() < ends_s
            time.sleep(0.005)
        return keeper

    def records(self, path: Path) -> tuple[Record, ...]:
        """What the command line would read now."""
        up, began_at_s = self.clocks.run()
        kept = read_kept(path, up.boot, began_at_s)
        return records_of(kept, kept.began)


def until_answered(bed: Bed, *replies: str) -> None:
    """Hear Charley out, then answer, once for each reply."""
    for words in replies:
        bed.until_quiet()
        bed.say(words)


def a_cramp(bed: Bed, call: str = "hey charley my left calf", *replies: str) -> None:
    """A cramp that lets go in the first hold; then the replies, or a no to every question."""
    bed.say(call)
    bed.until_holding()
    bed.pass_time(5.0)
    bed.say("it's gone")
    until_answered(bed, *(replies or ["no"] * 8))
    bed.until(lambda: isinstance(bed.assistant.state, Asleep))
    bed.until_quiet()


def ask(bed: Bed, words: str) -> list[str]:
    """What Charley answers in the same breath as the call, before the open floor."""
    before = len(bed.said())
    bed.say(f"hey charley {words}")
    answer = bed.said()[before:]
    assert isinstance(bed.assistant.state, OpenFloor)
    until_answered(bed, "goodbye")
    bed.until_quiet()
    return [line for line in answer if line != "anything_else"]
