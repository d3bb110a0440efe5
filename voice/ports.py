"""What the core needs from outside: small Protocols, one for each library behind them.

The adapters in :mod:`voice.engines` and :mod:`voice.devices` implement them, and so do the
simulated rooms in :mod:`voice.simulation`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

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
        """Stop playback without a click."""
        ...

    @property
    def position(self) -> int | None:
        """Samples of the track handed to the device so far; None when idle."""
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
    """Removes Charley's own voice from the microphone signal."""

    def clean(self, heard: Samples, played: Samples) -> Samples:
        """The microphone block ``heard`` without the echo of ``played``.

        ``played`` is the far-end reference: the samples that went to the loudspeaker while
        ``heard`` was captured, or slightly before. The output may lag by a few milliseconds.
        """
        ...


class VoiceGate(Protocol):
    """Voice activity detection (VAD), block by block."""

    def probability(self, block: Samples) -> float:
        """The probability that the block holds a voice, 0 to 1. Keeps state between blocks."""
        ...

    def reset(self) -> None:
        """Forget all earlier blocks."""
        ...


@dataclass(frozen=True)
class HeardWord:
    """A word with its times in seconds from the first sample of its utterance."""

    word: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Hypothesis:
    """One entry of an n-best list. ``score`` is a log-likelihood: larger is better."""

    words: tuple[HeardWord, ...]
    score: float

    @property
    def text(self) -> str:
        """The words, joined by spaces."""
        return " ".join(w.word for w in self.words)


class Utterance(Protocol):
    """One utterance in progress in a recogniser."""

    def accept(self, samples: Samples) -> None:
        """Decode more samples, any number of them."""
        ...

    def partial(self) -> str:
        """The best hypothesis so far; it may still change."""
        ...

    def finish(self) -> tuple[Hypothesis, ...]:
        """Close the utterance and return its n-best list, best first; empty if nothing was said."""
        ...


class Recogniser(Protocol):
    """Speech to words, with a vocabulary known in advance."""

    def knows(self, word: str) -> bool:
        """Whether the word is in the model's vocabulary."""
        ...

    def begin(self, phrases: Sequence[str]) -> Utterance:
        """Begin an utterance: one of ``phrases``, or speech that matches none of them."""
        ...


class KeywordSpotter(Protocol):
    """A second ear: it knows a few keywords by their sound, and nothing of grammars."""

    def spot(self, samples: Samples) -> Mapping[str, float]:
        """The log-odds that an utterance contains each keyword; above 0, more likely than not."""
        ...


EngineName = Literal["natural", "espeak"]
"""What turns text into speech: Hibari, or espeak-ng."""

USUAL_VOICE: Final = ""
"""The voice that an engine speaks in if none is named."""


@dataclass(frozen=True)
class VoiceStyle:
    """How the synthesizer speaks: the name of the voice, its rate in words per minute, its pitch.

    ``semitones`` above the voice's own pitch; 12 are an octave, a negative number is lower.
    """

    voice: str
    words_per_minute: int
    semitones: int = 0


class Synthesizer(Protocol):
    """Text to speech, ahead of time."""

    @property
    def version(self) -> str:
        """Name and version of the engine; part of the key of a rendered clip."""
        ...

    def render(self, text: str, style: VoiceStyle) -> Clip:
        """Render one line within a time limit. Raises SynthesisError."""
        ...

    def prepare(self) -> None:
        """Get ready for a line that may come soon. Never blocks or fails."""
        ...

    def close(self) -> None:
        """Shut the engine down. Safe to call twice."""
        ...
