"""Observes a night, and keeps only a few numbers of it."""

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
    """Charley's delay in replying to something it understood."""

    at_s: float
    latency_s: float


@dataclass(frozen=True)
class Conversation:
    """The result of a cramp. ``problems``: every deviation from the scenario."""

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
        """Record an event."""
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
        """Record an action."""
        if isinstance(action, StartHold):
            self.bedroom.hold_begun(self.clock)

    def line(self, _at_s: float, key: LineKey) -> None:
        """Record that Charley begins a line."""
        self._lines.append(key)

    def stepped(self, took_s: float) -> None:
        """Record a block and its processor time."""
        self.slowest_step_s = max(self.slowest_step_s, took_s)
        self._owed_s = took_s if self._understood else None
        self._understood = False

    def replied(self) -> None:
        """The next block has been played: record the reply that begins in it, if one was due."""
        if self._owed_s is None:
            return
        decided = self.clock - BLOCK_SAMPLES
        waited = decided - self.bedroom.spoken_until
        # An utterance believed before its end, or long after it, says nothing about the delay.
        if self.bedroom.line_at == decided and 0 <= waited < RATE_HZ:
            latency_s = waited / RATE_HZ + self._owed_s + OUTPUT_LATENCY_S
            self.replies.append(Reply(decided / RATE_HZ, latency_s))

    def over(self, told: Told) -> None:
        """A cramp is over: evaluate its outcome."""
        level = level_given(self.script, self._lines)
        outcome = Outcome(level, ASLEEP, 1, tuple(self._lines), 0.0, 0.0)
        wrong = problems(told.scenario.expect, outcome) if told.answered else ("nobody came",)
        self.conversations.append(Conversation(told, level, wrong))
        self._lines.clear()


def own_memory_mb() -> float:
    """The process's own memory in use, in MB.

    Without the files and libraries it has mapped. Freed memory is returned to the
    system first: a decoder that needed much for a moment is not a leak.
    """
    ctypes.CDLL(None).malloc_trim(0)
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("RssAnon:"))
    return int(kilobytes) * _KILOBYTE / 1e6


def blocks_in(duration_s: float) -> int:
    """The number of whole blocks in a time."""
    return int(duration_s / BLOCK_S)
