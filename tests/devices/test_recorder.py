"""Sound that is recorded on request, and what happens when it cannot be."""

from __future__ import annotations

import logging
import stat
import subprocess
import sys
import threading
import wave
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from tests.end_to_end.running import MICROPHONE, STRETCH, charley, wake
from tests.sound_server import SoundServer
from voice.app.voice_preferences import FILE, VoicePreferences
from voice.audio.normalise import PEAK_DBFS
from voice.audio.presence import MOST_LIFT_DB
from voice.audio.samples import BLOCK_SAMPLES, RATE_HZ, Samples, level_dbfs, peak_dbfs
from voice.devices.recorder import Recorder
from voice.errors import RecordingError
from voice.speech.settings import SpeechSettings

SECOND = RATE_HZ // BLOCK_SAMPLES + 1
NO_RESERVE = 0


def read(path: Path) -> Samples:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE_HZ)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


def blocks(count: int, start: int = 0) -> list[Samples]:
    return [np.full(BLOCK_SAMPLES, number, np.int16) for number in range(start, start + count)]


def record(recorder: Recorder, count: int, start: int = 0) -> None:
    for block in blocks(count, start):
        recorder.take(block, -block)


def test_both_sides_are_written_in_step(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    with closing(Recorder(folder, reserve_bytes=NO_RESERVE)) as recorder:
        record(recorder, 40)
    heard, played = sorted(folder.iterdir())
    assert heard.name.startswith("heard_20")
    assert played.name == heard.name.replace("heard", "played")
    assert np.array_equal(read(heard), np.concatenate(blocks(40)))
    assert np.array_equal(read(played), -read(heard))
    assert stat.S_IMODE(heard.stat().st_mode) == 0o600


def test_a_new_pair_of_files_starts_after_a_while_and_nothing_is_lost(tmp_path: Path) -> None:
    with closing(Recorder(tmp_path, file_s=1.0, reserve_bytes=NO_RESERVE)) as recorder:
        record(recorder, 3 * SECOND)
    names = sorted(p.name for p in tmp_path.glob("heard_*"))
    assert len(names) == 3
    found = sorted((read(tmp_path / name) for name in names), key=lambda sound: int(sound[0]))
    assert np.array_equal(np.concatenate(found), np.concatenate(blocks(3 * SECOND)))


def test_earlier_recordings_are_left_alone(tmp_path: Path) -> None:
    for start in (0, 100):
        with closing(Recorder(tmp_path, reserve_bytes=NO_RESERVE)) as recorder:
            record(recorder, 5, start)
    assert sorted(int(read(path)[0]) for path in tmp_path.glob("heard_*")) == [0, 100]


def test_a_folder_that_cannot_be_written_is_reported_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingError, match="Name another folder"):
        Recorder(tmp_path / "file")


def test_recording_stops_on_a_disk_that_is_nearly_full(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.WARNING),
        closing(Recorder(tmp_path, reserve_bytes=1 << 62)) as recorder,
    ):
        record(recorder, 5)
    (told,) = caplog.records
    assert "recording has stopped" in told.getMessage()
    assert "nearly full" in told.getMessage()
    assert all(len(read(path)) == 0 for path in tmp_path.iterdir())


def test_a_full_disk_ends_the_recording_and_nothing_else(tmp_path: Path) -> None:
    code = f"""
import logging, resource, signal
import numpy as np
from pathlib import Path
from voice.devices.recorder import Recorder
logging.basicConfig(format="%(message)s")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
recorder = Recorder(Path({str(tmp_path)!r}), reserve_bytes=0)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
for number in range(500):
    recorder.take(np.full(512, number, np.int16), np.zeros(512, np.int16))
recorder.close()
print("goes on")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "goes on\n"
    (told,) = done.stderr.splitlines()
    assert told.startswith("recording has stopped: ")
    (heard,) = tmp_path.glob("heard_*")
    sound = read(heard)
    assert 1 <= len(sound) / RATE_HZ <= 4
    whole = sound[: len(sound) // BLOCK_SAMPLES * BLOCK_SAMPLES].reshape(-1, BLOCK_SAMPLES)
    assert [int(block[0]) for block in whole] == list(range(len(whole)))


def test_a_disk_that_hangs_does_not_block_the_caller(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(Recorder(tmp_path, file_s=0.1, reserve_bytes=NO_RESERVE)) as recorder:
        held = threading.Event()
        # The next pair of files is asked for, and the disk does not answer.
        opened, recorder._open = recorder._open, lambda: (held.wait(30.0), opened())[1]  # type: ignore[method-assign]
        with caplog.at_level(logging.WARNING):
            record(recorder, 70 * SECOND)
        assert [r.getMessage() for r in caplog.records if "too slow" in r.getMessage()]
        held.set()


@pytest.mark.slow
@pytest.mark.xdist_group("real time 2")
def test_charley_records_only_when_told_to_and_says_so(
    server: SoundServer, cache: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "night"
    with charley(server, cache, *MICROPHONE) as running:
        wake(running, server)
        running.leave()
    assert not list(tmp_path.rglob("*.wav"))
    with closing(VoicePreferences(tmp_path / "state" / FILE, SpeechSettings())) as kept:
        kept.keep(-20.0, 150)  # as if "softer" had been said the night before
    with charley(server, cache, *MICROPHONE, "--record", str(folder)) as running:
        running.until("Charley: I am recording the sound of this room")
        wake(running, server)
        running.until(STRETCH)
        assert running.leave() < 2.0
    (heard,), (played,) = folder.glob("heard_*"), folder.glob("played_*")
    assert len(read(heard)) == len(read(played)) > 2 * RATE_HZ
    assert level_dbfs(read(heard)) > -60.0
    # When it is turned down this far, consonants are lifted and may stand out as peaks.
    assert -40.0 < peak_dbfs(read(played)) <= PEAK_DBFS - 20.0 + MOST_LIFT_DB


def test_no_other_module_writes_sound() -> None:
    voice = Path(__file__).resolve().parents[2] / "voice"
    writes = {
        str(path.relative_to(voice))
        for path in voice.rglob("*.py")
        if "writeframes" in (text := path.read_text()) or 'b"RIFF"' in text
    }
    hears = {"devices/recorder.py", "simulation/report.py", "speech/voice_pack.py"}
    """Only on request, and announced: the night, a rehearsal, the lines that a reader records."""
    assert writes == hears | {"engines/hibari_driver.py"}  # and one turns text into speech
