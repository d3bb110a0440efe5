"""Phone times of clips, by forced alignment with an existing network.

A hundred times faster than PocketSphinx, and with the same classes that training needs.
A clip with words goes through their pronunciations, with optional silence between them;
one without words through a loop of all phones, which is enough to teach the network to
hear in noise what it hears in clean audio.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from scripts.train_model.dataset.alignment import Segment
from scripts.train_model.dataset.audio import Samples, speech_rms
from scripts.train_model.dataset.mel import Features, log_mel
from scripts.train_model.lang.lexicon import Lexicon, Pronunciation
from scripts.train_model.lang.phones import PHONES, SILENCE_CLASS, first_class, later_class
from scripts.train_model.model.network import Network
from scripts.train_model.model.shape import SUBSAMPLING

IntArray = npt.NDArray[np.int64]
Array = npt.NDArray[np.float64]

_LEVEL = 0.05
# : A frame in the lowest part of its clip's level range is probably silence: a network
# : trained on words against words does not care whether hiss is silence or a long "s".
_QUIET_PART = 0.22
_QUIET_BONUS = 5.0
_PHONE_COST = 1.5
_NEVER = -1e9
_SILENCE = "SIL"


@dataclass(frozen=True, slots=True)
class Forced:
    """The phones of a clip, and the mean score of an output that is not silence."""

    segments: tuple[Segment, ...]
    score: float


@dataclass(frozen=True, slots=True)
class _Graph:
    """States with their predecessors; column 0 of ``before`` may be the start."""

    phones: tuple[str, ...]
    first: IntArray
    later: IntArray
    before: IntArray
    """(n_states, most), padded with the number of states, which stands for none."""
    begins: npt.NDArray[np.bool_]
    ends: npt.NDArray[np.bool_]


class AlignmentFile:
    """Alignments of files, kept on disk one by one, so that none is made twice."""

    def __init__(self, path: Path, aligner: ForcedAligner) -> None:
        self._path = path
        self._aligner = aligner
        self._known: dict[tuple[str, str], Forced | None] = {}
        if path.exists():
            # A line that a power cut left incomplete is made again.
            whole = path.read_text(encoding="utf-8").rpartition("\n")[0]
            for file, words, score, segments in map(json.loads, whole.splitlines()):
                told = tuple(Segment(*segment) for segment in segments)
                self._known[file, words] = Forced(told, score) if told else None
            path.write_text(whole + "\n" * bool(whole), encoding="utf-8")

    def align(self, file: Path, samples: Samples, words: str) -> Forced | None:
        """As ``ForcedAligner.align``, for the audio in ``file``."""
        key = (str(file), words)
        if key not in self._known:
            self._known[key] = found = self._aligner.align(samples, words)
            segments = [(s.phone, s.start, s.length) for s in found.segments] if found else []
            row = [*key, found.score if found else 0.0, segments]
            with self._path.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(row) + "\n")
        return self._known[key]


class ForcedAligner:
    """Aligns clips with their words."""

    def __init__(self, network: Network, lexicon: Lexicon) -> None:
        self._network = network.eval()
        self._lexicon = lexicon
        self._loop = _loop()

    def align(self, samples: Samples, words: str) -> Forced | None:
        """The phones of a clip; None if a word has no pronunciation, or they do not fit."""
        graph = self._loop
        if words:
            spoken = words.split()
            if not all(word in self._lexicon for word in spoken):
                return None
            graph = _chain([self._lexicon[word] for word in spoken])
        frames = log_mel(samples * np.float32(_LEVEL / speech_rms(samples)))
        scores = self._scores(frames)
        biased = scores.copy()
        biased[:, SILENCE_CLASS] += _QUIET_BONUS * _is_quiet(frames)[: len(scores)]
        state_path = _best_path(graph, biased, _PHONE_COST if not words else 0.0)
        return None if state_path is None else _traced(graph, scores, *state_path)

    def _scores(self, frames: Features) -> Array:
        """Scores of every output, one for each 30 ms of the clip."""
        context = self._network.shape.context
        padded = np.pad(frames, ((context, context + SUBSAMPLING), (0, 0)), mode="edge")
        with torch.no_grad():
            scores = self._network(torch.from_numpy(padded)[None])[0]
        return scores.double().numpy()


def _is_quiet(frames: Features) -> npt.NDArray[np.bool_]:
    """Whether the frames around each output are in the lowest part of the clip's levels."""
    level = np.convolve(frames.mean(axis=1), np.full(5, 0.2), mode="same")
    floor, loud = np.quantile(level, 0.05), np.quantile(level, 0.95)
    quiet = level < floor + _QUIET_PART * (loud - floor)
    return np.append(quiet[::SUBSAMPLING], [True, True])


