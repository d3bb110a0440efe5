"""By how much a candidate beats the others of its n-best list. Pure.

Margins are differences of log-likelihood between candidates of one utterance. A candidate
that is not in the list is at least the recogniser's own lattice beam behind (about 6), so
margins larger than that cannot be told apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from voice.content.interpret import understand
from voice.content.script import UNKNOWN_WORD, Grammar
from voice.listening.hypotheses import Candidate

MAX_MARGIN: Final = 20.0
"""The margin over candidates that are not in the list at all."""


@dataclass(frozen=True)
class Margins:
    """By how much a candidate beats those of other kinds; :data:`MAX_MARGIN` if there are none."""

    garbage: float
    """Unknown speech, alone or beside a phrase, and silence."""
    rival: float
    """Phrases of another meaning, and decoys."""
    fragment: float
    """Pieces of phrases. The recogniser's own grammar allows them, at a cost, and
    a piece may sound just like a phrase: "know" of "don't know", beside "no"."""


def margins(grammar: Grammar, n_best: Sequence[Candidate], index: int) -> Margins:
    """The margins of one entry of an n-best list."""
    mine = n_best[index]
    own = understand(grammar, mine.words)
    garbage, rivals, fragments = [], [], []
    for candidate in n_best:
        other = understand(grammar, candidate.words)
        if candidate is mine:
            continue
        if not candidate.words or UNKNOWN_WORD in candidate.words:
            garbage.append(candidate)
        elif other is not None and other.whole:
            if own is None or other.meaning != own.meaning:
                rivals.append(candidate)
        elif grammar.pieces.issuperset(candidate.words.split()):
            fragments.append(candidate)
        else:
            rivals.append(candidate)
    return Margins(
        margin_over(mine, garbage), margin_over(mine, rivals), margin_over(mine, fragments)
    )


def margin_over(candidate: Candidate, others: Sequence[Candidate]) -> float:
    """By how much a candidate beats the best of others; :data:`MAX_MARGIN` if there are none."""
    best_other = max(map(attrgetter("score"), others), default=None)
    return MAX_MARGIN if best_other is None else candidate.score - best_other
