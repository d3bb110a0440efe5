"""The second ear on real speech: espeak-ng's voices, through the real embedding and head."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from voice.app.paths import models_folder
from voice.app.settings import Settings
from voice.app.spotter import SPOTTER, open_spotter
from voice.audio.samples import Samples, samples_of
from voice.engines.command_voices import CommandVoice, Engine, speak
from voice.engines.keyword_spotter import HEAD_FILE, EmbeddingSpotter, read_head
from voice.errors import ModelError
from voice.listening.settings import ListeningSettings

FOLDER = models_folder() / SPOTTER
VOICES = [CommandVoice(Engine.ESPEAK, name, 150) for name in ("en-us+f3", "en-gb+m3")]


@pytest.fixture(scope="module")
def spotter() -> EmbeddingSpotter:
    return EmbeddingSpotter(FOLDER)


def with_quiet(samples: Samples) -> Samples:
    around = np.zeros(samples_of(0.3), np.int16)
    return np.concatenate([around, samples, around])


@pytest.mark.parametrize("voice", VOICES, ids=str)
def test_every_keyword_is_told_from_the_others(
    spotter: EmbeddingSpotter, voice: CommandVoice
) -> None:
    keywords = read_head(FOLDER).keywords
    assert set(keywords) == {"yes", "no", "stop", "hey charley", "leg cramp"}
    for keyword in keywords:
        heard = spotter.spot(with_quiet(speak(keyword, voice)))
        assert max(heard, key=heard.__getitem__) == keyword
        assert heard[keyword] > 0.0


@pytest.mark.parametrize("words", ["the weather tomorrow", "banana", "my daughter is asleep"])
def test_other_words_are_none_of_them(spotter: EmbeddingSpotter, words: str) -> None:
    for voice in VOICES:
        heard = spotter.spot(with_quiet(speak(words, voice)))
        assert max(heard.values()) < 0.0, heard


def test_the_level_does_not_matter(spotter: EmbeddingSpotter) -> None:
    loud = with_quiet(speak("leg cramp", VOICES[0]))
    soft = (loud / 16).astype(np.int16)
    told = [spotter.spot(samples)["leg cramp"] for samples in (loud, soft)]
    assert told[0] == pytest.approx(told[1], abs=1.0)


@pytest.mark.parametrize("duration_s", [0.0, 0.01, 0.5])
def test_silence_holds_nothing(spotter: EmbeddingSpotter, duration_s: float) -> None:
    heard = spotter.spot(np.zeros(samples_of(duration_s), np.int16))
    assert set(heard.values()) == {-np.inf}


def test_a_head_is_the_same_after_it_was_written(tmp_path: Path) -> None:
    head = read_head(FOLDER)
    head.save(tmp_path)
    vectors = np.random.default_rng(2).normal(size=(9, 96)).astype(np.float32)
    assert read_head(tmp_path).log_odds(vectors) == head.log_odds(vectors)


@pytest.mark.parametrize("damage", ["cut", "missing", "flipped"])
def test_a_damaged_head_is_an_error_and_charley_hears_without_it(
    damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(FOLDER, tmp_path / SPOTTER)
    path = tmp_path / SPOTTER / HEAD_FILE
    whole = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    else:
        middle = len(whole) // 2
        path.write_bytes(
            whole[:middle] + bytes(b ^ 255 for b in whole[middle:][:64]) + whole[middle + 64 :]
        )
    with pytest.raises(ModelError):
        read_head(tmp_path / SPOTTER)
    monkeypatch.setattr("voice.app.spotter.models_folder", lambda: tmp_path)
    assert open_spotter(Settings()) is None
    assert "the second ear is not used" in caplog.text


def test_a_library_that_crashes_is_tried_in_another_process_and_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CHARLEY_CACHE", str(tmp_path))
    monkeypatch.setattr("voice.app.spotter._TRIAL", "import os; os.abort()")
    assert open_spotter(Settings()) is None
    assert "does not run on this machine" in caplog.text


def test_it_can_be_turned_off() -> None:
    assert open_spotter(Settings(listening=ListeningSettings(second_ear=False))) is None


def test_it_is_tried_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARLEY_CACHE", str(tmp_path))
    assert open_spotter(Settings()) is not None
    monkeypatch.setattr("voice.app.spotter._TRIAL", "raise SystemExit(1)")
    assert open_spotter(Settings()) is not None
