"""Faults of disk, cache, model, speech engine and wall clock, during a real `charley run`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.running import MICROPHONE, STRETCH, charley, tell, to_the_hold, wake
from tests.sound_server import SoundServer

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("real time 2")]


def clips(cache: Path) -> list[Path]:
    return sorted(cache.rglob("*.clip"))


def test_a_disk_that_hangs_while_charley_talks_goes_unnoticed(
    server: SoundServer, cache: Path
) -> None:
    with charley(server, cache, *MICROPHONE) as running:
        for path in clips(cache):
            path.unlink()
            os.mkfifo(path)  # opening it blocks forever
        to_the_hold(running, server)
        running.until("Charley: Twenty seconds left.", 15.0)
        tell(running, server, "stop")
        assert running.leave() < 2.0
        assert not running.errors


def test_an_unwritable_cache_costs_time_and_nothing_else(
    server: SoundServer, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("A file lies where the folder should be.")
    with charley(server, blocked, *MICROPHONE) as running:
        wake(running, server)
        running.until(STRETCH)
    assert sum("cannot save rendered speech in" in line for line in running.errors) == 1


def test_a_full_disk_costs_time_and_nothing_else(server: SoundServer, tmp_path: Path) -> None:
    mount = "mount -t tmpfs -o size=64k none"
    # A disk of 64 KiB that only Charley sees: it is full after one line.
    before = ("unshare", "-rm", "sh", "-c", f'{mount} {tmp_path} && exec "$@"', "sh")
    if subprocess.run([*before, "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("no mount namespaces for this user")
    with charley(server, tmp_path, *MICROPHONE, before=before) as running:
        wake(running, server)
        running.until(STRETCH)
    told = [line for line in running.errors if "cannot save rendered speech in" in line]
    assert len(told) == 1
    assert "No space left" in told[0]


def test_damaged_speech_is_found_before_the_night_and_rendered_again(
    server: SoundServer, cache: Path
) -> None:
    for path in clips(cache)[::20]:
        path.write_bytes(path.read_bytes()[:-2] + b"!!")
    harmed = len(clips(cache)[::20])
    with charley(server, cache, *MICROPHONE) as running:
        assert sum("is damaged" in line for line in running.errors) == harmed
        wake(running, server)
        running.until(STRETCH)
    with charley(server, cache, *MICROPHONE) as running:
        running.leave()
    assert not running.errors


def test_a_hanging_speech_engine_leaves_what_is_already_rendered(
    server: SoundServer, cache: Path, tmp_path: Path
) -> None:
    engine = tmp_path / "engine"
    engine.mkdir()
    (engine / "pyttsx3.py").write_text("import time\ntime.sleep(600)\n")
    path = os.pathsep.join([str(engine), server.environment["PYTHONPATH"]])
    said = clips(cache)
    for gone in said[::20]:
        gone.unlink()
    with charley(server, cache, *MICROPHONE, PYTHONPATH=path) as running:
        assert any("The speech engine failed twice" in line for line in running.errors)
        wake(running, server)
        running.until(STRETCH)
        running.until("Charley: Now.")
        # Another rate has to be rendered: it is tried once, and the usual one stands in.
        tell(running, server, "slower")
        tell(running, server, "stop")
        assert running.leave() < 2.0


def test_a_damaged_model_is_reported_in_one_line_with_a_remedy(
    server: SoundServer, cache: Path, tmp_path: Path
) -> None:
    model = Path(shutil.copytree(ROOT / "models" / "charley-en", tmp_path / "charley-en"))
    final = model / "am" / "final.mdl"
    final.write_bytes(final.read_bytes()[: final.stat().st_size // 2])
    done = subprocess.run(
        [sys.executable, "-m", "voice.cli", "run", *MICROPHONE],
        env=dict(server.environment)
        | {"CHARLEY_CACHE": str(cache), "CHARLEY_MODEL_NAME": str(model)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "charley-en" in done.stderr


# The wall clock. Ruff enforces that nothing in Charley reads it.


def test_a_wall_clock_that_jumps_by_hours_changes_nothing(
    server: SoundServer, cache: Path, tmp_path: Path
) -> None:
    clock = tmp_path / "clock"
    clock.mkdir()
    # Every reading of the clock is hours before or after the last one.
    (clock / "sitecustomize.py").write_text(
        "import itertools, time\n"
        "jumps = itertools.cycle((0, 7, -3, 11, -19))\n"
        "true_time = time.time\n"
        "time.time = lambda: true_time() + 3600 * next(jumps)\n"
    )
    path = os.pathsep.join([str(clock), server.environment["PYTHONPATH"]])
    with charley(server, cache, *MICROPHONE, PYTHONPATH=path) as running:
        to_the_hold(running, server)
        running.until("Charley: Twenty seconds left.", 15.0)
        tell(running, server, "stop")
        assert not running.errors
