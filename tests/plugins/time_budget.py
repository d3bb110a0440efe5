"""A test that is not marked ``slow`` must be quick.

Processor time counts, its own and that of the processes it started, since elapsed
time depends on how busy the machine is. Tests that sleep are those on a sound server,
which must be marked in any case.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

import pytest

LIMIT_S: Final = 15.0
"""Limit in processor time: what takes 3 s by itself may take several times as long under
coverage, with the other tests sharing the caches."""


_BEGAN_S: Final = pytest.StashKey[float]()


def _spent_s() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Record when a test begins; its fixtures are included."""
    item.stash[_BEGAN_S] = _spent_s()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail an unmarked test that takes too long."""
    yield
    if item.config.getoption("--slow-machine"):
        return
    took_s = _spent_s() - item.stash[_BEGAN_S]
    if took_s > LIMIT_S and item.get_closest_marker("slow") is None:
        pytest.fail(f"took {took_s:.1f} s of processor time: make it quicker, or mark it slow")
