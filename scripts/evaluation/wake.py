"""Measures wake phrases: misses against false alarms, in quiet, in rooms and in noise.

False alarms are counted over foreign speech in quiet. Each candidate's margin is collected
once; the curve is a threshold sweep over these.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from scripts.corpus.conditions import QUIET, Condition, Surroundings
from scripts.corpus.manifest import Recording, Role
from scripts.evaluation.chain import Ear, Heard, listen_to
from scripts.evaluation.foreign import foreign_speech
from scripts.evaluation.sweep import LOWEST, WakePoint, at_alarms, wake_curve, wake_point
from scripts.progress import progress
from voice.audio.samples import Samples
from voice.content.script import Grammar, GrammarKey, Script
from voice.listening.decision import Decision, Verdict
from voice.listening.grammar_fitting import Vocabulary, fit_wake
from voice.listening.listener import HeardUtterance
from voice.listening.settings import AcceptanceSettings
from voice.listening.wake_acceptance import judge_wake

GRAMMAR: Final = GrammarKey.WAKE


@dataclass(frozen=True)
class WakeFigures:
    """One wake phrase: curves by condition, and the result at the current threshold.

    ``uncalled_per_hour``: how often foreign speech was taken for a danger sign,
    which wakes Charley without the phrase.
    """

    phrase: str
    n: int
    foreign_hours: dict[str, float]
    """Of foreign speech, by its source."""
    uncalled_per_hour: float
    default_margin: float
    defaults: dict[str, WakePoint]
    curves: dict[str, tuple[WakePoint, ...]]

    @property
    def hours(self) -> float:
        """Of all foreign speech."""
        return sum(self.foreign_hours.values())

    def miss_at_alarms(self, condition: str = QUIET.name) -> float | None:
        """Share missed at the target number of false alarms per hour."""
        point = at_alarms(self.curves.get(condition, ()))
        return None if point is None else point.miss_share

    def as_json(self) -> dict[str, Any]:
        """The curves, and the points of interest on them."""
        return {
            "n": self.n,
            "foreign_hours": {kind: round(hours, 3) for kind, hours in self.foreign_hours.items()},
            "foreign_hours_in_all": round(self.hours, 3),
            "uncalled_wakes_per_hour": round(self.uncalled_per_hour, 3),
            "conditions": {
                condition: {
                    "default": asdict(self.defaults[condition]),
                    "at_0.1_alarms_per_hour": _as_json(at_alarms(curve)),
                    "curve": [asdict(point) for point in curve],
                }
                for condition, curve in self.curves.items()
            },
        }


def _as_json(point: WakePoint | None) -> dict[str, Any] | None:
    return None if point is None else asdict(point)


def measure_wake(
    phrase: str,
    ear: Ear,
    script: Script,
    recordings: Sequence[Recording],
    *,
    surroundings: Surroundings,
    conditions: Sequence[Condition],
    foreign_hours: float = 0.0,
) -> WakeFigures:
    """Listen for a wake phrase. Raises ModelError for one that the model cannot hear.

    All recordings of foreign speech are used, and more, up to ``foreign_hours``.
    """
    fitted = fit_wake(script.grammars[GRAMMAR], script, (phrase,), ear.recogniser.knows, typed=True)
    vocabulary = Vocabulary({GRAMMAR: fitted}, (phrase,))
    judging = _Judging(fitted.grammar, phrase, ear.acceptance)

    def hear(samples: Samples) -> Heard:
        return ear.hear(GRAMMAR, vocabulary, samples)

    hours: defaultdict[str, float] = defaultdict(float)
    utterances: list[HeardUtterance] = []
    foreign = foreign_speech(phrase, recordings, foreign_hours, surroundings.seed)
    for one in progress(f"{phrase!r}, foreign speech", foreign):
        heard = hear(one.read())
        hours[one.kind] += heard.duration_s / 3600.0
        utterances += heard.utterances
    in_all = sum(hours.values())
    alarms = [m for m in map(judging.margin, utterances) if m is not None]
    said = [r for r in recordings if r.role is Role.KEYWORD and r.label == phrase]
    curves: dict[str, tuple[WakePoint, ...]] = {}
    defaults: dict[str, WakePoint] = {}
    for condition in conditions if said else (QUIET,):
        listened = listen_to(f"{phrase!r}, {condition.name}", said, hear, surroundings, condition)
        best = [judging.best(one.heard) for one in listened]
        curves[condition.name] = wake_curve(best, alarms, in_all)
        defaults[condition.name] = wake_point(ear.acceptance.wake_margin, best, alarms, in_all)
    uncalled = sum(map(judging.uncalled, utterances))
    return WakeFigures(
        phrase,
        len(said),
        dict(hours),
        uncalled / in_all if in_all else 0.0,
        ear.acceptance.wake_margin,
        defaults,
        curves,
    )


@dataclass(frozen=True)
class _Judging:
    """Judges utterances for one wake phrase, with the bedside's own rule."""

    grammar: Grammar
    phrase: str
    settings: AcceptanceSettings

    def margin(self, utterance: HeardUtterance) -> float | None:
        """The margin of a candidate that would wake at the lowest threshold of the sweep."""
        found = self._judged(utterance, replace(self.settings, wake_margin=LOWEST))
        wakes = found.verdict is Verdict.ACCEPTED and found.meaning is None
        return found.margin if wakes else None

    def best(self, heard: Heard) -> float | None:
        """The largest margin in a recording."""
        margins = [m for m in map(self.margin, heard.utterances) if m is not None]
        return max(margins, default=None)

    def uncalled(self, utterance: HeardUtterance) -> bool:
        """Whether the utterance wakes as a danger sign, with the current settings."""
        found = self._judged(utterance, self.settings)
        return found.verdict is Verdict.ACCEPTED and found.meaning is not None

    def _judged(self, utterance: HeardUtterance, settings: AcceptanceSettings) -> Decision:
        return judge_wake(self.grammar, (self.phrase,), utterance.evidence, settings)
