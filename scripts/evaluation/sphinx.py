"""PocketSphinx as a recogniser, for comparison, with its own acoustic model and dictionary.

PocketSphinx has neither garbage words nor an n-best list in a grammar search. So
an utterance is decoded twice: with a grammar (JSGF) of the phrases, and with its search
for phones in any order. The difference between the two scores replaces
the margin over "[unk]", and the same acceptance rule judges it.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from scripts.faults import EvaluationError
from voice.audio.samples import BLOCK_S, RATE_HZ, Samples, samples_of
from voice.content.script import UNKNOWN_WORD
from voice.ports import HeardWord, Hypothesis

SCALE: Final = 1.0 / 200.0
LOOP_COST: Final = 900.0
"""Margin = ``SCALE`` times (the score of the phrases less that of the phones plus
``LOOP_COST``). Set by eye on sixty clean recordings of speakers who are not held out, and not
tuned to the chain: the curves and sweeps show the effect of other thresholds."""

QUIET_S: Final = 0.2
AGAIN_AFTER_S: Final = 0.25
"""A partial hypothesis is recomputed only after this much more audio: it decodes all of it."""

_LOOP: Final = "phones"


def check_installed() -> None:
    """Check that PocketSphinx is installed. Raises EvaluationError."""
    if importlib.util.find_spec("pocketsphinx") is None:
        raise EvaluationError(
            "pocketsphinx is not installed",
            remedy="Run 'pip install pocketsphinx', or leave --against out.",
        )


class SphinxRecogniser:
    """Implements :class:`voice.ports.Recogniser`. Raises EvaluationError if it is not installed."""

    def __init__(self) -> None:
        check_installed()
        import pocketsphinx  # noqa: PLC0415 - an option that nothing else needs

        self._decoder: Any = pocketsphinx.Decoder(samprate=RATE_HZ, lm=None, loglevel="FATAL")
        self._decoder.add_allphone_file(_LOOP, None)
        self._searches: dict[tuple[str, ...], str] = {}

    def knows(self, word: str) -> bool:
        """Whether its dictionary has that word."""
        return word == UNKNOWN_WORD or self._decoder.lookup_word(word) is not None

    def begin(self, phrases: Sequence[str]) -> SphinxUtterance:
        """Begin an utterance that is one of ``phrases``, or none of them."""
        key = tuple(phrases)
        if key not in self._searches:
            name = f"phrases{len(self._searches)}"
            self._add(name, " | ".join(f"({phrase})" for phrase in key))
            self._searches[key] = name
        return SphinxUtterance(self, self._searches[key])

    def decode(self, search: str, samples: Samples) -> Hypothesis | None:
        """The best hypothesis of a search; None if there is none."""
        decoder = self._decoder
        decoder.activate_search(search)
        decoder.start_utt()
        decoder.process_raw(samples.tobytes(), full_utt=True)
        decoder.end_utt()
        found = decoder.hyp()
        if found is None or not found.hypstr.strip():
            return None
        frame_s = 1.0 / float(decoder.config["frate"])
        words = tuple(
            HeardWord(
                segment.word.partition("(")[0],
                max(0.0, segment.start_frame * frame_s - QUIET_S),
                max(0.0, segment.end_frame * frame_s - QUIET_S),
            )
            for segment in decoder.seg()
            if not segment.word.startswith(("<", "["))
        )
        return Hypothesis(words, self._log(found.score) * SCALE)

    def _log(self, score: float) -> float:
        """The score as a logarithm to the library's base; it returns linear scores."""
        return float(self._decoder.logmath.log(score))

    def _add(self, name: str, right_hand_side: str) -> None:
        grammar = f"#JSGF V1.0;\ngrammar {name};\npublic <said> = {right_hand_side};\n"
        self._decoder.add_jsgf_string(name, grammar)


@dataclass
class SphinxUtterance:
    """One utterance. Implements :class:`voice.ports.Utterance`."""

    _recogniser: SphinxRecogniser
    _search: str
    _blocks: list[Samples] = field(default_factory=list, init=False)
    _partial: str = field(default="", init=False)
    _partial_blocks: int = field(default=-1_000_000, init=False)

    def accept(self, samples: Samples) -> None:
        """Take more samples."""
        self._blocks.append(samples)

    def partial(self) -> str:
        """The best partial hypothesis of the phrases."""
        if (len(self._blocks) - self._partial_blocks) * BLOCK_S >= AGAIN_AFTER_S:
            found = self._recogniser.decode(self._search, self._sound())
            self._partial = "" if found is None else " ".join(w.word for w in found.words)
            self._partial_blocks = len(self._blocks)
        return self._partial

    def finish(self) -> tuple[Hypothesis, ...]:
        """The best phrase and the unknown, better first; empty if nothing was said."""
        sound = self._sound()
        phrase = self._recogniser.decode(self._search, sound)
        loop = self._recogniser.decode(_LOOP, sound)
        if phrase is None or loop is None:
            return ()
        spans = loop.words or phrase.words
        unknown = HeardWord(UNKNOWN_WORD, spans[0].start_s, spans[-1].end_s)
        readings = (
            Hypothesis(phrase.words, phrase.score + LOOP_COST * SCALE),
            Hypothesis((unknown,), loop.score),
        )
        return tuple(sorted(readings, key=lambda reading: -reading.score))

    def _sound(self) -> Samples:
        quiet = np.random.default_rng(0).normal(scale=4.0, size=samples_of(QUIET_S))
        edge = quiet.astype(np.int16)
        return np.concatenate([edge, *self._blocks, edge])
