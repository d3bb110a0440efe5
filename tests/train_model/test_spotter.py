"""A small training run of the keyword spotter, from recordings to a head that hears."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra 'train' is not installed (torch)")

from scripts.corpus.manifest import COLUMNS, MANIFEST
from scripts.train_model.dataset.audio import write_audio
from scripts.train_model.spotter import dataset, head, scenes
from scripts.train_model.spotter.__main__ import main
from voice.audio.samples import to_float
from voice.engines.command_voices import CommandVoice, Engine, speak
from voice.engines.keyword_spotter import EmbeddingSpotter

OTHERS = ("banana", "window", "seven", "marvin")


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A manifest with two noises; the words are espeak-ng's."""
    folder = tmp_path / "recorded"
    folder.mkdir()
    rows = ["\t".join(COLUMNS)]
    for number in range(12):
        noise = np.random.default_rng(number).normal(scale=0.01, size=32_000)
        write_audio(folder / f"{number}.flac", noise.astype(np.float32))
        rows.append(f"{number}.flac\tnoise\tfan\t\t\tCC0\t2.0")
    for number, word in enumerate(OTHERS * 6):
        voice = CommandVoice(Engine.ESPEAK, f"en-us+m{number % 7 + 1}", 150)
        write_audio(folder / f"w{number}.flac", to_float(speak(word, voice)))
        rows.append(f"w{number}.flac\tcommands\t{word}\t\tspeaker {number}\tCC0\t1.0")
    rows.append("w0.flac\tread\tspeech\t\treader\tCC0\t1.0")
    (folder / MANIFEST).write_text("\n".join(rows) + "\n")
    return folder / MANIFEST


@pytest.mark.slow
def test_a_small_run_learns_the_keywords(
    recorded: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(scenes, "N_ROOMS", 4)
    monkeypatch.setattr(dataset, "SPOKEN", 8)
    monkeypatch.setattr(dataset, "SPOKEN_OTHERS", 10)
    monkeypatch.setattr(dataset, "TIMES", 4)
    monkeypatch.setattr(head, "FOLDS", 2)
    monkeypatch.setattr(head, "ROUNDS", 30)
    monkeypatch.setattr(head, "BATCH", 32)
    out = tmp_path / "spotter"
    arguments = ["--manifest", str(recorded), "--out", str(out)]
    assert main(arguments) == 0
    assert "'hey charley'" in capsys.readouterr().out
    first = (out / "head.npz").stat()
    spotter = EmbeddingSpotter(out)
    voice = CommandVoice(Engine.ESPEAK, "en-us", 150)
    right = 0
    for keyword in dataset.KEYWORDS:
        heard = spotter.spot(speak(keyword, voice))
        right += max(heard, key=heard.__getitem__) == keyword
    assert right >= 3
    # What was made is kept: only the head is trained again.
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "spotter.work").glob("*.npz")}
    assert made
    monkeypatch.setattr(head, "ROUNDS", 1)
    assert main(arguments) == 0
    assert made == {path: path.stat().st_mtime_ns for path in made}
    assert (out / "head.npz").stat().st_mtime_ns > first.st_mtime_ns
