"""What the core asks of the world: small Protocols, one for each library behind them.

Adapters in :mod:`voice.engines` and :mod:`voice.devices`, and the rooms of :mod:`voice.simulation`
implement them alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from voice.audio.samples import Clip, Samples, Track


class Microphone(Protocol):
    """A stream of 16 kHz mono int16 blocks. Its samples are the audio clock."""

    def read(self) -> Samples:
        """Wait for the next :data:`voice.audio.samples.BLOCK_SAMPLES` samples.

        Raises MicrophoneError where the device gives no more.
        """
        ...

    def close(self) -> None:
        """Stop and release the device. Safe to call twice."""
        ...


class Speaker(Protocol):
    """Plays one track at a time, on a stream that stays open and is silent in between."""

    def play(self, track: Track) -> None:
        """Play from the track's sample 0, now; fade out what was playing, without a click."""
        ...

    def halt(self) -> None:
        """Stop what is playing, without a click."""
        ...

    @property
    def position(self) -> int | None:
        """Samples of the track handed to the device so far; None when nothing plays."""
        ...

    def set_gain(self, gain_db: float) -> None:
        """Play everything from now on at this gain, relative to how it was rendered."""
        ...

    def mute(self, on: bool) -> None:  # noqa: FBT001 - on or off is all there is to say
        """Silence the output while what is playing continues; fade, without a click."""
        ...


class FarEndReference(Protocol):
    """What the loudspeaker plays, as echo cancellation and a recording need it."""

    def take_played(self) -> Samples:
        """The next block that went to the device, silence included.

        To be called once for each block of the microphone, after that block was read.
        """
        ...


class EchoCanceller(Protocol):
    """Takes Charley's own voice out of what the microphone hears."""

    def clean(self, heard: Samples, played: Samples) -> Samples:
        """A block of the microphone without the echo of what was played.

        ``played`` are the samples that went to the loudspeaker while ``heard`` was
        heard, or somewhat before. What comes out may lag by some milliseconds.
        """
        ...


class VoiceGate(Protocol):
    """Tells voice from all other sound, block by block."""

    def probability(self, block: Samples) -> float:
        """How likely the block holds a voice, 0 to 1. Keeps state between blocks."""
        ...

    def reset(self) -> None:
        """Forget the blocks before."""
        ...


@dataclass(frozen=True)
class HeardWord:
    """A word with its times in seconds from the first sample of its utterance."""

    word: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Hypothesis:
    """One reading of an utterance. ``score`` is a log-likelihood: larger is better."""

    words: tuple[HeardWord, ...]
    score: float

    @property
    def text(self) -> str:
        """The words, joined by spaces."""
        return " ".join(w.word for w in self.words)


class Utterance(Protocol):
    """One utterance on its way through a recogniser."""

    def accept(self, samples: Samples) -> None:
        """Decode further samples, any number."""
        ...

    def partial(self) -> str:
        """The best reading so far; may still change."""
        ...

    def finish(self) -> tuple[Hypothesis, ...]:
        """Close the utterance: its readings, best first; empty where nothing was said."""
        ...


class Recogniser(Protocol):
    """Speech to words, with a vocabulary that is known beforehand."""

    def knows(self, word: str) -> bool:
        """Whether the model can hear that word at all."""
        ...

    def begin(self, phrases: Sequence[str]) -> Utterance:
        """Begin an utterance that is one of ``phrases``, or speech that is none of them."""
        ...


@dataclass(frozen=True)
class VoiceStyle:
    """How the synthesizer speaks: its voice's name, and words a minute."""

    voice: str
    words_per_minute: int


class Synthesizer(Protocol):
    """Text to speech, ahead of time."""

    @property
    def version(self) -> str:
        """Name and version of the engine; part of the key of a rendered clip."""
        ...

    def render(self, text: str, style: VoiceStyle) -> Clip:
        """Render one line. Raises SynthesisError where it cannot, within a time limit."""
        ...

    def close(self) -> None:
        """End the engine. Safe to call twice."""
        ...
