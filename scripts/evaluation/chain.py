"""Runs recordings through the whole listening chain, and keeps the evidence.

The chain is the bedside's own: voice gate, endpoint, recogniser and acceptance
rule. Its evidence is kept, so that other thresholds can be tried on it without
listening again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from scripts.corpus.conditions import Condition, Surroundings
from scripts.corpus.manifest import Recording
from scripts.progress import progress
from voice.audio.files import read_recording
from voice.audio.samples import RATE_HZ, Samples
from voice.content.interpret import understand
from voice.content.script import Grammar, GrammarKey
from voice.listening.acceptance import judge
from voice.listening.decision import Decision, Verdict
from voice.listening.grammar_fitting import Vocabulary
from voice.listening.listener import HeardUtterance
from voice.listening.offline import Hearing, name_of
from voice.listening.settings import AcceptanceSettings, ListeningSettings
from voice.ports import Hypothesis, KeywordSpotter, Recogniser, Utterance, VoiceGate

BELIEVED: Final = (Verdict.ACCEPTED, Verdict.DOUBTFUL)


@dataclass
class Clock:
    """Processor time spent on a part of the chain, and the seconds of audio it processed."""

    cpu_s: float = 0.0
    sound_s: float = 0.0


@dataclass(frozen=True)
class TimedGate:
    """A voice gate that measures its processor time."""

    gate: VoiceGate
    clock: Clock = field(default_factory=Clock)

    def probability(self, block: Samples) -> float:
        """The probability that the block holds speech."""
        began = time.process_time()
        probability = self.gate.probability(block)
        self.clock.cpu_s += time.process_time() - began
        self.clock.sound_s += len(block) / RATE_HZ
        return probability

    def reset(self) -> None:
        """Forget the previous blocks."""
        self.gate.reset()


@dataclass(frozen=True)
class TimedRecogniser:
    """A recogniser that measures its processor time."""

    recogniser: Recogniser
    clock: Clock = field(default_factory=Clock)

    def knows(self, word: str) -> bool:
        """Whether the model knows that word at all."""
        return self.recogniser.knows(word)

    def begin(self, phrases: Sequence[str]) -> Utterance:
        """Begin an utterance."""
        began = time.process_time()
        utterance = _TimedUtterance(self.recogniser.begin(phrases), self.clock)
        self.clock.cpu_s += time.process_time() - began
        return utterance


@dataclass(frozen=True)
class _TimedUtterance:
    utterance: Utterance
    clock: Clock

    def accept(self, samples: Samples) -> None:
        began = time.process_time()
        self.utterance.accept(samples)
        self.clock.cpu_s += time.process_time() - began
        self.clock.sound_s += len(samples) / RATE_HZ

    def partial(self) -> str:
        return self._timed(self.utterance.partial)

    def finish(self) -> tuple[Hypothesis, ...]:
        began = time.process_time()
        found = self.utterance.finish()
        self.clock.cpu_s += time.process_time() - began
        return found

    def _timed(self, call: Callable[[], str]) -> str:
        began = time.process_time()
        found = call()
        self.clock.cpu_s += time.process_time() - began
        return found


@dataclass(frozen=True)
class TimedSpotter:
    """A keyword spotter that measures its processor time."""

    spotter: KeywordSpotter
    clock: Clock = field(default_factory=Clock)

    def spot(self, samples: Samples) -> Mapping[str, float]:
        """The log-odds of each keyword in an utterance."""
        began = time.process_time()
        found = self.spotter.spot(samples)
        self.clock.cpu_s += time.process_time() - began
        self.clock.sound_s += len(samples) / RATE_HZ
        return found


@dataclass(frozen=True)
class Ear:
    """What to listen with. ``acceptance`` and ``listening`` are the settings to measure."""

    gate: TimedGate
    recogniser: TimedRecogniser
    listening: ListeningSettings
    acceptance: AcceptanceSettings
    spotter: TimedSpotter | None
    whole: Clock = field(default_factory=Clock)
    """Of the whole chain; its audio is that of the recordings."""
    voice: Clock = field(default_factory=Clock)
    """Its audio is the speech found in them."""

    def hear(self, key: GrammarKey, vocabulary: Vocabulary, samples: Samples) -> Heard:
        """Run one recording."""
        hearing = Hearing(
            self.gate,
            self.recogniser,
            key,
            vocabulary,
            self.listening,
            self.acceptance,
            self.spotter,
        )
        began = time.process_time()
        utterances = hearing.utterances(samples)
        self.whole.cpu_s += time.process_time() - began
        self.whole.sound_s += len(samples) / RATE_HZ
        self.voice.sound_s += sum(u.evidence.voice_s for u in utterances)
        return Heard(utterances, len(samples) / RATE_HZ)


@dataclass(frozen=True)
class Heard:
    """Every utterance of a recording, and how long the recording was."""

    utterances: tuple[HeardUtterance, ...]
    duration_s: float


@dataclass(frozen=True)
class Listened:
    """A recording, and its evidence."""

    recording: Recording
    heard: Heard


def listen_to(
    title: str,
    recordings: Sequence[Recording],
    hear: Callable[[Samples], Heard],
    surroundings: Surroundings,
    condition: Condition,
) -> list[Listened]:
    """Run recordings in that condition. Raises RecordingError for one that cannot be read."""
    found: list[Listened] = []
    for recording in progress(title, recordings):
        samples = surroundings.heard_in(condition, read_recording(recording.path), recording.file)
        found.append(Listened(recording, hear(samples)))
    return found


@dataclass(frozen=True)
class Outcome:
    """How a recording is understood under some settings.

    ``heard`` is the name of the first meaning that was believed, None if there was
    none; ``doubtful`` whether it is read back. ``unclear``: nothing was
    believed, and Charley would reprompt. ``answers`` and ``clear_answers`` count
    the utterances believed, and believed outright.
    """

    heard: str | None
    doubtful: bool
    unclear: bool
    answers: int
    clear_answers: int


def outcome(heard: Heard, grammar: Grammar, settings: AcceptanceSettings) -> Outcome:
    """Judge the evidence with the bedside's own rule."""
    judged = [judge(grammar, u.evidence, settings) for u in heard.utterances]
    believed = [j for j in judged if j.verdict in BELIEVED and j.meaning is not None]
    clear = sum(j.verdict is Verdict.ACCEPTED for j in believed)
    first = believed[0] if believed else Decision(Verdict.NOT_SPEECH)
    return Outcome(
        heard=None if first.meaning is None else name_of(first.meaning),
        doubtful=first.verdict is Verdict.DOUBTFUL,
        unclear=not believed and any(j.verdict is Verdict.REFUSED for j in judged),
        answers=len(believed),
        clear_answers=clear,
    )


def expected_of(grammar: Grammar, label: str) -> str | None:
    """The meaning expected of a recording of ``label``; None if it is not a phrase."""
    understood = understand(grammar, label)
    return name_of(understood.meaning) if understood is not None and understood.whole else None
