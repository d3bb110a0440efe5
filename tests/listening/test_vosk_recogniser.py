"""The recogniser adapter on the model that ships, intact and damaged."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.listening.conftest import spoken
from voice.app.paths import models_folder
from voice.audio.samples import samples_of
from voice.content.script import UNKNOWN_WORD
from voice.engines.vosk_recogniser import NEEDED_FILES, WORDS_FILE, VoskRecogniser
from voice.errors import ModelError


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return Path(shutil.copytree(models_folder() / "charley-en", tmp_path / "model"))


def test_a_word_is_recognised_with_its_times(recogniser: VoskRecogniser) -> None:
    voice = spoken("stop")
    utterance = recogniser.begin(["yes", "stop"])
    for start in range(0, len(voice), 512):
        utterance.accept(voice[start : start + 512])
    best = utterance.finish()[0]
    assert best.text == "stop"
    (word,) = best.words
    assert 0.0 <= word.start_s < word.end_s <= len(voice) / samples_of(1.0)


def test_hypotheses_come_best_first_with_unknown_speech_among_them(
    recogniser: VoskRecogniser,
) -> None:
    utterance = recogniser.begin(["yes", "no"])
    utterance.accept(spoken("the tall wooden cupboard"))
    readings = utterance.finish()
    assert UNKNOWN_WORD in readings[0].text.split()
    assert [r.score for r in readings] == sorted((r.score for r in readings), reverse=True)


def test_an_empty_utterance_has_no_hypotheses(recogniser: VoskRecogniser) -> None:
    assert recogniser.begin(["yes"]).finish() == ()


def test_a_partial_result_grows(recogniser: VoskRecogniser) -> None:
    utterance = recogniser.begin(["yes", "stop"])
    assert utterance.partial() == ""
    utterance.accept(spoken("stop"))
    utterance.accept(spoken("stop")[:100] * 0)
    utterance.accept((spoken("stop") * 0)[:8000])
    assert utterance.partial() == "stop"


def test_the_recogniser_knows_the_words_of_its_model(recogniser: VoskRecogniser) -> None:
    assert recogniser.knows("yes")
    assert recogniser.knows("[unk]")
    assert not recogniser.knows("zorp")


def test_a_phrase_with_an_unknown_word_is_an_error(recogniser: VoskRecogniser) -> None:
    with pytest.raises(ModelError, match="'zorp'"):
        recogniser.begin(["yes zorp"])


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nowhere does not exist"):
        VoskRecogniser(tmp_path / "nowhere")


@pytest.mark.parametrize("name", [*NEEDED_FILES, WORDS_FILE])
@pytest.mark.parametrize("damage", ["missing", "empty", "half", "something else"])
def test_a_damaged_model_is_an_error_and_prints_nothing(
    model: Path, name: str, damage: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = model / name
    whole = path.read_bytes()
    match damage:
        case "missing":
            path.unlink()
        case "empty":
            path.write_bytes(b"")
        case "half":
            path.write_bytes(_cut_short(whole, name))
        case _:
            path.write_bytes(b"<html>Not found</html>\n")
    with pytest.raises(ModelError) as caught:
        VoskRecogniser(model)
    assert str(model) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def _cut_short(whole: bytes, name: str) -> bytes:
    """The first half; a line of text is never cut where it would still make sense."""
    half = whole[: len(whole) // 2]
    if name.endswith(".conf"):
        return half[: half.rindex(b"--") + 5]
    return half[: half.rindex(b" ")] if name.endswith((".int", ".txt")) else half
