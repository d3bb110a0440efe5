"""The figures as plain tables. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from scripts.corpus.conditions import QUIET
from scripts.corpus.manifest import Role
from scripts.evaluation.answers import AnswerFigures
from scripts.evaluation.cost import CostFigures
from scripts.evaluation.spoken import SpokenFigures
from scripts.evaluation.sweep import at_alarms
from scripts.evaluation.tally import Tally, by_label, together
from scripts.evaluation.targets import Target
from scripts.evaluation.wake import WakeFigures

MOST_WRONG = 4
"""How many of the words that a recording was mistaken for are shown."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns side by side: the first left-aligned, the others right-aligned."""
    body = [list(row) for row in rows]
    lines = [list(head), *body]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def answers_report(figures: AnswerFigures) -> str:
    """The results of one grammar for every set and label, in every condition."""
    parts = [f"Grammar {figures.name!r} ({len(figures.grammar.phrases)} phrases)"]
    head = ("recordings", "n", "right", "at once", "doubtful", "unclear", "unheard", "wrong",
            "answers/min", "taken for")  # fmt: skip
    rows = [(f"{key[0]}/{key[1]}", *_cells(tally)) for key, tally in _in_order(figures)]
    for condition, tallies in figures.tallies.items():
        if condition != QUIET.name:
            rows += [
                (f"{label}, {condition}", *_cells(t))
                for label, t in sorted(by_label(tallies).items())
            ]
    parts.append(table(head, rows))
    return "\n".join(parts)


def grammars_report(grammars: Sequence[AnswerFigures]) -> str:
    """One line per grammar: its own phrases, then what must not be taken for an answer."""
    rows = []
    for figures in grammars:
        quiet = figures.quiet()
        known = together(t for t in quiet.values() if t.expected is not None)
        others = together(
            t for key, t in quiet.items() if t.expected is None and figures.roles[key] is Role.WORD
        )
        running, noise = figures.of_role(Role.RUNNING), figures.of_role(Role.NOISE)
        rows.append(
            (
                figures.name,
                str(len(figures.grammar.phrases)),
                str(known.n),
                _percent(known.right, known.n),
                _percent(known.right_at_once, known.n),
                _percent(known.taken, known.n),
                f"{_percent(others.taken, others.n)} of {others.n}",
                f"{running.answers_per_minute:.2f}",
                f"{_percent(noise.taken, noise.n)} of {noise.n}",
            )
        )
    head = ("by grammar, as recorded", "phrases", "words", "right %", "at once %", "wrong %",
            "other words taken %", "speech answers/min", "noise taken %")  # fmt: skip
    return table(head, rows)


def _percent(count: int, n: int) -> str:
    return f"{100.0 * count / n:.1f}" if n else "-"


def _in_order(figures: AnswerFigures) -> list[tuple[tuple[str, str], Tally]]:
    """Phrases of the grammar first, then other words, speech and noise."""
    roles = list(Role)
    return sorted(
        figures.quiet().items(),
        key=lambda item: (item[1].expected is None, roles.index(figures.roles[item[0]]), item[0]),
    )


def _cells(tally: Tally) -> tuple[str, ...]:
    def percent(count: int) -> str:
        return _percent(count, tally.n)

    known = tally.expected is not None
    wrong = ", ".join(f"{word} {n}" for word, n in tally.wrong.most_common(MOST_WRONG))
    return (
        str(tally.n),
        percent(tally.right) if known else "-",
        percent(tally.right_at_once) if known else "-",
        percent(tally.doubtful),
        percent(tally.unclear),
        percent(tally.unheard),
        percent(tally.taken),
        "-" if known else f"{tally.answers_per_minute:.2f}",
        wrong,
    )


