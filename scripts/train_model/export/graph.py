"""Builds the decoding graph that libvosk loads, without any Kaldi program.

``HCLr.fst`` maps Kaldi transition ids to words. From one hub state, which is also
final, lead optional silence, all pronunciations, and "[unk]", a loop over all
phones. Pronunciations share their beginnings as a tree; a word's label stands on
the first arc that only this word uses, and what follows it is shared between all
words with the same ending. Decoding uses lookahead composition, which knows from
every state which words can still be reached, so late labels cost nothing.

``Gr.fst`` is the grammar used when the caller gives none: any word, all alike.
Both are compiled with OpenFst's command-line tools.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from scripts.train_model.export.openfst import compile_fst, compile_lookahead
from scripts.train_model.lang.costs import GraphCosts
from scripts.train_model.lang.lexicon import Lexicon, LexiconError
from scripts.train_model.lang.phones import (
    PHONES,
    POSITIONS,
    SELF_LOOP_PROBABILITY,
    SILENCE_VARIANT,
    enter_transition,
    stay_transition,
    variant,
    word_variants,
)

EPSILON = "<eps>"
UNKNOWN = "[unk]"

_POSITION_NAMES = {"B": "begin", "E": "end", "I": "internal", "S": "singleton"}
_HUB = 0
_STAY_COST = -math.log(SELF_LOOP_PROBABILITY)
_ENTER_COST = -math.log(1.0 - SELF_LOOP_PROBABILITY)


@dataclass(slots=True)
class _Node:
    """A node in the tree of pronunciations."""

    children: dict[int, _Node] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)

    def only_word(self) -> str | None:
        """The word of every path below, if there is just one path."""
        node = self
        while len(node.children) == 1 and not node.words:
            node = next(iter(node.children.values()))
        if not node.children and len(node.words) == 1:
            return node.words[0]
        return None


class GraphText:
    """The graph as OpenFst text, written arc by arc."""

    def __init__(self, lexicon: Lexicon, costs: GraphCosts) -> None:
        self.words = (EPSILON, UNKNOWN, *sorted(lexicon))
        self._ids = {word: number for number, word in enumerate(self.words)}
        self._arcs: list[tuple[int, int, int, int, float]] = []
        self._n_states = 1
        self._tails: dict[tuple[int, ...], int] = {}
        silence = self._enter(_HUB, SILENCE_VARIANT, 0, costs.silence)
        self._skip(silence, _HUB)
        self._grow(_HUB, _tree(lexicon), costs.word)
        self._add_unknown(costs)

    @property
    def n_states(self) -> int:
        """Number of states."""
        return self._n_states

    def lines(self) -> Iterable[str]:
        """Lines for ``fstcompile``; the first state named is the start."""
        for source, target, transition, word, cost in sorted(self._arcs, key=lambda a: a[0]):
            yield f"{source} {target} {transition} {word} {cost:.5g}\n"
        yield f"{_HUB} 0\n"

    def _new_state(self) -> int:
        self._n_states += 1
        return self._n_states - 1

    def _skip(self, source: int, target: int, word: int = 0, cost: float = 0.0) -> None:
        self._arcs.append((source, target, 0, word, cost))

    def _enter(
        self, source: int, phone: int, word: int, cost: float = 0.0, target: int | None = None
    ) -> int:
        """Add the arc into ``phone`` and, for a new state, its self-loop."""
        if target is None:
            target = self._new_state()
            self._arcs.append((target, target, stay_transition(phone), 0, _STAY_COST))
        arc = (source, target, enter_transition(phone), word, _ENTER_COST + cost)
        self._arcs.append(arc)
        return target

    def _grow(self, state: int, node: _Node, cost: float) -> None:
        for phone, child in sorted(node.children.items()):
            word = child.only_word()
            if word is not None:
                tail = self._tail(_only_path(phone, child))
                self._enter(state, phone, self._ids[word], cost, tail)
                continue
            target = self._enter(state, phone, 0, cost)
            for homophone in child.words:
                self._skip(target, _HUB, self._ids[homophone])
            self._grow(target, child, 0.0)

    def _tail(self, phones: tuple[int, ...]) -> int:
        """State inside ``phones[0]`` from which the rest leads back to the hub."""
        if phones not in self._tails:
            state = self._new_state()
            self._tails[phones] = state
            self._arcs.append((state, state, stay_transition(phones[0]), 0, _STAY_COST))
            if len(phones) == 1:
                self._skip(state, _HUB)
            else:
                self._enter(state, phones[1], 0, target=self._tail(phones[1:]))
        return self._tails[phones]

    def _add_unknown(self, costs: GraphCosts) -> None:
        """Any two or more phones in a row."""
        per_phone = costs.unknown_phone + math.log(len(PHONES))
        begin, middle = self._new_state(), self._new_state()
        self._skip(_HUB, begin, self._ids[UNKNOWN], costs.unknown)
        for phone in PHONES:
            for source, position, target in (
                (begin, "B", middle), (middle, "I", middle), (middle, "E", _HUB),
            ):  # fmt: skip
                inside = self._enter(source, variant(phone, position), 0, per_phone)
                self._skip(inside, target)


def build_graph(model: Path, lexicon: Lexicon, costs: GraphCosts) -> int:
    """Write ``graph/`` of the model folder and return the number of states.

    Raises:
        LexiconError: there are no words, or one of them is invalid.
        OpenFstError: a tool is missing or fails.
    """
    bad = [word for word in lexicon if not word or any(c.isspace() for c in word)]
    if bad or not lexicon or UNKNOWN in lexicon:
        raise LexiconError(f"words must be non-empty, without spaces, and not {UNKNOWN}: {bad}")
    graph = model / "graph"
    (graph / "phones").mkdir(parents=True, exist_ok=True)
    text = GraphText(lexicon, costs)
    relabelled = compile_lookahead(text.lines(), graph / "HCLr.fst")
    numbers = {word: relabelled[number] if number else 0 for number, word in enumerate(text.words)}
    by_number = sorted(numbers.items(), key=lambda item: item[1])
    (graph / "words.txt").write_text(
        "".join(f"{word} {number}\n" for word, number in by_number), encoding="utf-8"
    )
    cost = math.log(len(by_number) - 1)
    unigram = (f"0 0 {number} {number} {cost:.4f}\n" for _, number in by_number if number)
    compile_fst([*unigram, "0 0\n"], graph / "Gr.fst", sort="ilabel")
    # libvosk insists on the file; one-state grammars need no disambiguation.
    (graph / "disambig_tid.int").write_text("", encoding="utf-8")
    (graph / "phones" / "word_boundary.int").write_text(_word_boundaries(), encoding="utf-8")
    return text.n_states


def _tree(lexicon: Lexicon) -> _Node:
    root = _Node()
    for word in sorted(lexicon):
        for pronunciation in lexicon[word]:
            node = root
            for phone in word_variants(pronunciation):
                node = node.children.setdefault(phone, _Node())
            node.words.append(word)
    return root


def _only_path(phone: int, node: _Node) -> tuple[int, ...]:
    path = [phone]
    while node.children:
        ((phone, node),) = node.children.items()
        path.append(phone)
    return tuple(path)


def _word_boundaries() -> str:
    spoken = "".join(
        f"{variant(phone, position)} {_POSITION_NAMES[position]}\n"
        for phone in PHONES
        for position in POSITIONS
    )
    return f"{SILENCE_VARIANT} nonword\n{spoken}"
