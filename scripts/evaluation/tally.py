"""Counts of how recordings were understood, and the figures that follow from them. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Self

from scripts.evaluation.chain import Listened, Outcome, expected_of, outcome
from voice.content.script import Grammar
from voice.listening.settings import AcceptanceSettings

OPPOSITE: Final = {"yes": "no", "no": "yes"}


@dataclass
class Tally:
    """Recordings of one kind. ``expected`` is None if nothing should be heard."""

    expected: str | None = None
    n: int = 0
    duration_s: float = 0.0
    right: int = 0
    """Recognised correctly, doubtful or not: what ``charley hear`` would report."""
    right_at_once: int = 0
    """Those of them that are not read back."""
    doubtful: int = 0
    """Taken for something, and read back: right or wrong."""
    unclear: int = 0
    """Taken for nothing, and reprompted."""
    unheard: int = 0
    """Taken for nothing, and ignored."""
    swapped: int = 0
    """A yes taken for a no, or a no for a yes."""
    taken: int = 0
    """Recordings taken for anything other than what was said."""
    answers: int = 0
    """Utterances that were believed; a long recording may hold several."""
    clear_answers: int = 0
    wrong: Counter[str] = field(default_factory=Counter)

    def add(self, found: Outcome, duration_s: float) -> None:
        """Count one recording."""
        self.n += 1
        self.duration_s += duration_s
        self.answers += found.answers
        self.clear_answers += found.clear_answers
        self.doubtful += found.doubtful
        if found.heard is None:
            self.unclear += found.unclear
            self.unheard += not found.unclear
        elif found.heard == self.expected:
            self.right += 1
            self.right_at_once += not found.doubtful
        else:
            self.taken += 1
            self.wrong[found.heard] += 1
            self.swapped += OPPOSITE.get(self.expected or "") == found.heard

    def __iadd__(self, other: Tally) -> Self:
        """Add all counts of another tally."""
        for name in (
            *("n", "duration_s", "right", "right_at_once", "doubtful", "unclear", "unheard"),
            *("swapped", "taken", "answers", "clear_answers"),
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.wrong += other.wrong
        return self

    @property
    def refused(self) -> int:
        """Taken for nothing at all."""
        return self.unclear + self.unheard

    @property
    def answers_per_minute(self) -> float:
        """Utterances believed per minute of these recordings."""
        return self.answers / self.duration_s * 60.0 if self.duration_s else 0.0

    @property
    def taken_share(self) -> float:
        """Share of the recordings taken for something that was not said."""
        return self.taken / self.n if self.n else 0.0

    @property
    def right_share(self) -> float:
        """Share of the recordings recognised correctly."""
        return self.right / self.n if self.n else 0.0

    def as_json(self) -> dict[str, Any]:
        """All counts, and the shares that follow from them."""
        share = 1.0 / self.n if self.n else 0.0
        found: dict[str, Any] = {
            "expected": self.expected,
            "n": self.n,
            "seconds": round(self.duration_s, 2),
        }
        if self.expected is not None:
            found |= {
                "right": self.right,
                "right_at_once": self.right_at_once,
                "right_percent": round(100.0 * self.right * share, 2),
                "right_at_once_percent": round(100.0 * self.right_at_once * share, 2),
                "swapped": self.swapped,
            }
        return found | {
            "doubtful": self.doubtful,
            "refused": self.refused,
            "unclear": self.unclear,
            "unheard": self.unheard,
            "wrong": self.taken,
            "wrong_percent": round(100.0 * self.taken_share, 2),
            "wrong_words": dict(self.wrong.most_common()),
            "answers": self.answers,
            "clear_answers": self.clear_answers,
            "answers_per_minute": round(self.answers_per_minute, 4),
        }


Tallies = dict[tuple[str, str], Tally]
"""By set and label."""


def tallied(
    listened: Iterable[Listened], grammar: Grammar, settings: AcceptanceSettings
) -> Tallies:
    """Count how recordings were understood, by set and label."""
    found: Tallies = {}
    for one in listened:
        recording = one.recording
        key = (recording.set_name, recording.label)
        if key not in found:
            found[key] = Tally(expected_of(grammar, recording.label))
        found[key].add(outcome(one.heard, grammar, settings), one.heard.duration_s)
    return found


def together(tallies: Iterable[Tally]) -> Tally:
    """The sum of several tallies; it expects nothing if they expect different things."""
    several = list(tallies)
    expected = {t.expected for t in several}
    whole = Tally(expected.pop() if len(expected) == 1 else None)
    for tally in several:
        whole += tally
    return whole


def by_label(tallies: Tallies) -> dict[str, Tally]:
    """The counts by label only, over all sets."""
    groups: dict[str, list[Tally]] = defaultdict(list)
    for (_, label), tally in tallies.items():
        groups[label].append(tally)
    return {label: together(group) for label, group in groups.items()}
