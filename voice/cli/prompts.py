"""``charley prompts``: check, render, or draw what Charley says."""

from __future__ import annotations

import argparse
from contextlib import closing

from voice.app.assembly import open_speech
from voice.app.dialogue_assembly import build_dialogue, read_script
from voice.app.paths import prompts_folder
from voice.app.settings import load_settings
from voice.cli.main import Subparsers, add_actions
from voice.content.lint import lint, read_sources
from voice.dialogue.diagram import mermaid
from voice.dialogue.lines_by_grammar import said_under
from voice.speech.prerender import render_script


def add_parser(subparsers: Subparsers) -> None:
    """Add ``prompts check``, ``prompts render`` and ``prompts diagram``."""
    parser = subparsers.add_parser(
        "prompts", description="Check or render what Charley says, or draw the dialogue."
    )
    actions = add_actions(parser)
    check = actions.add_parser("check", help="Check every line against the rules of speaking.")
    check.set_defaults(run=_check)
    render = actions.add_parser("render", help="Render every line to speech now, and cache it.")
    render.set_defaults(run=_render)
    diagram = actions.add_parser(
        "diagram", help="Print the dialogue's states as a Mermaid diagram."
    )
    diagram.set_defaults(run=_diagram)


def _check(_: argparse.Namespace) -> int:
    settings = load_settings()
    script = read_script(settings)
    build_dialogue(script, settings)  # raises if a line that it needs is missing
    sources = read_sources(prompts_folder() / "SOURCES.md")
    found = lint(script, sources, settings.general.wake_phrases, said_under(script))
    for finding in found:
        print(finding)
    if not found:
        print(f"{len(script.lines)} lines and {len(sources)} sources: no problems found.")
    return 1 if found else 0


def _render(_: argparse.Namespace) -> int:
    settings = load_settings()
    script = read_script(settings)
    with closing(open_speech(settings, script)) as speech:
        failed = render_script(script, speech.clips)
    for text in failed:
        print(f"Could not render: {text}")
    print(f"{len(script.lines) - len(failed)} of {len(script.lines)} lines are ready.")
    return 1 if failed else 0


def _diagram(_: argparse.Namespace) -> int:
    print(mermaid())
    return 0
