"""Measures every phrase on natural synthetic voices held out from training.

The folder is one made by ``scripts.train_model.dataset.natural_voices --held-out``. A phrase is
measured under the grammar in which it matters most: that of the hold, then that of answers,
then any other that contains it. Wake phrases are those of the folder that are in no grammar and
that the wake grammar takes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from scripts.corpus.conditions import Condition, Surroundings
from scripts.corpus.manifest import MANIFEST, Recording, read_manifest
from scripts.evaluation.chain import Ear, Heard, expected_of, listen_to, outcome
from scripts.evaluation.report import table
from voice.audio.samples import Samples
from voice.content.script import GrammarKey, Script
from voice.listening.decision import Verdict
from voice.listening.offline import listen_for_grammar, listen_for_wake
from voice.listening.wake_acceptance import judge_wake

WAKE_PHRASES: Final = ("hey charley", "leg cramp")
FIRST_GRAMMARS: Final = (GrammarKey.HOLD, GrammarKey.ANSWER)
FEWEST: Final = 5
"""A phrase needs this many recordings before it can be named the worst."""

_MOST_TOLD: Final = 12


@dataclass
class PhraseTally:
    """Recordings of one phrase."""

    n: int = 0
    right: int = 0
    wrong_at_once: int = 0
    """Taken for another meaning without being read back."""
    taken_for: Counter[str] = field(default_factory=Counter)
    """All other meanings, read back or not."""

    @property
    def right_share(self) -> float:
        """Share recognised correctly, read back or not."""
        return self.right / self.n if self.n else 0.0


@dataclass(frozen=True)
class NaturalFigures:
    """Counts by condition, grammar and phrase."""

    tallies: dict[str, dict[str, dict[str, PhraseTally]]]

    def as_json(self) -> dict[str, Any]:
        """Every phrase."""
        return {
            condition: {
                grammar: {
                    phrase: {
                        "n": t.n,
                        "right": t.right,
                        "wrong_at_once": t.wrong_at_once,
                        "taken_for": dict(t.taken_for.most_common()),
                    }
                    for phrase, t in phrases.items()
                }
                for grammar, phrases in grammars.items()
            }
            for condition, grammars in self.tallies.items()
        }

    def report(self) -> str:
        """Tables: by grammar, and the phrases with the worst results."""
        rows, worst = [], []
        for condition, grammars in self.tallies.items():
            every = [t for phrases in grammars.values() for t in phrases.values()]
            for name, tallies in [*grammars.items(), ("all", None)]:
                rows.append(
                    (f"{name}, {condition}", *_cells(tallies.values() if tallies else every))
                )
            worst += [
                (f"{phrase} ({name}), {condition}", f"{t.right} of {t.n}", _told(t.taken_for))
                for name, tallies in grammars.items()
                for phrase, t in sorted(tallies.items(), key=lambda item: item[1].right_share)
                if t.right_share < 0.85
            ][: 2 * _MOST_TOLD]
        head = ("natural voices", "n", "right %", "wrong at once", "phrases", "below 85 %")
        return "\n\n".join([table(head, rows), table(("heard worst", "right", "taken for"), worst)])


def measure_natural(
    ear: Ear,
    script: Script,
    folder: Path,
    *,
    surroundings: Surroundings,
    conditions: Sequence[Condition],
    limit: int | None = None,
) -> NaturalFigures:
    """Run the recordings of ``folder``; ``limit``: at most this many phrases per grammar.

    Raises CharleyError.
    """
    by_phrase: defaultdict[str, list[Recording]] = defaultdict(list)
    for recording in read_manifest(folder / MANIFEST):
        by_phrase[recording.label].append(recording)
    found: dict[str, dict[str, dict[str, PhraseTally]]] = {c.name: {} for c in conditions}
    for key, phrases in _homes(script, by_phrase).items():
        vocabulary = listen_for_grammar(script, key, ear.recogniser)
        grammar = vocabulary.grammars[key].grammar

        def hear(samples: Samples, key: GrammarKey = key) -> Heard:
            return ear.hear(key, vocabulary, samples)  # noqa: B023 - used within the same iteration

        chosen = [r for phrase in phrases[:limit] for r in by_phrase[phrase]]
        for condition in conditions:
            tallies = found[condition.name].setdefault(key.value, {})
            title = f"{key.value}, natural voices, {condition.name}"
            for one in listen_to(title, chosen, hear, surroundings, condition):
                label = one.recording.label
                tally = tallies.setdefault(label, PhraseTally())
                told = outcome(one.heard, grammar, ear.acceptance)
                tally.n += 1
                if told.heard == expected_of(grammar, label):
                    tally.right += 1
                elif told.heard is not None:
                    tally.taken_for[told.heard] += 1
                    tally.wrong_at_once += not told.doubtful
    for condition in conditions:
        found[condition.name]["wake"] = _woken(ear, script, by_phrase, surroundings, condition)
    return NaturalFigures(found)


def _homes(script: Script, spoken: Iterable[str]) -> dict[GrammarKey, list[str]]:
    """The grammar that each phrase is measured under."""
    order = [*FIRST_GRAMMARS, *(k for k in GrammarKey if k not in FIRST_GRAMMARS)]
    keys = [key for key in order if key is not GrammarKey.WAKE and key in script.grammars]
    homes: dict[GrammarKey, list[str]] = {}
    for phrase in spoken:
        for key in keys:
            if expected_of(script.grammars[key], phrase) is not None:
                homes.setdefault(key, []).append(phrase)
                break
    return {key: homes[key] for key in keys if key in homes}


def _woken(
    ear: Ear,
    script: Script,
    by_phrase: dict[str, list[Recording]],
    surroundings: Surroundings,
    condition: Condition,
) -> dict[str, PhraseTally]:
    found: dict[str, PhraseTally] = {}
    for phrase in WAKE_PHRASES:
        if not by_phrase.get(phrase):
            continue
        vocabulary = listen_for_wake(script, phrase, ear.recogniser)
        grammar = vocabulary.grammars[GrammarKey.WAKE].grammar

        def hear(samples: Samples) -> Heard:
            return ear.hear(GrammarKey.WAKE, vocabulary, samples)  # noqa: B023 - likewise

        tally = found[phrase] = PhraseTally()
        title = f"{phrase!r}, natural voices, {condition.name}"
        for one in listen_to(title, by_phrase[phrase], hear, surroundings, condition):
            tally.n += 1
            tally.right += any(
                judge_wake(grammar, (phrase,), u.evidence, ear.acceptance).verdict
                is Verdict.ACCEPTED
                for u in one.heard.utterances
            )
    return found


def _cells(tallies: Iterable[PhraseTally]) -> tuple[str, ...]:
    several = list(tallies)
    n = sum(t.n for t in several)
    right, wrong = sum(t.right for t in several), sum(t.wrong_at_once for t in several)
    full = [t for t in several if t.n >= FEWEST]
    low = sum(t.right_share < 0.85 for t in full)
    share = f"{100.0 * right / n:.1f}" if n else "-"
    return str(n), share, f"{wrong}", str(len(several)), f"{low} of {len(full)}"


def _told(taken_for: Counter[str]) -> str:
    return ", ".join(f"{name} {n}" for name, n in taken_for.most_common(4))
