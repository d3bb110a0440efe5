"""Measures replies: words, other words, continuous speech and noise, under one grammar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from scripts.corpus.conditions import QUIET, Condition, Surroundings
from scripts.corpus.manifest import Recording, Role
from scripts.evaluation.chain import Ear, Heard, Listened, expected_of, listen_to, outcome
from scripts.evaluation.sweep import AnswerPoint, swept
from scripts.evaluation.tally import Tallies, Tally, tallied, together
from voice.audio.samples import Samples
from voice.content.script import Grammar
from voice.listening.grammar_fitting import Vocabulary
from voice.listening.settings import AcceptanceSettings


@dataclass(frozen=True)
class AnswerFigures:
    """One grammar's results on the recordings; ``tallies`` by condition, then set and label."""

    name: str
    grammar: Grammar
    tallies: dict[str, Tallies]
    roles: dict[tuple[str, str], Role]
    sweeps: dict[str, tuple[AnswerPoint, ...]]
    """By condition."""

    def quiet(self) -> Tallies:
        """The counts of the recordings as recorded."""
        return self.tallies[QUIET.name]

    def of_role(self, role: Role, label_part: str = "") -> Tally:
        """The tally of a role's recordings whose label contains ``label_part``, as recorded."""
        return together(
            tally
            for key, tally in self.quiet().items()
            if self.roles[key] is role and label_part in key[1]
        )

    def word(self, label: str, condition: str = QUIET.name) -> Tally:
        """The tally of one word of the grammar, over all sets."""
        found = self.tallies.get(condition, {})
        return together(
            t for (_, name), t in found.items() if name == label and t.expected is not None
        )

    def as_json(self) -> dict[str, Any]:
        """All counts, and the sweep."""
        return {
            "phrases": [p.words for p in self.grammar.phrases],
            "conditions": {
                condition: [
                    {"set": set_name, "label": label, **tally.as_json()}
                    for (set_name, label), tally in tallies.items()
                ]
                for condition, tallies in self.tallies.items()
            },
            "sweeps": {
                condition: [asdict(point) for point in points]
                for condition, points in self.sweeps.items()
            },
        }


def measure_answers(
    name: str,
    ear: Ear,
    vocabulary: Vocabulary,
    recordings: Sequence[Recording],
    *,
    surroundings: Surroundings,
    conditions: Sequence[Condition],
) -> AnswerFigures:
    """Run all recordings but wake phrases and rooms; words in every condition."""
    key = next(iter(vocabulary.grammars))
    grammar = vocabulary[key].grammar
    useful = [r for r in recordings if r.role in (Role.WORD, Role.RUNNING, Role.NOISE)]
    words = [r for r in useful if r.role is Role.WORD and expected_of(grammar, r.label)]

    def hear(samples: Samples) -> Heard:
        return ear.hear(key, vocabulary, samples)

    tallies: dict[str, Tallies] = {}
    sweeps: dict[str, tuple[AnswerPoint, ...]] = {}
    for condition in conditions:
        listened = listen_to(
            f"{name}, {condition.name}",
            useful if condition.quiet else words,
            hear,
            surroundings,
            condition,
        )
        tallies[condition.name] = tallied(listened, grammar, ear.acceptance)
        sweeps[condition.name] = swept(ear.acceptance, _Measure(listened, grammar))
    roles = {(r.set_name, r.label): r.role for r in useful}
    return AnswerFigures(name, grammar, tallies, roles, sweeps)


@dataclass(frozen=True)
class _Measure:
    """Measures one value of one setting on evidence collected before."""

    listened: Sequence[Listened]
    grammar: Grammar

    def __call__(self, setting: str, value: float, settings: AcceptanceSettings) -> AnswerPoint:
        words, others, running = Tally(), Tally(), Tally()
        at_once = 0
        for one in self.listened:
            found = outcome(one.heard, self.grammar, settings)
            expected = expected_of(self.grammar, one.recording.label)
            role = one.recording.role
            if role is Role.RUNNING:
                running.add(found, one.heard.duration_s)
            elif role is Role.WORD and expected is None:
                others.add(found, one.heard.duration_s)
                at_once += found.clear_answers > 0
            elif role is Role.WORD:
                words.expected = expected
                words.add(found, one.heard.duration_s)
        return AnswerPoint(
            setting=setting,
            value=value,
            right_share=words.right_share,
            right_at_once_share=words.right_at_once / max(words.n, 1),
            wrong_share=words.taken_share,
            swapped=words.swapped,
            unknown_taken_share=others.taken_share,
            unknown_taken_at_once_share=at_once / max(others.n, 1),
            running_answers_per_minute=running.answers_per_minute,
            running_clear_answers_per_minute=running.clear_answers
            / max(running.duration_s, 1e-9)
            * 60.0,
        )
