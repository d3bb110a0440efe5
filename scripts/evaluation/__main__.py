"""The command line of ``scripts/evaluate``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.evaluation.against import evaluate_sphinx
from scripts.evaluation.evaluate import (
    REPLIES,
    SEVEN_NAME,
    Figures,
    Material,
    Plan,
    evaluate,
    gather,
    open_plan,
)
from scripts.evaluation.natural import measure_natural
from scripts.evaluation.plots import draw_sweep, draw_wake, draw_words
from scripts.evaluation.report import (
    answers_report,
    cost_report,
    grammars_report,
    spoken_report,
    sweep_report,
    table,
    targets_report,
    wake_report,
)
from scripts.evaluation.sphinx import check_installed
from scripts.faults import EvaluationError
from scripts.plotting import check_plots
from voice.app.settings import Settings
from voice.content.script import GrammarKey
from voice.errors import CharleyError
from voice.listening.settings import ListeningSettings

_ABOUT = """
Measure how well Charley hears. The whole listening chain (voice gate, endpoint,
recogniser, second ear, acceptance rule), on default settings, listens to the recordings
of a manifest: tab-separated, with the columns file, set, label, text, speaker,
licence and seconds, files relative to the manifest's folder. It reports words
right and wrong, other sounds taken for an answer, missed wake phrases against
false alarms, and cost, with the targets and whether they are met.
"""
_AFTER = """
Sets: "rooms" are impulse responses and "noise" and labels of silence are noise;
"keywords" are wake phrases; "orders", "read" and the labels "other", "speech"
and "command_phrase" are speech that was not meant for Charley; everything else
is single words, to be recognised if the label is in the grammar and otherwise
refused. "right" is what `charley hear` would report; "at once" is the part of it
that Charley accepts without reading it back.
"""

SWEEPS_SHOWN = (SEVEN_NAME, GrammarKey.ANSWER.value)
"""The grammars whose sweep is printed; --json has every one."""


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(prog="scripts/evaluate", description=_ABOUT, epilog=_AFTER)
    made.add_argument("--manifest", type=Path, required=True, metavar="M.tsv")
    made.add_argument(
        "--noise",
        type=Path,
        metavar="DIR",
        help="sound files to mix with words (default: the manifest's set noise)",
    )
    made.add_argument(
        "--snr",
        type=_decibels,
        default=(20.0, 10.0, 5.0),
        metavar="DB,...",
        help="signal-to-noise ratios of the mixes (default: 20,10,5)",
    )
    made.add_argument(
        "--rooms",
        type=Path,
        metavar="DIR",
        help="impulse responses (default: the manifest's set rooms)",
    )
    made.add_argument(
        "--split",
        choices=("heldout", "all"),
        default="heldout",
        help="only recordings held out from training (default), or all",
    )
    made.add_argument("--model", metavar="PATH", help="a model's folder, or its name")
    made.add_argument(
        "--wake",
        action="append",
        default=[],
        metavar="PHRASE",
        help="wake phrase, may be repeated (default: each label of the set keywords)",
    )
    made.add_argument(
        "--grammar",
        action="append",
        default=[],
        choices=[key.value for key in REPLIES],
        help="measure only this grammar of replies, may be repeated (default: all)",
    )
    made.add_argument(
        "--foreign-hours",
        type=_hours,
        default=0.0,
        metavar="H",
        help="hours of foreign speech to try wake phrases on, with recordings played at other"
        " speeds and a synthetic voice if there is too little (default: what there is)",
    )
    made.add_argument(
        "--limit",
        type=_count,
        metavar="N",
        help="at most N recordings of each set and label, for a quick look",
    )
    made.add_argument(
        "--against",
        choices=("pocketsphinx",),
        help="compare with another recogniser in the same run",
    )
    made.add_argument(
        "--no-second-ear",
        action="store_true",
        help="let the recogniser hear alone, without the keyword spotter",
    )
    made.add_argument(
        "--no-synthetic",
        action="store_true",
        help="leave out the phrases in a synthetic voice (they need flite)",
    )
    made.add_argument(
        "--natural",
        type=Path,
        metavar="DIR",
        help="measure only the phrases of a folder of natural voices, in quiet and in"
        " rooms and noise",
    )
    made.add_argument("--seed", type=_count, default=0, help="for rooms and noise (default: 0)")
    made.add_argument(
        "--json", type=Path, metavar="OUT", help="write all figures to this file, as JSON"
    )
    made.add_argument(
        "--plots", type=Path, metavar="DIR", help="plot the figures as PNG files in this folder"
    )
    return made


def run(args: argparse.Namespace) -> None:
    """Measure, print, write. Raises CharleyError."""
    if args.json is not None:
        _check_writable(args.json)
    if args.plots is not None:
        check_plots(args.plots)
    if args.against is not None:
        check_installed()
    plan = Plan(
        manifest=args.manifest,
        noise=args.noise,
        rooms=args.rooms,
        snrs_db=args.snr,
        only_held_out=args.split == "heldout",
        model=args.model,
        wake_phrases=tuple(" ".join(phrase.lower().split()) for phrase in args.wake),
        foreign_hours=args.foreign_hours,
        limit=args.limit,
        seed=args.seed,
        synthetic=not args.no_synthetic,
        grammars=tuple(map(GrammarKey, args.grammar)) or REPLIES,
    )
    listening = ListeningSettings(second_ear=not args.no_second_ear)
    settings = Settings(listening=listening)
    material = gather(plan)
    if args.natural is not None:
        _run_natural(args, plan, material, settings)
        return
    figures = evaluate(plan, material, settings)
    print(_report(figures), flush=True)
    found = {"split": args.split, "seed": args.seed, "limit": args.limit, **figures.as_json()}
    # Write the results so far before the comparison, which takes longer than the rest.
    if args.json is not None:
        _write(args.json, json.dumps(found, indent=1) + "\n")
    if args.plots is not None:
        _draw(figures, args.plots)
    if args.against is None:
        return
    other = evaluate_sphinx(plan, material, settings)
    print(f"\nThe same by {args.against}:\n\n{_report(other)}")
    found["against"] = {args.against: other.as_json()}
    if args.json is not None:
        _write(args.json, json.dumps(found, indent=1) + "\n")


def _run_natural(
    args: argparse.Namespace, plan: Plan, material: Material, settings: Settings
) -> None:
    ear, script, _ = open_plan(plan, settings)
    conditions = [
        c for c in material.surroundings.conditions(plan.snrs_db) if c.quiet or c.snr_db is not None
    ]
    natural = measure_natural(
        ear,
        script,
        args.natural,
        surroundings=material.surroundings,
        conditions=conditions,
        limit=plan.limit,
    )
    print(natural.report(), flush=True)
    if args.json is not None:
        _write(args.json, json.dumps(natural.as_json(), indent=1) + "\n")


def _report(figures: Figures) -> str:
    parts = [answers_report(a) for a in figures.answers]
    parts += [sweep_report(a) for a in figures.answers if a.name in SWEEPS_SHOWN]
    parts.append(grammars_report(figures.answers))
    if figures.wakes:
        parts.append(wake_report(figures.wakes))
    if figures.spoken is not None:
        parts.append(spoken_report(figures.spoken))
    if figures.cost is not None:
        parts.append(cost_report(figures.cost))
    parts.append(targets_report(figures.targets))
    parts.append(table(("Model", figures.model), [("Recordings", str(figures.recordings))]))
    return "\n\n".join(parts)


def _draw(figures: Figures, folder: Path) -> None:
    for answers in figures.answers:
        draw_words(answers, folder)
        draw_sweep(answers, folder)
    for wake in figures.wakes:
        draw_wake(wake, folder)


def _check_writable(path: Path) -> None:
    """Fail now, not after an hour of listening."""
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise EvaluationError(f"{path}: cannot be written", remedy="Name another file with --json.")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise EvaluationError(
            f"{path}: cannot be written: {error.strerror}", remedy="Name another file with --json."
        ) from error


def _decibels(text: str) -> tuple[float, ...]:
    try:
        found = tuple(dict.fromkeys(float(part) for part in text.split(",")))
    except ValueError:
        found = ()
    if not found or not all(-20.0 <= snr <= 60.0 for snr in found):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of decibels, such as 20,10,5")
    return found


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = -1.0
    if not 0.0 <= hours <= 1000.0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of hours")
    return hours


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 0 or more")
    return int(text)


def main(argv: Sequence[str] | None = None) -> int:
    """Run, and report errors that a person can fix in one line."""
    args = parser().parse_args(argv)
    try:
        run(args)
    except CharleyError as error:
        print(f"evaluate: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("evaluate: interrupted", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
