"""A test that is not marked ``slow`` is a quick one.

Held to the time of the processor, its own and that of the processes it started, since
the time on the wall says how busy the machine is. Tests that sleep are those on a sound server,
which have to be marked anyhow.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

import pytest

LIMIT_S: Final = 15.0
"""Of processor time: what takes 3 s by itself may take several times as long while coverage is
measured and the other tests share the caches."""


_BEGAN_S: Final = pytest.StashKey[float]()


def _spent_s() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """See when a test begins; what it needs is made in its time."""
    item.stash[_BEGAN_S] = _spent_s()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a test that is not marked, and takes too long."""
    yield
    took_s = _spent_s() - item.stash[_BEGAN_S]
    if took_s > LIMIT_S and item.get_closest_marker("slow") is None:
        pytest.fail(f"took {took_s:.1f} s of processor time: make it quicker, or mark it slow")
