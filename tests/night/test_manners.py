"""How Charley behaves at night: what is kept, how loud it is, when it holds back."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from voice.adapters.pyttsx3_synthesizer import Pyttsx3Synthesizer
from voice.clips import ClipLibrary
from voice.content import load_script
from voice.kept import FILE, KeptVoice, forget
from voice.paths import prompts_folder
from voice.rehearsal.room import Acoustics, Room
from voice.rehearsal.sleeper import Sleeper
from voice.speaking import Mouth, SpeechSettings

USUAL = SpeechSettings()
SCRIPT = load_script(prompts_folder() / "en")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClipLibrary]:
    with closing(Pyttsx3Synthesizer()) as synthesizer:
        yield ClipLibrary(synthesizer, tmp_path_factory.mktemp("speech"), USUAL.style)


def empty_room() -> Room:
    nobody = Sleeper((), {}, lambda _at_s, _words: None)
    return Room(nobody, Acoustics(), None, np.random.default_rng(1))


def say(path: Path, volume_db: float, rate: int, settings: SpeechSettings = USUAL) -> None:
    with closing(KeptVoice(path, settings)) as kept:
        kept.keep(volume_db, rate)


def kept_in(path: Path, settings: SpeechSettings = USUAL) -> tuple[float, int]:
    kept = KeptVoice(path, settings)
    return kept.volume_db, kept.words_per_minute


def test_what_was_said_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state" / FILE
    assert kept_in(path) == (0.0, 150)
    say(path, -8.0, 130)
    assert kept_in(path) == (-8.0, 130)
    assert [p.name for p in path.parent.iterdir()] == [FILE]


def test_the_mouth_tells_what_is_said_and_begins_with_it(
    tmp_path: Path, clips: ClipLibrary
) -> None:
    path = tmp_path / FILE
    with closing(KeptVoice(path, USUAL)) as kept:
        mouth = Mouth(empty_room(), clips, SCRIPT, USUAL, on_voice=kept.keep)
        with closing(mouth):
            mouth.adjust_volume(-2)
            mouth.adjust_rate(-1)
    kept = KeptVoice(path, USUAL)
    told: list[tuple[float, int]] = []
    mouth = Mouth(empty_room(), clips, SCRIPT, USUAL, on_voice=lambda *said: told.append(said))
    with closing(mouth):
        mouth.speak_as(kept.volume_db, kept.words_per_minute)
        assert (mouth.volume_db, mouth.words_per_minute) == (-8.0, 130)
        assert told == []
        mouth.adjust_volume(+1)
        assert told == [(-4.0, 130)]


def test_the_last_word_counts_be_it_said_or_written(tmp_path: Path) -> None:
    path = tmp_path / FILE
    say(path, -8.0, 130)
    assert kept_in(path, SpeechSettings(volume_db=-2.0)) == (-2.0, 130)
    assert kept_in(path, SpeechSettings(words_per_minute=170)) == (-8.0, 170)
    say(path, 2.0, 170, SpeechSettings(words_per_minute=170))
    assert kept_in(path, SpeechSettings(words_per_minute=170)) == (2.0, 170)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b'{"volume_db":40,"words_per_minute":150,"set_volume_db":0,"set_words_per_minute":150}',
        b'{"volume_db": -8.0}',
    ],
)
def test_a_damaged_file_is_no_fault(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / FILE
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert kept_in(path) == (0.0, 150)
    assert len(caplog.records) == 1
    say(path, -4.0, 150)
    assert kept_in(path) == (-4.0, 150)


def test_a_folder_that_cannot_be_written_is_no_fault(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    path = tmp_path / "state" / FILE
    with caplog.at_level(logging.WARNING):
        say(path, -8.0, 130)
    assert [r for r in caplog.records if "not kept" in r.getMessage()]


def test_a_disk_that_hangs_keeps_nobody_waiting(tmp_path: Path) -> None:
    path = tmp_path / FILE
    os.mkfifo(tmp_path / f"{FILE}.new")  # whoever writes to it waits for a reader
    kept = KeptVoice(path, USUAL)
    done = threading.Event()

    def change_and_leave() -> None:
        for volume_db in (-4.0, -8.0, -12.0):
            kept.keep(volume_db, 150)
        kept.close()
        done.set()

    threading.Thread(target=change_and_leave, daemon=True).start()
    assert done.wait(10.0)
    assert not path.exists()
    # Let the thread go, so that it does not outlive the test.
    reader = os.open(tmp_path / f"{FILE}.new", os.O_RDONLY | os.O_NONBLOCK)
    os.close(reader)


def test_what_was_said_can_be_forgotten(tmp_path: Path) -> None:
    path = tmp_path / FILE
    say(path, -8.0, 130)
    assert forget(path)
    assert not forget(path)
    assert kept_in(path) == (0.0, 150)


def test_the_command_forgets(tmp_path: Path) -> None:
    say(tmp_path / FILE, -8.0, 130)

    def command() -> str:
        return subprocess.run(
            [sys.executable, "-m", "voice.cli", "config", "--forget-voice"],
            env={**os.environ, "CHARLEY_STATE": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    assert command() == "Forgotten.\n"
    assert command() == "Nothing had been set by voice.\n"


def test_the_file_says_what_it_holds(tmp_path: Path) -> None:
    say(tmp_path / FILE, -8.0, 130)
    assert json.loads((tmp_path / FILE).read_text()) == {
        "volume_db": -8.0,
        "words_per_minute": 130,
        "set_volume_db": 0.0,
        "set_words_per_minute": 150,
    }
