"""``charley config``: the settings in force, as a commented file to begin with."""

from __future__ import annotations

import argparse

from voice.app.paths import (
    cache_folder,
    config_file,
    models_folder,
    prompts_folder,
    state_folder,
    user_models_folder,
)
from voice.app.settings import ENVIRONMENT_PREFIX, load_settings
from voice.app.settings_text import as_toml
from voice.app.voice_preferences import FILE, forget
from voice.cli import Subparsers
from voice.diary.store import FILE as DIARY_FILE


def add_parser(subparsers: Subparsers) -> None:
    """Add ``config``."""
    parser = subparsers.add_parser(
        "config",
        description="Show the settings in force, as a settings file that says what is allowed.",
    )
    parser.add_argument(
        "--paths", action="store_true", help="show which files and folders are used instead"
    )
    parser.add_argument(
        "--forget-voice",
        action="store_true",
        help="forget the volume and rate that were set by voice",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print settings, or paths; or forget what was set by voice."""
    if args.forget_voice:
        known = forget(state_folder() / FILE)
        print("Forgotten." if known else "Nothing had been set by voice.")
        return 0
    if args.paths:
        print(f"Settings: {config_file()}")
        print(f"Content: {prompts_folder()}")
        print(f"Models that ship: {models_folder()}")
        print(f"Models that were fetched: {user_models_folder()}")
        print(f"Rendered speech: {cache_folder()}")
        print(f"What was set by voice: {state_folder() / FILE}")
        print(f"The diary: {state_folder() / DIARY_FILE}")
        return 0
    settings = load_settings()
    print(f"# Charley's settings. To change some, put them into {config_file()}")
    print(f"# or into the environment: {ENVIRONMENT_PREFIX}GENERAL_HOLD_S=45")
    print()
    print(as_toml(settings), end="")
    return 0
