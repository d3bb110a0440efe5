"""Watches a night go by, and keeps of it no more than a few numbers."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from scripts.soak_test.bedroom import Bedroom, Told
from voice.audio.samples import BLOCK_S, BLOCK_SAMPLES, RATE_HZ
from voice.content.script import Level, LineKey, Script
from voice.devices.sounddevice_streams import OUTPUT_LATENCY_S
from voice.dialogue.actions import Action, StartHold
from voice.dialogue.events import Event, SpeechHeard, WakeHeard
from voice.simulation.outcome import Outcome, level_given, problems
from voice.simulation.rehearsal import ASLEEP

_KILOBYTE: Final = 1024


@dataclass(frozen=True)
class Reply:
    """How long Charley took to reply to something it understood."""

    at_s: float
    latency_s: float


@dataclass(frozen=True)
class Conversation:
    """What came of a cramp. ``problems``: all that went otherwise than the scenario says."""

    told: Told
    level: Level | None
    problems: tuple[str, ...]

    @property
    def milder(self) -> bool:
        """Whether the advice was milder than it should have been."""
        expected = self.told.scenario.expect.advice
        return expected is not None and (self.level is None or self.level < expected)


@dataclass
class Watch:
    """Implements :class:`voice.app.assistant.Observer`. Times are seconds of the night."""

    bedroom: Bedroom
    script: Script
    false_wakes_s: list[float] = field(default_factory=list)
    conversations: list[Conversation] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    slowest_step_s: float = 0.0
    clock: int = 0
    _lines: list[LineKey] = field(default_factory=list)
    _understood: bool = False
    _owed_s: float | None = None

    def event(self, event: Event) -> None:
        """Something has been heard."""
        match event:
            case WakeHeard():
                self._understood = True
                self._lines.clear()
                if not self.bedroom.woken():
                    self.false_wakes_s.append(event.at_s)
            case SpeechHeard():
                self._understood = True
            case _:
                pass

    def action(self, _at_s: float, action: Action) -> None:
        """Something is being done."""
        if isinstance(action, StartHold):
            self.bedroom.hold_begun(self.clock)

    def line(self, _at_s: float, key: LineKey) -> None:
        """Charley begins to say a line."""
        self._lines.append(key)

    def stepped(self, took_s: float) -> None:
        """A block has been heard, at the cost of so much processor time."""
        self.slowest_step_s = max(self.slowest_step_s, took_s)
        self._owed_s = took_s if self._understood else None
        self._understood = False

    def replied(self) -> None:
        """The next block has been played: note the reply that begins in it, if one was owed."""
        if self._owed_s is None:
            return
        decided = self.clock - BLOCK_SAMPLES
        waited = decided - self.bedroom.spoken_until
        # What was believed before its last sound, or long after it, tells nothing of the delay.
        if self.bedroom.line_at == decided and 0 <= waited < RATE_HZ:
            latency_s = waited / RATE_HZ + self._owed_s + OUTPUT_LATENCY_S
            self.replies.append(Reply(decided / RATE_HZ, latency_s))

    def over(self, told: Told) -> None:
        """A cramp is over: judge what came of it."""
        level = level_given(self.script, self._lines)
        outcome = Outcome(level, ASLEEP, 1, tuple(self._lines), 0.0, 0.0)
        wrong = problems(told.scenario.expect, outcome) if told.answered else ("nobody came",)
        self.conversations.append(Conversation(told, level, wrong))
        self._lines.clear()


def own_memory_mb() -> float:
    """Memory that is the process's own and in use, in MB.

    Not the files and libraries it has mapped. What was freed is given back to the
    system first: a decoder that had much to weigh for a moment is no leak.
    """
    ctypes.CDLL(None).malloc_trim(0)
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("RssAnon:"))
    return int(kilobytes) * _KILOBYTE / 1e6


def blocks_in(duration_s: float) -> int:
    """Whole blocks in a time."""
    return int(duration_s / BLOCK_S)
