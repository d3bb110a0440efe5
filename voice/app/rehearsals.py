"""Rehearsals with the parts used at the bedside, for the command and for the scripts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from voice.app.assembly import Components, open_sleepers
from voice.audio.samples import Clip
from voice.errors import RehearsalError
from voice.ports import VoiceStyle
from voice.simulation.rehearsal import Actor, Log, Rehearsal
from voice.simulation.report import Said
from voice.simulation.room import Room
from voice.simulation.scenario import Scenario
from voice.simulation.scenario_audio import Render


def shipped_scenarios(language: Path) -> dict[str, Path]:
    """The scenarios of a language's prompts, by name."""
    return {path.stem: path for path in sorted((language / "scenarios").glob("*.toml"))}


def find_scenario(name: str, shipped: dict[str, Path]) -> Path:
    """The file of a scenario, given by its path or by the name of one that ships.

    Raises RehearsalError if none that ships has that name.
    """
    if name in shipped and not Path(name).is_file():
        return shipped[name]
    if not name.endswith(".toml") and "/" not in name:
        raise RehearsalError(
            f"There is no scenario {name!r}",
            remedy="List the scenarios: charley rehearse --list",
        )
    return Path(name)


def prepare(
    parts: Components,
    scenario: Scenario,
    folder: Path,
    *,
    show: Callable[[Said], None] | None = None,
) -> Rehearsal:
    """A rehearsal of the scenario with those parts, ready to run.

    ``folder`` holds the scenario's recordings; ``show`` is called with everything said, as it
    is said.
    """

    def build(speaker: Room, log: Log) -> Actor:
        return parts.assistant(speaker, (log,), reference=speaker, on_line=log.line)

    return Rehearsal(
        scenario,
        folder,
        parts.script,
        build=build,
        render=renderer(parts),
        show=show or _show_nothing,
    )


def renderer(parts: Components) -> Render:
    """Text to speech in any voice, cached like Charley's own lines."""
    sleepers = open_sleepers(parts.settings)

    def render(text: str, style: VoiceStyle) -> Clip:
        return sleepers.with_style(style).render(text)

    return render


def _show_nothing(_said: Said) -> None:
    pass
