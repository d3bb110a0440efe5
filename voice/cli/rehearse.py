"""``charley rehearse``: scripted nights in a simulated room, with a verdict on each."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final

from voice.app.assembly import Components, assemble
from voice.app.paths import cache_folder, prompts_folder, runtime_folder
from voice.app.rehearsals import find_scenario, prepare, shipped_scenarios
from voice.app.settings import GeneralSettings, Settings, load_settings
from voice.cli.main import EXIT_FAILED, EXIT_OK, Subparsers
from voice.simulation.outcome import Outcome, problems
from voice.simulation.report import Said
from voice.simulation.scenario import Scenario, read_scenario

LAST: Final = "last-rehearsal"
"""The folder in the cache for a rehearsal without ``--out``; each replaces the one before."""

DEFAULT: Final = "calf"
"""The scenario to rehearse if none is named."""


def add_parser(subparsers: Subparsers) -> None:
    """Add ``rehearse``."""
    parser = subparsers.add_parser(
        "rehearse",
        description="Play scripted nights in a simulated room, with the real ears, voice and"
        " dialogue, faster than real time. Exits with 1 if any does not go as expected.",
    )
    parser.add_argument(
        "scenarios",
        nargs="*",
        metavar="SCENARIO",
        help=f"a scenario file, or the name of one that ships (default: {DEFAULT})",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="where to write conversation.wav, transcript.txt and events.jsonl (default: the"
        " cache, which keeps the last rehearsal)",
    )
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--list", action="store_true", help="list the scenarios that ship")
    choice.add_argument("--all", action="store_true", help="rehearse all scenarios that ship")
    parser.add_argument("--quiet", action="store_true", help="print only the result of each one")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Rehearse, and report the result."""
    settings = _with_default_wake_phrases(load_settings())
    shipped = shipped_scenarios(prompts_folder() / settings.general.language)
    if args.list:
        for name, path in shipped.items():
            print(f"{name}: {read_scenario(path).title}")
        return EXIT_OK
    names = list(shipped) if args.all else args.scenarios or [DEFAULT]
    paths = [find_scenario(name, shipped) for name in names]
    # Read all of them before playing the first: a mistake in the last one shows at once.
    nights = [(path, read_scenario(path)) for path in paths]
    folders = _folders(args.out, [path.stem for path in paths])
    went_well = 0
    with closing(assemble(settings)) as parts:
        parts.render()
        for (path, scenario), folder in zip(nights, folders, strict=True):
            went_well += _rehearse(parts, scenario, path, folder, quiet=args.quiet)
    if len(nights) > 1:
        print(f"{went_well} of {len(nights)} rehearsals went as expected.")
    return EXIT_OK if went_well == len(nights) else EXIT_FAILED


def _with_default_wake_phrases(settings: Settings) -> Settings:
    """The settings, with the wake phrases of the scenarios added to the user's own."""
    own, usual = settings.general.wake_phrases, GeneralSettings().wake_phrases
    phrases = tuple(dict.fromkeys((*own, *usual)))
    return replace(settings, general=replace(settings.general, wake_phrases=phrases))


def _rehearse(
    parts: Components, scenario: Scenario, path: Path, folder: Path, *, quiet: bool
) -> bool:
    """Rehearse one scenario; True if the outcome is as expected."""
    if not quiet:
        print(f"{scenario.title}. {scenario.description}".rstrip(), flush=True)
    rehearsal = prepare(parts, scenario, path.parent, show=None if quiet else _print)
    outcome = rehearsal.run()
    verdict = _verdict(path.stem, scenario, outcome)
    rehearsal.write(folder, verdict)
    print(verdict)
    if not quiet:
        print(f"It took {_pace(outcome)}. Sound, transcript and events are in {folder}", flush=True)
    return not problems(scenario.expect, outcome)


def _verdict(name: str, scenario: Scenario, outcome: Outcome) -> str:
    found = problems(scenario.expect, outcome)
    if found:
        return f"{name}: not as expected: {'; '.join(found)}."
    return f"{name}: as expected."


def _pace(outcome: Outcome) -> str:
    return (
        f"{outcome.took_s:.1f} seconds for {outcome.room_s:.0f} seconds in the room,"
        f" {outcome.speedup:.0f} times real time"
    )


def _folders(out: Path | None, names: Iterable[str]) -> list[Path]:
    """Where each report goes: the folder itself for one, a subfolder for each of several."""
    listed = list(names)
    base = out if out is not None else _emptied()
    if len(listed) == 1:
        return [base]
    return [base / f"{number:02d}-{name}" for number, name in enumerate(listed, 1)]


def _emptied() -> Path:
    """The emptied folder for the last rehearsal."""
    folder = cache_folder() / LAST
    try:
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
    except OSError:  # a home that cannot be written
        folder = runtime_folder() / LAST
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
    return folder


def _print(said: Said) -> None:
    print(said, flush=True)
