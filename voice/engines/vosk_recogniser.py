"""The recogniser port on Vosk: a model folder in, the n-best list of an utterance out.

Laws of this file:

- Where model files are missing or damaged, Vosk ends the process, or prints and
  carries on half loaded. So the files are checked first, and what Vosk wrote while
  loading is read afterwards; none of it reaches the terminal.
- A grammar is always the phrases and ``[unk]``. Vosk silently drops a word that the
  model lacks, so such a word is an error here.
- From a grammar Vosk learns which word follows which, and how often (a bigram model,
  in which half of the weight at each place goes to any word at all). So a phrase that
  adds no new pair of words is left out: otherwise the hundred phrases of a family would
  make "no" a hundred times less likely. And short phrases count more than once,
  since a piece of a longer one costs about as much: "not" beside "nah".
- Every utterance gets its own recogniser. Making one takes a few milliseconds, less
  than resetting an old one.
- The decoder needs some quiet before and after the words, or it loses the first and
  the last sound. Times do not include the quiet added in front.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
import numpy as np

from voice.audio.samples import RATE_HZ, Samples, samples_of
from voice.content.script import UNKNOWN_WORD
from voice.engines.vosk_import import vosk
from voice.errors import ModelError
from voice.ports import HeardWord, Hypothesis

NEEDED_FILES: Final = (
    "am/final.mdl",
    "conf/mfcc.conf",
    "conf/model.conf",
    "graph/HCLr.fst",
    "graph/Gr.fst",
    "graph/phones/word_boundary.int",
)
"""Files that a model needs to take grammars at run time; none may be empty."""

WORDS_FILE: Final = "graph/words.txt"
"""The vocabulary. Some models keep it in the FST instead, and Vosk finds it there."""

DISAMBIGUATION_FILE: Final = "graph/disambig_tid.int"
"""Must exist, but may be empty."""

ALTERNATIVES: Final = 8
"""Requested length of the n-best list."""

SHORT_COUNTS: Final = {1: 5, 2: 2}
"""How often a phrase counts, by its number of words; unknown speech counts as one word."""

LEAD_S: Final = 0.2
TAIL_S: Final = 0.5
"""Seconds of quiet added before and after an utterance."""

_T = TypeVar("_T")


class _Word(msgspec.Struct):
    word: str
    start: float = 0.0
    end: float = 0.0


class _Reading(msgspec.Struct):
    text: str
    confidence: float
    result: list[_Word] = msgspec.field(default_factory=list)


class _Result(msgspec.Struct):
    alternatives: list[_Reading] = msgspec.field(default_factory=list)


class _Partial(msgspec.Struct):
    partial: str = ""


class VoskRecogniser:
    """A loaded model. Implements :class:`voice.ports.Recogniser`.

    Raises ModelError if ``folder`` is not a complete Vosk model.
    """

    def __init__(self, folder: Path) -> None:
        _check_files(folder)
        vosk.SetLogLevel(-1)
        self.folder = folder
        model, complaints = _captured(lambda: vosk.Model(str(folder)))
        if model is None or complaints:
            raise _damaged(folder, complaints)
        self._model: Any = model
        self._grammars: dict[tuple[str, ...], str] = {}
        if not self.knows(UNKNOWN_WORD):
            raise _damaged(folder, f"its vocabulary has no {UNKNOWN_WORD}")
        trial, complaints = _captured(lambda: self._new_recogniser(self._grammar(())))
        if trial is None:
            raise _damaged(folder, complaints)

    def knows(self, word: str) -> bool:
        """Whether the model knows that word at all."""
        return int(self._model.vosk_model_find_word(word)) >= 0

    def begin(self, phrases: Sequence[str]) -> VoskUtterance:
        """Begin an utterance that is one of ``phrases``, or none of them.

        Raises ModelError for a phrase with a word that the model lacks.
        """
        key = tuple(phrases)
        if key not in self._grammars:
            self._grammars[key] = self._grammar(key)
        return VoskUtterance(self._new_recogniser(self._grammars[key]))

    def _grammar(self, phrases: Sequence[str]) -> str:
        """A grammar as Vosk reads it."""
        for word in dict.fromkeys(word for phrase in phrases for word in phrase.split()):
            if not self.knows(word):
                raise ModelError(
                    f"the model {self.folder} does not know the word {word!r}",
                    remedy="Use a word that it knows, or another model.",
                )
        kept = [*_with_all_pairs(phrases), UNKNOWN_WORD]
        if all(" " not in phrase for phrase in phrases):
            return json.dumps(kept)  # without long phrases there is nothing to balance
        return json.dumps([p for p in kept for _ in range(SHORT_COUNTS.get(len(p.split()), 1))])

    def _new_recogniser(self, grammar: str) -> Any:
        recogniser = vosk.KaldiRecognizer(self._model, RATE_HZ, grammar)
        recogniser.SetWords(True)  # noqa: FBT003 - Vosk's own signature
        recogniser.SetMaxAlternatives(ALTERNATIVES)
        return recogniser


def _with_all_pairs(phrases: Sequence[str]) -> list[str]:
    """Phrases that add a new pair of words, shortest first; a phrase's ends count as words."""
    kept, known = [], set[tuple[str, str]]()
    for phrase in sorted(phrases, key=lambda phrase: len(phrase.split())):
        words = ("", *phrase.split(), "")
        pairs = set(pairwise(words))
        if not pairs <= known:
            known |= pairs
            kept.append(phrase)
    return kept


