"""``charley config``: the settings in force, as a commented file to start from."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Collection, Iterator, Sequence

from voice.app.paths import (
    cache_folder,
    carer_folder,
    config_file,
    models_folder,
    prompts_folder,
    state_folder,
    user_models_folder,
)
from voice.app.settings import ENVIRONMENT_PREFIX, OPTIONAL, TUNING, Settings, load_settings
from voice.app.settings_check import problems
from voice.app.settings_text import as_toml
from voice.app.voice_preferences import FILE, forget
from voice.carer.event_socket import socket_path
from voice.carer.mqtt_link import login_of
from voice.carer.settings import what_is_sent
from voice.cli.main import EXIT_FAILED, EXIT_OK, Subparsers
from voice.cli.output import print_json
from voice.diary.store import FILE as DIARY_FILE
from voice.errors import CharleyError

_USUAL = tuple(f.name for f in dataclasses.fields(Settings) if f.name not in (*TUNING, *OPTIONAL))


def add_parser(subparsers: Subparsers) -> None:
    """Add ``config``."""
    parser = subparsers.add_parser(
        "config",
        description=(
            "Show the settings in force, as a settings file that says what is allowed, and"
            " report anything in them that would keep Charley from starting."
        ),
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--all",
        action="store_true",
        help="also show the measured numbers, which few people need to change",
    )
    what.add_argument(
        "--paths", action="store_true", help="show the files and folders in use instead"
    )
    what.add_argument(
        "--forget-voice",
        action="store_true",
        help="forget the volume and rate set by voice",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print settings or paths, or forget what was set by voice."""
    if args.forget_voice:
        known = forget(state_folder() / FILE)
        print("Forgotten." if known else "Nothing had been set by voice.")
        return EXIT_OK
    if args.paths:
        return _show_paths(as_json=args.json)
    settings = load_settings()
    found = [str(problem) for problem in (*problems(settings), *_carer_problems(settings))]
    usual = (*_USUAL, "carer") if settings.carer.on else _USUAL
    sections = None if args.all else usual
    if args.json:
        _print_as_json(settings, sections, found)
    else:
        _print_as_toml(settings, sections)
    for problem in found:
        print(f"charley: {' '.join(problem.split())}", file=sys.stderr)
    return EXIT_FAILED if found else EXIT_OK


def _print_as_json(
    settings: Settings, sections: Collection[str] | None, found: Sequence[str]
) -> None:
    shown = {
        name: values
        for name, values in dataclasses.asdict(settings).items()
        if sections is None or name in sections
    }
    print_json(
        {
            "settings": shown,
            "file": str(config_file()),
            "problems": found,
            "sent": what_is_sent(settings.carer),
        }
    )


def _print_as_toml(settings: Settings, sections: Collection[str] | None) -> None:
    """A settings file with comments. ``sections`` are those to show; None shows all."""
    print(f"# Charley's settings. To change some, put them in {config_file()}")
    print(f"# or in the environment: {ENVIRONMENT_PREFIX}GENERAL_HOLD_S=45")
    print()
    print(as_toml(settings, sections), end="")
    if sections is not None:
        print()
        print(f"# Measured numbers, in [{'] and ['.join(TUNING)}]: charley config --all")
    print()
    print(f"# {what_is_sent(settings.carer)}")
    if sections is not None and not settings.carer.on:
        print("# To tell one, see [carer]: charley config --all")
    sys.stdout.flush()


def _carer_problems(settings: Settings) -> Iterator[CharleyError]:
    """What would keep the bridge from starting. The broker is not asked: charley bridge --check."""
    if not settings.carer.on:
        return
    try:
        socket_path(carer_folder())
        login_of(settings.carer, config_file())
    except CharleyError as error:
        yield error


def _show_paths(*, as_json: bool) -> int:
    paths = {
        "Settings": config_file(),
        "Content": prompts_folder(),
        "Models that ship": models_folder(),
        "Models that were fetched": user_models_folder(),
        "Rendered speech": cache_folder(),
        "What was set by voice": state_folder() / FILE,
        "The diary": state_folder() / DIARY_FILE,
        "What the bridge keeps": carer_folder(),
    }
    if as_json:
        print_json({name: str(path) for name, path in paths.items()})
    else:
        for name, path in paths.items():
            print(f"{name}: {path}")
    return EXIT_OK
