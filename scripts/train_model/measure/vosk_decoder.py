"""libvosk as the assistant uses it, for measuring a model folder."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scripts.train_model.dataset.audio import SAMPLE_RATE_HZ, Samples, to_pcm16

UNKNOWN = "[unk]"

_BEFORE_S = 0.2
_AFTER_S = 0.5
_BLOCK_SAMPLES = 3200


@dataclass(frozen=True, slots=True)
class Word:
    """A word heard, with libvosk's confidence."""

    text: str
    confidence: float


class VoskDecoder:
    """One libvosk model, listening with one grammar at a time."""

    def __init__(self, model: Path) -> None:
        import vosk

        vosk.SetLogLevel(-1)
        self._vosk = vosk
        began = time.perf_counter()
        self._model = vosk.Model(str(model))
        self.load_s = time.perf_counter() - began

    def listen_for(self, phrases: Sequence[str]) -> Callable[[Samples], list[Word]]:
        """Return a function from audio to the words recognised of ``phrases`` and "[unk]"."""
        recogniser = self.recogniser(phrases)
        recogniser.SetWords(enable_words=True)

        def heard(samples: Samples) -> list[Word]:
            words: list[Word] = []
            for final in blocks(recogniser, padded(samples)):
                words += [Word(w["word"], w["conf"]) for w in final.get("result", ())]
            return words

        return heard

    def recogniser(self, phrases: Sequence[str]) -> Any:
        """A plain libvosk recogniser for ``phrases`` and "[unk]"."""
        return self._vosk.KaldiRecognizer(
            self._model, SAMPLE_RATE_HZ, json.dumps([*phrases, UNKNOWN])
        )


def blocks(recogniser: Any, samples: Samples) -> Iterable[dict[str, Any]]:
    """Feed ``samples`` in 0.2 s blocks and yield every final result."""
    pcm = to_pcm16(samples)
    for start in range(0, len(pcm), _BLOCK_SAMPLES):
        if recogniser.AcceptWaveform(pcm[start : start + _BLOCK_SAMPLES].tobytes()):
            yield json.loads(recogniser.Result())
    yield json.loads(recogniser.FinalResult())


def padded(samples: Samples) -> Samples:
    """Add near-silence around a clip that was cut close to the word."""
    rng = np.random.default_rng(len(samples))
    before = rng.normal(0, 1e-4, round(_BEFORE_S * SAMPLE_RATE_HZ))
    after = rng.normal(0, 1e-4, round(_AFTER_S * SAMPLE_RATE_HZ))
    return np.concatenate([before, samples, after]).astype(np.float32)


def answer(words: Sequence[Word]) -> str:
    """The phrase recognised, or an empty string if there was none or "[unk]" was in it."""
    texts = [word.text for word in words]
    return "" if UNKNOWN in texts else " ".join(dict.fromkeys(texts))


@dataclass(frozen=True, slots=True)
class Alternative:
    """One hypothesis for a clip: its words and its log score, graph and acoustics together."""

    text: str
    score: float


def alternatives(recogniser: Any, samples: Samples) -> list[Alternative]:
    """The n-best list of a whole clip, best first.

    The recogniser must have ``SetMaxAlternatives`` switched on.
    """
    found: list[Alternative] = []
    for final in blocks(recogniser, padded(samples)):
        ways = [Alternative(w["text"].strip(), w["confidence"]) for w in final["alternatives"]]
        if any(way.text for way in ways) and not found:
            found = ways
    return found