@dataclass
class VoskUtterance:
    """One utterance. Implements :class:`voice.ports.Utterance`."""

    _recogniser: Any
    _samples: int = field(default=0, init=False)

    def accept(self, samples: Samples) -> None:
        """Decode more samples, any number."""
        if not self._samples:
            self._recogniser.AcceptWaveform(_LEAD)
        self._samples += len(samples)
        self._recogniser.AcceptWaveform(samples.tobytes())

    def partial(self) -> str:
        """The best hypothesis so far; lags behind the audio by the model's context."""
        return msgspec.json.decode(self._recogniser.PartialResult(), type=_Partial).partial

    def finish(self) -> tuple[Hypothesis, ...]:
        """Close the utterance: its n-best list, best first; empty if nothing was said.

        A hypothesis without words (silence) is among the others where it was likely.
        """
        if not self._samples:
            return ()
        self._recogniser.AcceptWaveform(_TAIL)
        found = msgspec.json.decode(self._recogniser.FinalResult(), type=_Result)
        if not any(map(attrgetter("result"), found.alternatives)):
            return ()
        return tuple(map(self._hypothesis, found.alternatives))

    def _hypothesis(self, reading: _Reading) -> Hypothesis:
        length_s = self._samples / RATE_HZ

        def within(at_s: float) -> float:
            return round(min(max(at_s - LEAD_S, 0.0), length_s), 3)

        words = [HeardWord(w.word, within(w.start), within(w.end)) for w in reading.result]
        return Hypothesis(tuple(words), reading.confidence)


def _quiet(duration_s: float) -> bytes:
    """Near-silence, the same every time: digital silence has no logarithm."""
    noise = np.random.default_rng(0).normal(scale=4.0, size=samples_of(duration_s))
    return noise.astype(np.int16).tobytes()


_LEAD: Final = _quiet(LEAD_S)
_TAIL: Final = _quiet(TAIL_S)


def _check_files(folder: Path) -> None:
    if not folder.is_dir():
        raise ModelError(
            f"the model folder {folder} does not exist",
            remedy="Name an unpacked Vosk model, or run 'charley models list'.",
        )
    for name in (*NEEDED_FILES, DISAMBIGUATION_FILE, WORDS_FILE):
        path = folder / name
        if not path.is_file():
            raise _damaged(folder, f"{name} is missing")
        if not path.stat().st_size and name != DISAMBIGUATION_FILE:
            raise _damaged(folder, f"{name} is empty")


def _damaged(folder: Path, why: str) -> ModelError:
    return ModelError(
        f"the model {folder} cannot be used: {why or 'Vosk refuses it'}",
        remedy="Unpack or fetch it again ('charley models fetch'), or name another model.",
    )


def _captured(make: Callable[[], _T]) -> tuple[_T | None, str]:
    """Call ``make`` while capturing the process's standard error.

    Returns the result, or None if it raised, and the last error that was written, or
    an empty string.
    """
    with tempfile.TemporaryFile() as caught:
        made: _T | None = None
        with _stderr_to(caught.fileno()):
            try:
                made = make()
            except Exception:  # noqa: BLE001 - vosk raises bare Exception
                made = None
        caught.seek(0)
        lines = caught.read().decode(errors="replace").splitlines()
    errors = [line for line in lines if line.startswith("ERROR")]
    return made, _readable(errors[-1]) if errors else ""


def _readable(line: str) -> str:
    """The text of a log line, without Kaldi's source location."""
    text = line.partition(") ")[2] if line.startswith("ERROR (") else line
    text = text.removeprefix("ERROR: ")
    return text if len(text) <= _LONGEST_WHY else text[:_LONGEST_WHY] + "..."


_LONGEST_WHY: Final = 160


@contextmanager
def _stderr_to(descriptor: int) -> Iterator[None]:
    """Temporarily redirect what C code writes to standard error."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        os.dup2(descriptor, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