def wake_report(wakes: Sequence[WakeFigures]) -> str:
    """Misses and false alarms of every wake phrase."""
    rows = []
    for wake in wakes:
        for condition, curve in wake.curves.items():
            now, aim = wake.defaults[condition], at_alarms(curve)
            rows.append(
                (
                    f"{wake.phrase}, {condition}",
                    str(wake.n),
                    f"{100.0 * now.miss_share:.1f}" if wake.n else "-",
                    f"{now.alarms_per_hour:.2f} ({now.alarms} in {wake.hours:.2f} h)",
                    "-" if aim is None else f"{100.0 * aim.miss_share:.1f}" if wake.n else "-",
                    "-" if aim is None else f"{aim.wake_margin:g}",
                    f"{wake.uncalled_per_hour:.2f}",
                )
            )
    head = ("wake phrase", "n", "missed %", "false alarms an hour", "missed % at 0.1 an hour",
            "with wake_margin", "danger signs an hour")  # fmt: skip
    margin = f"{wakes[0].default_margin:g}" if wakes else "-"
    told = [f"Wake phrases, wake_margin {margin}", table(head, rows)]
    told += [f"Foreign speech for {wake.phrase!r}: {_hours(wake)}." for wake in wakes]
    return "\n".join(told)


def _hours(wake: WakeFigures) -> str:
    return "; ".join(f"{hours:.2f} h of {kind}" for kind, hours in wake.foreign_hours.items())


def sweep_report(figures: AnswerFigures) -> str:
    """The effect of other thresholds; in rooms and noise there are only words."""
    head = ("setting", "right %", "at once %", "wrong %", "swapped", "other words taken %",
            "at once %", "speech answers/min", "at once/min")  # fmt: skip
    rows = [
        (
            f"{p.setting} {p.value:g}, {condition}",
            f"{100 * p.right_share:.1f}",
            f"{100 * p.right_at_once_share:.1f}",
            f"{100 * p.wrong_share:.1f}",
            str(p.swapped),
            f"{100 * p.unknown_taken_share:.1f}",
            f"{100 * p.unknown_taken_at_once_share:.1f}",
            f"{p.running_answers_per_minute:.3f}",
            f"{p.running_clear_answers_per_minute:.3f}",
        )
        for condition, points in figures.sweeps.items()
        for p in points
    ]
    return f"One setting at a time, grammar {figures.name!r}\n{table(head, rows)}"


def spoken_report(spoken: SpokenFigures) -> str:
    """Phrases by a synthetic voice, by grammar, and those not recognised every time."""
    groups: dict[str, dict[str, Tally]] = {}
    for (grammar, phrase), tally in spoken.tallies.items():
        groups.setdefault(grammar, {})[phrase] = tally
    rows = []
    for grammar, tallies in groups.items():
        if not tallies:
            continue
        whole = together(tallies.values())
        missed = [f"{p} {t.right}/{t.n}" for p, t in tallies.items() if t.right < t.n]
        rows.append(
            (
                grammar,
                str(whole.n),
                f"{100.0 * whole.right_share:.1f}",
                f"{100.0 * whole.taken_share:.1f}",
                ", ".join(missed),
            )
        )
    head = ("a synthetic voice never trained on", "n", "right %", "wrong %", "not every time")
    return table(head, rows)


def cost_report(cost: CostFigures) -> str:
    """The cost of listening."""
    rows = (
        ("whole chain, a second of recording", f"{cost.cpu_per_audio_s:.4f} s"),
        ("whole chain, a second of voice in it", f"{cost.cpu_per_voice_s:.4f} s"),
        ("recogniser, a second of what it was given", f"{cost.recogniser_cpu_per_s:.4f} s"),
        ("second ear, a second of what it was given", f"{cost.spotter_cpu_per_s:.4f} s"),
        ("... which is this much of the recogniser's", f"{100 * cost.spotter_share:.1f} %"),
        ("voice gate, a second of what it was given", f"{cost.gate_cpu_per_s:.4f} s"),
        ("time to load the model", f"{cost.load_s:.3f} s"),
        ("resident memory with the model", f"{cost.resident_mb:.0f} MB"),
        ("the same process before loading it", f"{cost.resident_before_loading_mb:.0f} MB"),
        ("size of the model", f"{cost.size_mb:.2f} MB"),
    )
    return table(("Cost (processor time of one core)", ""), rows)


def targets_report(targets: Iterable[Target]) -> str:
    """The targets, and whether each is met."""
    words = {True: "met", False: "MISSED", None: "not measured"}
    rows = [
        (
            t.measure,
            "-" if t.value is None else f"{t.value:.3g} {t.unit}".rstrip(),
            t.wanted(),
            words[t.met],
            t.rests_on,
        )
        for t in targets
    ]
    return table(("Target", "Measured", "Wanted", "", "Rests on"), rows)
