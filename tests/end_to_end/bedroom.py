"""The virtual bedroom: what Charley's loudspeaker plays reaches its microphone through the air.

The sound server carries it itself, on its own clock, from the loudspeaker's monitor
to where the microphone listens: once directly, and twice more as if off a wall and
the ceiling, later and softer. Whatever else is played there, such as a sleeper's voice,
is mixed with it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final

from tests.sound_server import SoundServer

WAYS: Final = ((40, 100), (53, 60), (71, 40))
"""Delay in ms and volume in percent of each path through the room. Volumes are cubic in
PulseAudio: 60 % is 13 dB down, 40 % is 24 dB."""


@contextlib.contextmanager
def air(server: SoundServer) -> Iterator[None]:
    """Let the microphone hear the loudspeaker as loud as it plays."""
    loaded = []
    for delay_ms, percent in WAYS:
        ends = f"source={server.speaker}.monitor sink={server.room}"
        # Sound takes the same time through the air all night. If the server may adjust the
        # delay, it plays 0.03 % too slowly, which few pairs of sound cards would do.
        way = f"{ends} latency_msec={delay_ms} adjust_time=0"
        loaded.append(server.control("load-module", "module-loopback", *way.split()).strip())
        inputs = server.control("list", "short", "sink-inputs").split("\n")
        number = [line.split()[0] for line in inputs if line][-1]
        server.control("set-sink-input-volume", number, f"{percent}%")
    try:
        yield
    finally:
        for module in loaded:
            server.control("unload-module", module)
