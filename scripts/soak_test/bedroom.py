"""Every sound in the bedroom but Charley's: the night's noises, and the sleepers with cramps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from scripts.soak_test.night import Cramp, Night, Passage
from scripts.soak_test.sounds import Bank
from scripts.watching import voiced_end
from voice.audio.samples import RATE_HZ, from_float, samples_of
from voice.simulation.acoustics import Wave, ratio
from voice.simulation.scenario import Reply, Scenario, SleeperVoice
from voice.simulation.scenario_audio import Render, voices_of
from voice.simulation.simulated_user import SimulatedUser

CALLS: Final = 3
"""How many times a sleeper with a cramp says the wake phrase before giving up."""

HEARD_WITHIN_S: Final = 3.0
"""A call that has not woken Charley this long after its end was missed."""

OVER_AFTER_S: Final = 2.0
"""Once Charley has been asleep again for this long, the conversation is over."""

CALL_AFTER_S: Final = 0.5


@dataclass(frozen=True)
class Part:
    """A scenario as one sleeper plays it, and the audio of their replies.

    ``voiced``: for each utterance, the sample after its last voiced one.
    """

    scenario: Scenario
    voices: Mapping[Reply, Wave]
    voiced: Mapping[str, int]
    call_ends: int
    """The sample, from the beginning, at which the wake phrase ends."""


def prepare(cramp: Cramp, scenario: Scenario, render: Render) -> Part:
    """Prepare a scenario's audio, in the voice and at the level of a cramp's sleeper."""
    played = msgspec.structs.replace(
        scenario,
        voice=SleeperVoice(name=cramp.voice, level_dbfs=cramp.level_dbfs),
        reply=tuple(_as_at_night(reply, scenario) for reply in scenario.reply),
    )
    voices = voices_of(played, Path(), render)
    voiced = {reply.says or "": voiced_end(from_float(wave)) for reply, wave in voices.items()}
    call = next(reply for reply in played.reply if reply.at_s is not None)
    return Part(played, voices, voiced, samples_of(CALL_AFTER_S) + len(voices[call]))


def _as_at_night(reply: Reply, scenario: Scenario) -> Reply:
    """A reply as it is given in a noisy night.

    The wake phrase comes at once. A sleeper with only one answer to a question repeats it
    whenever they are asked: in noise they are asked again, and would not change their mind.
    """
    if reply.at_s is not None:
        return msgspec.structs.replace(reply, at_s=CALL_AFTER_S, wait_s=0.0)
    same = [other for other in scenario.reply if other.to == reply.to]
    is_question = reply.to is not None and reply.to.startswith("ask_") and "*" not in reply.to
    if is_question and len(same) == 1:
        return msgspec.structs.replace(reply, times="always")
    return reply


@dataclass
class Calling:
    """A cramp in progress: number of calls, end of the last one, and whether it was heard."""

    cramp: Cramp
    part: Part
    sleeper: SimulatedUser
    began: int
    call_ends: int
    calls: int = 1
    answered: bool = False
    quiet: int = 0


@dataclass(frozen=True)
class Told:
    """The outcome of a cramp. ``missed`` counts the calls that did not wake Charley."""

    cramp: Cramp
    scenario: Scenario
    ended: int
    calls: int
    missed: int
    answered: bool


@dataclass
class Bedroom:
    """Implements :class:`voice.simulation.room.Occupant` for a whole night.

    ``parts`` has a part for each cramp of the night.
    """

    night: Night
    bank: Bank
    parts: Mapping[Cramp, Part]
    calling: Calling | None = None
    spoken_until: int = 0
    """The sample after the last voiced one of the sleeper's latest utterance."""
    line_at: int = -1
    """The sample at which Charley began its latest line."""
    _next_passage: int = 0
    _next_cramp: int = 0
    _heard: list[Passage] = field(default_factory=list)

    def tick(self, clock: int, *, asleep: bool) -> Told | None:
        """Let a sleeper wake, call again or give up. Returns the outcome of a cramp that is over.

        Call it before every block. ``asleep``: Charley is listening for the wake phrase,
        and saying nothing.
        """
        if self.calling is None:
            if asleep and self._next_cramp < len(self.night.cramps):
                cramp = self.night.cramps[self._next_cramp]
                if clock >= cramp.start:
                    self._next_cramp += 1
                    self.calling = self._call(cramp, clock)
            return None
        return self._go_on(self.calling, clock, asleep=asleep)

    def woken(self) -> bool:
        """Charley has woken. True if a sleeper has called it, False if nobody has."""
        calling = self.calling
        if calling is None or calling.answered:
            return False
        calling.answered = True
        return True

    def hold_begun(self, clock: int) -> None:
        """Charley's next hold begins."""
        if self.calling is not None:
            self.calling.sleeper.hold_begun(clock - self.calling.began)

    def line_begun(self, key: str, at: int) -> None:
        """Charley begins that line at that sample."""
        self.line_at = at
        if self.calling is not None:
            self.calling.sleeper.line_begun(key, at - self.calling.began)

    def fell_silent(self, keys: tuple[str, ...], at: int) -> None:
        """Charley has finished those lines."""
        if self.calling is not None:
            self.calling.sleeper.fell_silent(keys, at - self.calling.began)

    def speech(self, start: int, count: int) -> Wave | None:
        """All sound in those samples; None for silence."""
        while (
            self._next_passage < len(self.night.passages)
            and self.night.passages[self._next_passage].start < start + count
        ):
            self._heard.append(self.night.passages[self._next_passage])
            self._next_passage += 1
        sound = None
        if self.calling is not None:
            sound = self.calling.sleeper.speech(start - self.calling.began, count)
        if not self._heard:
            return sound
        mixed = np.zeros(count, np.float32) if sound is None else sound
        for passage in self._heard:
            self._add(mixed, passage, start)
        self._heard = [p for p in self._heard if p.end > start + count]
        return mixed

    def _add(self, mixed: Wave, passage: Passage, start: int) -> None:
        wave = self.bank[passage.kind][passage.number]
        first, last = max(start, passage.start), min(start + len(mixed), passage.end)
        at = (first - passage.start) % len(wave)
        piece = wave[at : at + last - first]
        if len(piece) < last - first:
            piece = np.take(wave, range(at, at + last - first), mode="wrap")
        mixed[first - start : last - start] += piece * np.float32(ratio(passage.level_dbfs))

    def _call(self, cramp: Cramp, clock: int) -> Calling:
        part = self.parts[cramp]

        def told(at_s: float, words: str) -> None:
            self.spoken_until = clock + round(at_s * RATE_HZ) + part.voiced[words]

        sleeper = SimulatedUser(part.scenario.reply, part.voices, told)
        return Calling(cramp, part, sleeper, clock, clock + part.call_ends)

    def _go_on(self, calling: Calling, clock: int, *, asleep: bool) -> Told | None:
        if not calling.answered:
            if clock < calling.call_ends + samples_of(HEARD_WITHIN_S):
                return None
            if calling.calls < CALLS:
                again = self._call(calling.cramp, clock)
                self.calling = replace(again, calls=calling.calls + 1)
                return None
        elif not asleep or not calling.sleeper.is_done:
            calling.quiet = clock
            return None
        elif clock - calling.quiet < samples_of(OVER_AFTER_S):
            return None
        self.calling = None
        missed = calling.calls - calling.answered
        scenario = calling.part.scenario
        return Told(calling.cramp, scenario, clock, calling.calls, missed, calling.answered)
