"""The exporter and the graph against libvosk: known weights give known answers.

A network is written by hand that hears pure tones as phones. Played to libvosk,
tones must come out as the words they spell, at the times they sound: that holds
only if features, network, transitions, graph and word numbers all agree with Kaldi.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from scripts.train_model.dataset.audio import SAMPLE_RATE_HZ, Samples, to_pcm16
from scripts.train_model.dataset.mel import LOG_MEL_TO_MFCC, MFCC_TO_LOG_MEL, N_BINS, log_mel
from scripts.train_model.export import openfst
from scripts.train_model.export.graph import GraphText, build_graph
from scripts.train_model.export.kaldi import Affine, Nnet3, Shortcut, write_model
from scripts.train_model.export.package import write_configuration
from scripts.train_model.lang.costs import GraphCosts
from scripts.train_model.lang.lexicon import Lexicon, LexiconError
from scripts.train_model.lang.phones import N_CLASSES, SILENCE_CLASS, first_class, later_class

vosk = pytest.importorskip("vosk", reason="vosk is not installed")
if not openfst.installed():
    pytest.skip("OpenFst's tools are not installed", allow_module_level=True)

TONES_HZ = {"N": 300.0, "OW": 700.0, "Y": 1300.0, "EH": 2200.0, "S": 3600.0, "T": 5800.0}
LEXICON: Lexicon = {
    "no": (("N", "OW"),),
    "know": (("N", "OW"),),
    "note": (("N", "OW", "T"),),
    "yes": (("Y", "EH", "S"),),
    "yet": (("Y", "EH", "T"),),
    "toe": (("T", "OW"),),
    "oh": (("OW",),),
}
TONE_S = 0.15
QUIET_S = 0.3


def _sound(phones: Sequence[str]) -> Samples:
    time_s = np.arange(round(TONE_S * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    tones = [0.3 * np.sin(2 * np.pi * TONES_HZ[phone] * time_s) for phone in phones]
    quiet = np.random.default_rng(0).normal(0, 1e-4, round(QUIET_S * SAMPLE_RATE_HZ))
    return np.concatenate([quiet, *tones, quiet]).astype(np.float32)


def _tone_network(n_bytes: int) -> Nnet3:
    """Scores are linear in log-mel: each tone's mean features are its phone's template."""
    templates = {phone: log_mel(_sound([phone])[4800:7200]).mean(axis=0) for phone in TONES_HZ}
    quiet = log_mel(_sound([])[:4800]).mean(axis=0)
    weights = np.zeros((N_CLASSES, N_BINS))
    bias = np.full(N_CLASSES, -40.0)

    def fit(output_class: int, template: np.ndarray) -> None:
        # Of two templates the nearer one scores higher: the expanded square distance.
        weights[output_class] = 0.1 * template
        bias[output_class] = -0.05 * float(template @ template)

    fit(SILENCE_CLASS, quiet)
    for phone, template in templates.items():
        fit(first_class(phone), template)
        fit(later_class(phone), template)
    layers = (
        Affine("copy", "input", np.eye(N_BINS), np.zeros(N_BINS), rectified=False),
        Affine("minus", "input", -np.eye(N_BINS), np.zeros(N_BINS), rectified=True),
        Affine("plus", "input", np.eye(N_BINS), np.zeros(N_BINS), rectified=True),
        # plus - minus is the input again: the shortcut and both rectifiers take part.
        Shortcut("again", "plus", "minus", -1.0, N_BINS),
        Affine(
            "scores", "again", weights @ MFCC_TO_LOG_MEL.T, bias, rectified=False,
            n_bytes=n_bytes,
        ),
    )  # fmt: skip
    return Nnet3(N_BINS, layers[1:], "scores", 0, 0)


@pytest.fixture(scope="module", params=[4, 2], ids=["floats", "16 bits"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> object:
    """The tone model as libvosk loads it."""
    folder: Path = tmp_path_factory.mktemp("tones")
    write_model(folder / "am" / "final.mdl", _tone_network(request.param))
    write_configuration(folder)
    build_graph(folder, LEXICON, GraphCosts())
    vosk.SetLogLevel(-1)
    return vosk.Model(str(folder))


def _heard(model: object, grammar: Sequence[str], samples: Samples) -> list[dict[str, object]]:
    recogniser = vosk.KaldiRecognizer(model, SAMPLE_RATE_HZ, json.dumps(list(grammar)))
    recogniser.SetWords(enable_words=True)
    recogniser.AcceptWaveform(to_pcm16(samples).tobytes())
    result: list[dict[str, object]] = json.loads(recogniser.FinalResult()).get("result", [])
    return result


@pytest.mark.parametrize("word", sorted(LEXICON))
def test_every_word_can_be_recognised(model: object, word: str) -> None:
    for pronunciation in LEXICON[word]:
        heard = _heard(model, [word, "[unk]"], _sound(pronunciation))
        assert [w["word"] for w in heard] == [word]


@pytest.mark.parametrize("phones", [("S", "EH"), ("T", "EH", "N"), ("OW", "S", "Y")])
def test_other_sounds_are_unknown(model: object, phones: tuple[str, ...]) -> None:
    heard = _heard(model, [*LEXICON, "[unk]"], _sound(phones))
    assert "[unk]" in [w["word"] for w in heard]


def test_silence_gives_no_words(model: object) -> None:
    assert _heard(model, [*LEXICON, "[unk]"], _sound([])) == []


def test_words_come_at_their_times(model: object) -> None:
    (word,) = _heard(model, ["yes", "no", "[unk]"], _sound(("Y", "EH", "S")))
    assert word["start"] == pytest.approx(QUIET_S, abs=0.05)
    assert word["end"] == pytest.approx(QUIET_S + 3 * TONE_S, abs=0.05)


def test_a_longer_word_is_not_taken_for_its_beginning(model: object) -> None:
    heard = _heard(model, ["no", "note", "[unk]"], _sound(("N", "OW", "T")))
    assert [w["word"] for w in heard] == ["note"]


def test_a_phrase_is_heard_without_a_pause(model: object) -> None:
    heard = _heard(model, ["oh yes", "[unk]"], _sound(("OW", "Y", "EH", "S")))
    assert [w["word"] for w in heard] == ["oh", "yes"]


def test_the_grammar_can_be_changed(model: object) -> None:
    recogniser = vosk.KaldiRecognizer(model, SAMPLE_RATE_HZ, '["yes", "[unk]"]')
    recogniser.SetGrammar('["no", "[unk]"]')
    recogniser.AcceptWaveform(to_pcm16(_sound(("N", "OW"))).tobytes())
    assert json.loads(recogniser.FinalResult())["text"] == "no"


def test_alternatives_carry_scores(model: object) -> None:
    recogniser = vosk.KaldiRecognizer(model, SAMPLE_RATE_HZ, '["no", "toe", "[unk]"]')
    recogniser.SetMaxAlternatives(3)
    recogniser.AcceptWaveform(to_pcm16(_sound(("N", "OW"))).tobytes())
    best = json.loads(recogniser.FinalResult())["alternatives"][0]
    assert best["text"].strip() == "no"


def test_words_with_shared_ends_share_states() -> None:
    lexicon: Lexicon = {"singing": (("S", "IH", "NG", "IH", "NG"),)}
    alone = GraphText(lexicon, GraphCosts()).n_states
    lexicon |= {"ringing": (("R", "IH", "NG", "IH", "NG"),)}
    assert GraphText(lexicon, GraphCosts()).n_states == alone + 1


@pytest.mark.parametrize("word", ["", "two words", "[unk]"])
def test_words_that_no_graph_can_hold_are_refused(word: str, tmp_path: Path) -> None:
    with pytest.raises(LexiconError):
        build_graph(tmp_path, {word: (("N",),)}, GraphCosts())


def test_a_missing_tool_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(openfst.OpenFstError, match="fstcompile"):
        openfst.compile_fst(["0\n"], tmp_path / "g.fst", sort="ilabel")


def test_the_inverse_transform_is_what_the_network_uses() -> None:
    frames = log_mel(_sound(("N",)))
    assert np.allclose(frames @ LOG_MEL_TO_MFCC @ MFCC_TO_LOG_MEL, frames, atol=1e-3)
