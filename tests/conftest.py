"""What the whole suite shares: its options, its folders, one Charley, and sound servers."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.sound_server import SoundServer, running_sound_server
from voice.app.assembly import Components, assemble
from voice.app.settings import load_settings

pytest_plugins = (
    "tests.plugins.distribution",
    "tests.plugins.pure_coverage",
    "tests.plugins.time_budget",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the one option that is the project's own."""
    parser.addoption(
        "--rewrite-conversations",
        action="store_true",
        help="write what the dialogue says now into tests/conversations, to be read and committed",
    )


@pytest.fixture(scope="session", autouse=True)
def own_folders(run_folder: Path) -> Iterator[Path]:
    """Folders of the run's own: nothing of whoever runs it is read, nothing of theirs changed.

    Gives the folder that rendered speech is kept in, for all tests that don't ask for one.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith("CHARLEY_") and n != "CHARLEY_SPEECH"]:
            patch.delenv(name)
        for name in ("CACHE", "DATA", "CONFIG", "STATE"):
            patch.setenv(f"XDG_{name}_HOME", str(run_folder / "own" / name.lower()))
        yield run_folder / "own" / "cache" / "charley"


@pytest.fixture(scope="session")
def parts() -> Iterator[Components]:
    """Everything of Charley but microphone and loudspeaker, with the model that ships."""
    with closing(assemble(load_settings())) as made:
        yield made


@pytest.fixture(scope="session")
def rendered(own_folders: Path, run_folder: Path, parts: Components) -> Path:
    """A folder with everything that Charley says, rendered once in the run. Not to be changed."""
    with (run_folder / "rendering.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        parts.render()
    return own_folders


@pytest.fixture
def cache(rendered: Path, tmp_path: Path) -> Path:
    """A copy of that, which a test may do with as it likes."""
    return Path(shutil.copytree(rendered, tmp_path / "cache"))


@pytest.fixture(scope="module")
def server(real_time: None) -> Iterator[SoundServer]:  # noqa: ARG001 - as a mark
    """A sound server for all tests of a file."""
    with running_sound_server() as running:
        yield running


@pytest.fixture
def own_server(real_time: None) -> Iterator[SoundServer]:  # noqa: ARG001 - as a mark
    """A sound server for one test, which may kill it."""
    with running_sound_server() as running:
        yield running
