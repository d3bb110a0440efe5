"""Reports the progress of long work on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from typing import Final, Protocol, TypeVar

FIRST_AFTER_S: Final = 2.0
EVERY_S: Final = 15.0
"""Without a terminal: print a line at this interval instead of rewriting one."""

_T_co = TypeVar("_T_co", covariant=True)
_T = TypeVar("_T")


class _SizedIterable(Sized, Iterable[_T_co], Protocol[_T_co]):
    pass


def progress(title: str, items: _SizedIterable[_T]) -> Iterator[_T]:
    """Yield the items, reporting progress after two seconds."""
    on_screen = sys.stderr.isatty()
    every_s = 0.5 if on_screen else EVERY_S
    began = time.monotonic()
    told = began - every_s + FIRST_AFTER_S
    shown = False
    for number, item in enumerate(items):
        yield item
        now = time.monotonic()
        if now - told < every_s:
            continue
        told, shown = now, True
        done = (number + 1) / len(items)
        left_s = (now - began) / done - (now - began)
        line = f"{title}: {number + 1} of {len(items)}, about {left_s:.0f} s left"
        print(f"\r{line:<78}" if on_screen else line, end="" if on_screen else "\n",
              file=sys.stderr, flush=True)  # fmt: skip
    if shown and on_screen:
        print("\r" + " " * 78 + "\r", end="", file=sys.stderr, flush=True)
