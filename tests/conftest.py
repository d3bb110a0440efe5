"""Shared by the whole suite: its options, its folders, one Charley, and sound servers."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.shipped import SCRIPT
from tests.sound_server import SoundServer, running_sound_server
from voice.app import dialogue_assembly
from voice.app.assembly import Components, assemble
from voice.app.paths import prompts_folder
from voice.app.settings import load_settings
from voice.content.loader import load_script
from voice.content.script import Script

pytest_plugins = (
    "tests.plugins.distribution",
    "tests.plugins.pure_coverage",
    "tests.plugins.time_budget",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the project's own options."""
    parser.addoption(
        "--rewrite-conversations",
        action="store_true",
        help="write what the dialogue says now into tests/conversations, for review and commit",
    )
    parser.addoption(
        "--slow-machine",
        action="store_true",
        help="do not fail a test that takes long, as on an emulated processor",
    )


@pytest.fixture(scope="session", autouse=True)
def own_folders(run_folder: Path) -> Iterator[Path]:
    """Folders for this run alone: nothing of the user's is read or changed.

    Yields the folder for rendered speech, shared by all tests that do not ask for their own.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith("CHARLEY_") and n != "CHARLEY_SPEECH"]:
            patch.delenv(name)
        for name in ("CACHE", "DATA", "CONFIG", "STATE"):
            patch.setenv(f"XDG_{name}_HOME", str(run_folder / "own" / name.lower()))
        # Measurements must not depend on what happens to be installed.
        patch.setenv("CHARLEY_VOICE_ENGINE", "espeak")
        yield run_folder / "own" / "cache" / "charley"


@pytest.fixture(scope="session", autouse=True)
def content_read_once() -> Iterator[None]:
    """Read the content that ships once per process: it takes a third of a second each time.

    Content anywhere else is read whenever it is asked for.
    """
    shipped = prompts_folder() / SCRIPT.language

    def load_once(folder: Path) -> Script:
        return SCRIPT if folder == shipped else load_script(folder)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dialogue_assembly, "load_script", load_once)
        yield


@pytest.fixture(scope="session")
def parts() -> Iterator[Components]:
    """Every component of Charley but microphone and loudspeaker, with the model that ships."""
    with closing(assemble(load_settings())) as made:
        yield made


@pytest.fixture(scope="session")
def natural() -> Iterator[Components]:
    """The same, speaking in the natural voice. Its lines are rendered as they are needed."""
    pytest.importorskip("hibari", reason="the extra 'natural' is not installed")
    settings = load_settings()
    voice = replace(settings.voice, engine="natural")
    with closing(assemble(replace(settings, voice=voice))) as made:
        yield made


@pytest.fixture(scope="session")
def rendered(own_folders: Path, run_folder: Path, parts: Components) -> Path:
    """A folder with everything that Charley says, rendered once per run. Do not change it."""
    with (run_folder / "rendering.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        parts.render()
    return own_folders


@pytest.fixture
def cache(rendered: Path, tmp_path: Path) -> Path:
    """A copy of that folder, which a test may change."""
    return Path(shutil.copytree(rendered, tmp_path / "cache"))


@pytest.fixture(scope="module")
def server(real_time: None) -> Iterator[SoundServer]:  # noqa: ARG001 - used as a mark
    """A sound server for all tests in a file."""
    with running_sound_server() as running:
        yield running


@pytest.fixture
def own_server(real_time: None) -> Iterator[SoundServer]:  # noqa: ARG001 - used as a mark
    """A sound server for one test, which may kill it."""
    with running_sound_server() as running:
        yield running
