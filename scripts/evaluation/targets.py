"""The targets, and how far the figures are from them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from scripts.corpus.manifest import Role
from scripts.evaluation.answers import AnswerFigures
from scripts.evaluation.cost import CostFigures
from scripts.evaluation.spoken import SpokenFigures
from scripts.evaluation.sweep import ALARMS_PER_HOUR
from scripts.evaluation.tally import Tally, together
from scripts.evaluation.wake import WakeFigures

SEVEN = ("yes", "no", "stop", "repeat", "help", "left", "right")


@dataclass(frozen=True)
class Target:
    """One row of the table. ``value`` is None if nothing could be measured.

    ``rests_on`` says how much it was measured on: a share of few recordings
    proves little.
    """

    measure: str
    value: float | None
    target: float
    unit: str
    rests_on: str
    more_is_better: bool = False
    below: bool = False
    """Whether reaching the target exactly is already a failure."""

    @property
    def met(self) -> bool | None:
        """Whether it is met; None if nothing could be measured."""
        if self.value is None:
            return None
        if self.more_is_better:
            return self.value >= self.target
        return self.value < self.target if self.below else self.value <= self.target

    def wanted(self) -> str:
        """The target in words."""
        bound = "at least" if self.more_is_better else "below" if self.below else "at most"
        return f"{bound} {self.target:g} {self.unit}".rstrip()

    def as_json(self) -> dict[str, Any]:
        """Everything, and whether the target is met."""
        return asdict(self) | {"met": self.met}


def word_targets(seven: AnswerFigures) -> list[Target]:
    """The seven words, as recorded: recognised correctly, doubtful or not."""
    wanted = {"yes": 97.0, "no": 97.0, "stop": 95.0, "left": 95.0, "right": 95.0}
    found = [_right(f"{word!r} right", seven.word(word), wanted.get(word, 90.0)) for word in SEVEN]
    found += [
        _right(f"{word!r} right, {condition}", seven.word(word, condition), 90.0)
        for condition in seven.tallies
        if condition.startswith("10 dB")
        for word in ("yes", "no")
    ]
    return found


def synthetic_target(spoken: SpokenFigures | None, recorded: Collection[str]) -> Target:
    """Phrases of which people have recorded no word, by a voice held out from training."""
    tally = Tally() if spoken is None else spoken.only_synthetic(recorded)
    return _right("phrases by a synthetic voice never trained on", tally, 90.0)


def strictness_targets(seven: AnswerFigures, answers: Sequence[AnswerFigures]) -> list[Target]:
    """What must not be taken for an answer. The worst of several grammars counts."""
    yes_no = [figures.word(word) for figures in answers for word in ("yes", "no")]
    both = together(yes_no)
    unknown = together(
        tally
        for key, tally in seven.quiet().items()
        if seven.roles[key] is Role.WORD and tally.expected is None
    )
    return [
        _taken("other single words taken for one of the seven", [unknown], 3.0, below=False),
        Target(
            "yes taken for no, or no for yes, as recorded",
            float(both.swapped) if both.n else None,
            0.0,
            "",
            f"{both.n} recordings",
        ),
        _worst_per_minute(
            "foreign running speech giving an answer",
            [figures.of_role(Role.RUNNING) for figures in answers],
            0.05,
        ),
        *(
            _taken(
                f"{title} taken for an answer",
                [_noises(figures, belongs) for figures in answers],
                0.5,
                below=True,
            )
            for title, belongs in _NOISES
        ),
    ]


_NOISES: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("snores", lambda label: "snor" in label),
    ("sneezes", lambda label: "sneez" in label),
    (
        "other night noises",
        lambda label: not any(part in label for part in ("snor", "sneez", "silence")),
    ),
    ("silence", lambda label: "silence" in label),
)


def wake_targets(wakes: Iterable[WakeFigures]) -> list[Target]:
    """Misses at the target number of false alarms per hour."""
    return [
        Target(
            f"wake {wake.phrase!r} missed at 0.1 false alarms an hour, {condition}",
            None if wake.miss_at_alarms(condition) is None or not wake.n
            else 100.0 * (wake.miss_at_alarms(condition) or 0.0),
            10.0,
            "%",
            f"{wake.n} recordings, {int(wake.hours * ALARMS_PER_HOUR)} false alarms allowed"
            f" in {wake.hours:.2f} h",
        )
        for wake in wakes
        for condition in wake.curves
        if condition.startswith(("10 dB", "as recorded"))
    ]  # fmt: skip


def cost_targets(cost: CostFigures) -> list[Target]:
    """Processor, memory, size and load time."""
    alone = "a separate process"
    return [
        Target("processor time of the recogniser for a second of sound",
               cost.recogniser_cpu_per_s, 0.02, "s", "all that reached it"),
        Target("size of the model", cost.size_mb, 8.0, "MB", "its folder"),
        Target("resident memory with the model", cost.resident_mb, 100.0, "MB", alone),
        Target("time to load the model", cost.load_s, 0.3, "s", alone),
    ]  # fmt: skip


def _noises(figures: AnswerFigures, belongs: Callable[[str], bool]) -> Tally:
    return together(
        tally
        for key, tally in figures.quiet().items()
        if figures.roles[key] is Role.NOISE and belongs(key[1])
    )


def _right(measure: str, tally: Tally, target: float) -> Target:
    value = 100.0 * tally.right_share if tally.n else None
    return Target(measure, value, target, "%", f"{tally.n} recordings", more_is_better=True)


def _taken(measure: str, tallies: Sequence[Tally], target: float, *, below: bool) -> Target:
    worst = max(tallies, key=lambda t: t.taken_share)
    value = 100.0 * worst.taken_share if worst.n else None
    return Target(measure, value, target, "%", f"{worst.n} recordings", below=below)


def _worst_per_minute(measure: str, tallies: Sequence[Tally], target: float) -> Target:
    worst = max(tallies, key=lambda t: t.answers_per_minute)
    value = worst.answers_per_minute if worst.n else None
    return Target(measure, value, target, "a minute", f"{worst.duration_s / 60:.1f} min")
