"""The command line of ``scripts/soak``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.figures import rows
from scripts.plotting import check_plots
from scripts.soak_test.figures import FIGURES, beyond, figures_of
from scripts.soak_test.plot import draw_night
from scripts.soak_test.soak import Soaked, soak
from scripts.soak_test.sounds import SoakError
from scripts.watching import parts_of
from voice.app.settings import Settings
from voice.audio.samples import RATE_HZ
from voice.errors import CharleyError

LONGEST_HOURS = 24.0
SHORTEST_HOURS = 0.2

_ABOUT = """
Run a whole night in the simulated room, through the whole loop and many times
faster than real time: snoring, a fan, talk in another room, bumps and coughs,
and cramps at odd hours, whose sleepers call Charley and are talked through
them. Default settings and model; all sounds but --noise are synthesised.
Exits with 1 if a figure is outside its bound, and says which.
"""


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(prog="scripts/soak", description=_ABOUT)
    made.add_argument(
        "--hours", type=_hours, default=8.0, metavar="H", help="length of the night (default: 8)"
    )
    made.add_argument(
        "--noise", type=Path, metavar="DIR", help="sound files to play now and then, too"
    )
    made.add_argument(
        "--seed", type=int, default=1, metavar="N", help="seed of the night (default: %(default)s)"
    )
    made.add_argument(
        "--json", type=Path, metavar="OUT", help="write the figures to this file, as JSON"
    )
    made.add_argument(
        "--plots", type=Path, metavar="DIR", help="plot the night into this folder, as PNG"
    )
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Run the night; 0 if all is within bounds, 1 if not, 2 on an error."""
    args = parser().parse_args(argv)
    try:
        if args.noise is not None and not args.noise.is_dir():
            raise SoakError(f"{args.noise}: no such folder", remedy="Name another.")
        if args.plots is not None:
            check_plots(args.plots)
        with parts_of(Settings()) as parts:
            soaked = soak(parts, args.hours, args.seed, args.noise)
        found = figures_of(soaked)
        if args.json is not None:
            _write(args.json, found)
        if args.plots is not None:
            print(f"Drawn: {draw_night(soaked, args.plots)}")
    except CharleyError as error:
        print(f"scripts/soak: {error}", file=sys.stderr)
        return 2
    print("\n".join(_report(soaked, found)))
    wrong = beyond(found)
    for words in wrong:
        print(f"Outside its bound: {words}.", file=sys.stderr)
    return 1 if wrong else 0


def _report(soaked: Soaked, found: dict[str, float]) -> list[str]:
    """The table, its sample sizes, and every conversation that took another course."""
    other = [c for c in soaked.conversations if c.problems]
    return [
        *rows(FIGURES, found),
        (
            f"From {found['hours']:g} hours, {found['cramps']:.0f} cramps,"
            f" {found['calls']:.0f} calls and {found['replies']:.0f} replies."
        ),
        *(f"False wake at {_clock(at_s)}." for at_s in soaked.false_wakes_s),
        *(
            f"{_clock(c.told.cramp.start / RATE_HZ)}, {c.told.cramp.scenario}, {c.told.cramp.voice}"
            f" at {c.told.cramp.level_dbfs:.0f} dBFS: {'; '.join(c.problems)}."
            for c in other
        ),
    ]


def _clock(at_s: float) -> str:
    minutes, seconds = divmod(round(at_s), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"


def _write(path: Path, found: dict[str, float]) -> None:
    try:
        path.write_text(json.dumps({k: round(v, 5) for k, v in found.items()}) + "\n", "utf-8")
    except OSError as error:
        raise SoakError(
            f"{path}: cannot be written ({error.strerror})", remedy="Name another file."
        ) from error


def _hours(text: str) -> float:
    hours = float(text)
    if not SHORTEST_HOURS <= hours <= LONGEST_HOURS:
        raise argparse.ArgumentTypeError(f"from {SHORTEST_HOURS:g} to {LONGEST_HOURS:g} hours")
    return hours


if __name__ == "__main__":
    raise SystemExit(main())
