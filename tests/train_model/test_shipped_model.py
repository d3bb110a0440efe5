"""The shipped model: what it knows, what it costs, and what it hears.

The voice is flite's "kal", which training never heard; the floors are a little
below what the model card reports.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("vosk", reason="vosk is not installed")
pytest.importorskip("scipy", reason="the extra 'train' is not installed (scipy)")
pytest.importorskip("soundfile", reason="soundfile is not installed")

from scripts.corpus.noises import NOISES
from scripts.train_model.dataset.synthesis import Voice, speak
from scripts.train_model.export.package import LEXICON
from scripts.train_model.lang.lexicon import read_lexicon
from scripts.train_model.lang.vocabulary import read_phrases
from scripts.train_model.measure.accuracy import SEVEN, SYNTHETIC_PHRASES
from scripts.train_model.measure.margins import margins
from scripts.train_model.measure.vosk_decoder import VoskDecoder, answer
from voice.listening.settings import AcceptanceSettings

MODEL = Path(__file__).parents[2] / "models" / "charley-en"

RIGHT_PHRASES_FLOOR = 0.65
ANSWERED_NOISES_CEILING = 0.15

VOICES = tuple(
    Voice("flite", name, rate) for name in ("kal", "kal16") for rate in (0.85, 1.0, 1.15)
)

needs_flite = pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed")


@pytest.fixture(scope="module")
def ear() -> VoskDecoder:
    """The shipped model in libvosk."""
    return VoskDecoder(MODEL)


@pytest.fixture(scope="module")
def known_words() -> frozenset[str]:
    """Every word that the graph can output."""
    lines = (MODEL / "graph" / "words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line.split()[0] for line in lines)


def test_the_model_is_small() -> None:
    total = sum(path.stat().st_size for path in MODEL.rglob("*") if path.is_file())
    assert total <= 8 * 1024 * 1024


def test_the_model_loads_fast(ear: VoskDecoder) -> None:
    assert ear.load_s < 1.0


def test_the_vocabulary_is_large_and_holds_every_phrase(known_words: frozenset[str]) -> None:
    assert len(known_words) > 20_000
    assert set(read_phrases().words) <= known_words
    assert {"mabel", "doris", "charley", "charlie", "charly"} <= known_words


def test_lexicon_and_graph_know_the_same_words(known_words: frozenset[str]) -> None:
    assert set(read_lexicon(MODEL / LEXICON)) == known_words - {"<eps>", "[unk]"}


@needs_flite
def test_yes_and_no_are_never_believed_or_asked_back_as_each_other(ear: VoskDecoder) -> None:
    settings = AcceptanceSettings()
    asked_back = {
        "yes": settings.doubtful_margin,
        "no": settings.doubtful_margin + settings.no_extra_margin,
    }
    clips = [(word, speak(word, voice)) for word in asked_back for voice in VOICES]
    for said, heard, margin in margins(ear, SEVEN, clips):
        other = "no" if said == "yes" else "yes"
        assert heard != other or margin < asked_back[other]


@pytest.mark.slow
@needs_flite
def test_phrases_are_heard_from_a_voice_never_trained_on(ear: VoskDecoder) -> None:
    listen = ear.listen_for(SYNTHETIC_PHRASES)
    heard = [
        answer(listen(speak(phrase, voice))) == phrase
        for phrase in SYNTHETIC_PHRASES
        for voice in VOICES
    ]
    assert np.mean(heard) >= RIGHT_PHRASES_FLOOR


@needs_flite
def test_a_name_wakes_without_training(ear: VoskDecoder) -> None:
    listen = ear.listen_for(["hey mabel"])
    assert answer(listen(speak("hey mabel", Voice("flite", "kal16")))) == "hey mabel"
    assert answer(listen(speak("the weather is fine", Voice("flite", "kal16")))) == ""


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(NOISES))
def test_night_noises_are_seldom_taken_for_an_answer(ear: VoskDecoder, kind: str) -> None:
    listen = ear.listen_for(SEVEN)
    make: Callable[..., np.ndarray] = NOISES[kind]
    heard = [
        answer(listen((0.3 * make(np.random.default_rng([99, n]), 4.0)).astype(np.float32)))
        for n in range(10)
    ]
    assert np.mean([text != "" for text in heard]) <= ANSWERED_NOISES_CEILING, heard


def test_silence_gives_no_words(ear: VoskDecoder) -> None:
    assert answer(ear.listen_for(SEVEN)(np.zeros(32_000, np.float32))) == ""


def test_a_result_carries_times_and_confidence(ear: VoskDecoder) -> None:
    recogniser = ear.recogniser(SEVEN)
    recogniser.SetWords(enable_words=True)
    recogniser.AcceptWaveform(bytes(32_000))
    assert "text" in json.loads(recogniser.FinalResult())
