"""Which tests run together, and in which order, when the run is spread over processes.

A test that is not marked ``slow`` runs with the others in its file, so that shared fixtures
are made once. A slow one is scheduled separately, unless ``xdist_group`` keeps it
with others. Groups start first and slow tests next, so that no long one comes last.

Tests on a sound server take their time whatever the machine, and watch a clock. That alone
makes them slow, and they form two groups, so that no more than two of them ever run at
once. One that loads all cores waits until no other does. Everything else yields to them.
"""

from __future__ import annotations

import fcntl
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

REAL_TIME: Final = ("real time 1", "real time 2")
"""The groups for tests on a sound server. A file may name one; otherwise its name picks one."""

_BESIDE: Final = pytest.StashKey[bool]()

ASKED_FOR: Final = "real_time"
"""The fixture that every sound server requests."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test its group, and order the tests."""
    for item in items:
        if _in_real_time(item):
            _mark(item)
        if item.get_closest_marker("xdist_group") is None and not _slow(item):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.split("::")[0]))
    items.sort(key=_place)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to run where groups are not kept together: what they share would be made in each.

    pytest-xdist reads a group from the end of a test's name, where it has put it.
    """
    if not getattr(session.config.option, "loadgroup", False):
        return
    scattered = [i for i in session.items if _group(i) and not i.nodeid.endswith(f"@{_group(i)}")]
    if scattered:
        pytest.exit(f"{scattered[0].nodeid} is in no group: another pytest or pytest-xdist?", 4)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Make this process yield to every other once it has no more real-time tests to run.

    It runs those first, so it never needs the priority back. A nice value would not do: Linux
    weighs it only against processes of the same session, and Charley runs in one of its own.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ or _group(item) in REAL_TIME:
        return
    if os.sched_getscheduler(0) != os.SCHED_IDLE and _any_in_real_time(item.session):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def _in_real_time(item: pytest.Item) -> bool:
    if ASKED_FOR in getattr(item, "fixturenames", ()):
        return True
    return hasattr(getattr(item, "module", None), "running_sound_server")


def _any_in_real_time(session: pytest.Session) -> bool:
    if _BESIDE not in session.stash:
        session.stash[_BESIDE] = any(_group(item) in REAL_TIME for item in session.items)
    return session.stash[_BESIDE]


def _mark(item: pytest.Item) -> None:
    item.add_marker(pytest.mark.slow)
    if item.get_closest_marker("xdist_group") is None:
        drawn = zlib.crc32(item.path.name.encode()) % len(REAL_TIME)
        item.add_marker(pytest.mark.xdist_group(REAL_TIME[drawn]))


def _group(item: pytest.Item) -> str:
    marker = item.get_closest_marker("xdist_group")
    return str(marker.args[0]) if marker is not None else ""


def _slow(item: pytest.Item) -> bool:
    return item.get_closest_marker("slow") is not None


def _place(item: pytest.Item) -> tuple[int, bool]:
    if not _slow(item):
        return 3, False
    if not _group(item):
        return 2, False
    first = 0 if _group(item) in REAL_TIME else 1
    return first, item.get_closest_marker("loads_all_cores") is not None


@pytest.fixture(scope="session")
def real_time() -> None:
    """Request this from anything that takes real time."""


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the whole run, shared by all its processes."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if own.name.startswith("popen-") else own


@pytest.fixture(autouse=True)
def _alone_where_it_must_be(request: pytest.FixtureRequest) -> Iterator[None]:
    """Delay a test that loads all cores until no other runs in real time, then block those."""
    node = request.node
    if _group(node) not in REAL_TIME:
        yield
        return
    folder: Path = request.getfixturevalue("run_folder")
    alone = node.get_closest_marker("loads_all_cores") is not None
    with (folder / "real-time.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