def _best_path(graph: _Graph, scores: Array, phone_cost: float) -> tuple[IntArray, int] | None:
    """Viterbi: each state's predecessor at each output (-1: it stayed), and the last state."""
    enter = scores[:, graph.first] - phone_cost
    stay = scores[:, graph.later]
    n_outputs, n_states = enter.shape
    best = np.where(graph.begins, enter[0], _NEVER)
    came = np.zeros((n_outputs, n_states), np.int64)
    rows = np.arange(n_states)
    for t in range(1, n_outputs):
        arriving = np.append(best, _NEVER)[graph.before]
        choice = arriving.argmax(axis=1)
        fresh = arriving[rows, choice] + enter[t]
        staying = best + stay[t]
        entered = fresh > staying
        came[t] = np.where(entered, graph.before[rows, choice], -1)
        best = np.where(entered, fresh, staying)
    final = np.where(graph.ends, best, _NEVER)
    state = int(final.argmax())
    if final[state] < _NEVER / 2:
        return None
    return came, state


def _traced(graph: _Graph, scores: Array, came: IntArray, state: int) -> Forced:
    hop = SUBSAMPLING
    segments: list[Segment] = []
    spoken: list[float] = []
    end = len(came)
    for t in range(len(came) - 1, -1, -1):
        entered = t == 0 or came[t, state] >= 0
        if graph.phones[state] != _SILENCE:
            kind = graph.first if entered else graph.later
            spoken.append(float(scores[t, kind[state]] - _log_total(scores[t])))
        if entered:
            segments.append(Segment(graph.phones[state], hop * t, hop * (end - t)))
            end = t
            state = int(came[t, state]) if t else state
    return Forced(tuple(segments[::-1]), float(np.mean(spoken)) if spoken else -math.inf)


def _log_total(row: Array) -> float:
    peak = float(row.max())
    return peak + math.log(float(np.exp(row - peak).sum()))


def _classes(phone: str) -> tuple[int, int]:
    """Output classes of the first frame of ``phone`` and of its later ones."""
    if phone == _SILENCE:
        return SILENCE_CLASS, SILENCE_CLASS
    return first_class(phone), later_class(phone)


class _Builder:
    """Collects states and their predecessors."""

    def __init__(self) -> None:
        self.phones: list[str] = []
        self.before: list[list[int]] = []

    def add(self, phone: str, before: Iterable[int]) -> int:
        self.phones.append(phone)
        self.before.append(list(before))
        return len(self.phones) - 1

    def graph(self, begins: Iterable[int], ends: Iterable[int]) -> _Graph:
        count = len(self.phones)
        most = max(1, *(len(b) for b in self.before))
        before = np.full((count, most), count)
        for state, several in enumerate(self.before):
            before[state, : len(several)] = several
        classes = np.array([_classes(phone) for phone in self.phones])
        return _Graph(
            tuple(self.phones),
            classes[:, 0],
            classes[:, 1],
            before,
            np.isin(np.arange(count), list(begins)),
            np.isin(np.arange(count), list(ends)),
        )  # fmt: skip


def _chain(words: Sequence[Sequence[Pronunciation]]) -> _Graph:
    """Word after word in any of their pronunciations, with optional silence between them."""
    built = _Builder()
    begins = [built.add(_SILENCE, [])]
    before = list(begins)
    for number, pronunciations in enumerate(words):
        ends: list[int] = []
        for sounds in pronunciations:
            state = -1
            for place, phone in enumerate(sounds):
                state = built.add(phone, before if place == 0 else [state])
                if number == 0 and place == 0:
                    begins.append(state)
            ends.append(state)
        before = [*ends, built.add(_SILENCE, ends)]
    return built.graph(begins, before)


def _loop() -> _Graph:
    """All phones and silence, each after any other."""
    built = _Builder()
    everything = range(len(PHONES) + 1)
    for phone in (_SILENCE, *PHONES):
        built.add(phone, everything)
    return built.graph(everything, everything)
