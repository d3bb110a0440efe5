"""Whether a line was read as written, judged by the recogniser.

The recogniser listens for the words of the line and for decoys, in any order. The share that was
read is the share of the line's words that it hears in the order of the line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from voice.audio.samples import Samples
from voice.ports import Recogniser

LEAST_SHARE: Final = 0.45
"""A line of which less is recognised was misread. Of lines of more than five words, read by
espeak-ng, half or more was recognised in each, and a third at most of another line in its place."""

DECOYS: Final = 60
"""How many words of other lines serve as decoys."""

_WORD: Final = re.compile(r"[a-z']+")


def common_words(texts: Iterable[str]) -> tuple[str, ...]:
    """The words of the texts, the most frequent first."""
    counted = Counter(word for text in texts for word in _words(text))
    return tuple(word for word, _ in counted.most_common())


def share_read(samples: Samples, text: str, recogniser: Recogniser, decoys: Sequence[str]) -> float:
    """The share of the line's words that were heard, in their order: 0 to 1.

    Words unknown to the model do not count; if it knows none of them, the share is 1.
    """
    wanted = [word for word in _words(text) if recogniser.knows(word)]
    if not wanted:
        return 1.0
    known = _first(DECOYS, decoys, lambda word: word not in wanted and recogniser.knows(word))
    utterance = recogniser.begin([*dict.fromkeys(wanted), *known])
    utterance.accept(samples)
    best = utterance.finish()
    heard = [word.word for word in best[0].words] if best else []
    return _in_order(wanted, heard) / len(wanted)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _first(count: int, words: Iterable[str], fits: Callable[[str], bool]) -> list[str]:
    found: list[str] = []
    for word in words:
        if len(found) == count:
            break
        if fits(word):
            found.append(word)
    return found


def _in_order(wanted: Sequence[str], heard: Sequence[str]) -> int:
    """How many of the wanted words were heard, in their order: the longest common subsequence."""
    row = [0] * (len(heard) + 1)
    for word in wanted:
        before, row = row, [0]
        for at, other in enumerate(heard):
            row.append(before[at] + 1 if word == other else max(row[at], before[at + 1]))
    return row[-1]
