"""Continuing from a model folder: weights, phones, the training set file, and a short run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra 'train' is not installed (torch)")
pytest.importorskip("scipy", reason="the extra 'train' is not installed (scipy)")

from scripts.corpus.noises import breathing  # noqa: E402
from scripts.train_model.dataset.alignment import Segment  # noqa: E402
from scripts.train_model.dataset.audio import Samples  # noqa: E402
from scripts.train_model.dataset.forced import ForcedAligner  # noqa: E402
from scripts.train_model.dataset.mel import N_BINS, log_mel  # noqa: E402
from scripts.train_model.dataset.pack import PackClip, PackError, read_pack, write_pack  # noqa: E402
from scripts.train_model.dataset.rooms import LENGTH_S  # noqa: E402
from scripts.train_model.export.affine import to_nnet3  # noqa: E402
from scripts.train_model.export.kaldi import write_model  # noqa: E402
from scripts.train_model.export.restore import (  # noqa: E402
    RestoreError,
    freeze,
    normalise_input,
    restore,
)
from scripts.train_model.lang.lexicon import Lexicon, read_lexicon  # noqa: E402
from scripts.train_model.lang.phones import PHONE_INDEX  # noqa: E402
from scripts.train_model.model import tuning  # noqa: E402  (after the skips)
from scripts.train_model.model.scenes import Scenes, Setting  # noqa: E402
from scripts.train_model.model.shape import Shape  # noqa: E402
from scripts.train_model.model.widening import WideningError, widened  # noqa: E402
from scripts.train_model.recipe import NOISE  # noqa: E402
from voice.app.model_sums import faults  # noqa: E402

MODEL = Path(__file__).parents[2] / "models" / "charley-en"
LEXICON: Lexicon = {"yes": (("Y", "EH", "S"),), "no": (("N", "OW"),)}
CPU = torch.device("cpu")


def _room() -> Samples:
    response = np.zeros(round(LENGTH_S * 16_000), np.float32)
    response[20] = 1.0
    return response


def _vowel(hz: float, duration_s: float) -> Samples:
    time_s = np.arange(round(duration_s * 16_000)) / 16_000
    return (0.3 * np.sign(np.sin(2 * np.pi * hz * time_s))).astype(np.float32)


@pytest.fixture(scope="module")
def training_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty words that are buzzes, and some breathing."""
    quiet = np.zeros(4800, np.float32)
    segments = (Segment("SIL", 0, 30), Segment("N", 30, 10), Segment("OW", 40, 30))
    clips = [
        PackClip(
            "commands",
            "no",
            f"s{n}",
            np.concatenate([quiet, _vowel(100 + n, 0.4), quiet]),
            segments,
        )
        for n in range(40)
    ]
    rng = np.random.default_rng(0)
    clips += [PackClip(NOISE, "", "", breathing(rng, 4.0), ()) for _ in range(3)]
    path = tmp_path_factory.mktemp("set") / "set.zip"
    write_pack(path, clips, [_room()])
    return path


def test_a_model_folder_gives_its_network_back(tmp_path: Path) -> None:
    network = restore(MODEL).eval()
    frames = torch.randn(2, 120, N_BINS, generator=torch.Generator().manual_seed(0)) * 3 + 8
    with torch.no_grad():
        wanted = network(frames)
        normalise_input(network, torch.full((N_BINS,), 8.0), torch.full((N_BINS,), 3.0))
        assert torch.allclose(network(frames), wanted, atol=1e-3)
        write_model(tmp_path / "am" / "final.mdl", to_nnet3(network))
        again = restore(tmp_path).eval()
        assert torch.allclose(again(frames), wanted, atol=2e-2)
    assert float(wanted.std()) > 0.5


def test_normalisation_stays_frozen_while_training() -> None:
    network = restore(MODEL)
    network.train()
    freeze(network)
    before = {name: value.clone() for name, value in network.named_buffers()}
    network(torch.randn(4, 120, N_BINS))
    assert all(torch.equal(before[name], value) for name, value in network.named_buffers())


def test_a_wider_network_says_the_same_and_learns() -> None:
    network = restore(MODEL).eval()
    shape = Shape(480, 120, network.shape.dilations)
    wide = widened(network, shape)
    frames = torch.randn(2, 120, N_BINS, generator=torch.Generator().manual_seed(0)) * 3 + 8
    assert wide.shape == shape
    assert torch.allclose(wide.eval()(frames), network(frames), atol=1e-4)
    freeze(wide.train())(frames).square().mean().backward()
    new = wide.blocks_in_order()[3].linear.weight.grad
    assert new is not None
    assert new[:112, 448:480].abs().max() > 0, "the new units have no way into the old ones"


@pytest.mark.parametrize("shape", [Shape(440, 112), Shape(448, 100), Shape(448, 112, (1, 1))])
def test_a_network_of_another_kind_is_refused(shape: Shape) -> None:
    with pytest.raises(WideningError):
        widened(restore(MODEL), shape)


def test_another_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "am").mkdir()
    (tmp_path / "am" / "final.mdl").write_bytes(b"\0B<TransitionModel> ")
    with pytest.raises(RestoreError, match="not a model of this project"):
        restore(tmp_path)


def test_a_packed_clip_comes_back_in_its_place_with_its_phones(training_set: Path) -> None:
    pack = read_pack(training_set)
    span = pack.spans[7]
    assert (span.set, span.words, span.speaker) == ("commands", "no", "s7")
    phones = pack.phone[span.first : span.first + span.n_frames]
    assert (phones[30:40] == 1 + PHONE_INDEX["N"]).all()
    assert (phones[40:70] == 1 + PHONE_INDEX["OW"]).all()
    assert not phones[:30].any()
    assert not phones[70:].any()
    heard = pack.wave[span.first * 160 : (span.first + span.n_frames) * 160] / 32768.0
    said = np.concatenate([np.zeros(4800), _vowel(107, 0.4), np.zeros(4800)])[: len(heard)]
    assert np.corrcoef(heard, said)[0, 1] > 0.9
    assert np.isclose(np.sum(pack.rooms**2), 1.0, atol=1e-3)


def test_a_file_that_is_not_a_training_set_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "set.zip"
    path.write_bytes(b"no archive")
    with pytest.raises(PackError, match="cannot be read as a training set"):
        read_pack(path)


def test_features_on_the_device_match_those_of_kaldi() -> None:
    scenes = Scenes(torch.from_numpy(_room())[None], 0, CPU, Setting())
    wave = np.random.default_rng(0).normal(0, 0.1, 8000).astype(np.float32)
    found = scenes.log_mel(torch.from_numpy(wave)[None])[0].numpy()
    assert np.allclose(found, log_mel(wave), atol=1e-2)


def test_scenes_change_the_sound_but_not_its_length() -> None:
    scenes = Scenes(torch.from_numpy(_room())[None], 0, CPU, Setting())
    speech = torch.from_numpy(_vowel(120, 0.5))[None].repeat(4, 1)
    noises = torch.randn(4, 2, speech.shape[1], generator=torch.Generator().manual_seed(0))
    is_noise = torch.tensor([False, False, False, True])
    first, second = (scenes(speech, noises, is_noise) for _ in range(2))
    assert first.shape == (4, len(log_mel(speech[0].numpy())), N_BINS)
    assert torch.isfinite(first).all()
    assert not torch.allclose(first, second)


def test_phones_are_found_where_they_were_said() -> None:
    """On flite's voice, whose "no" the shipped model hears."""
    from scripts.train_model.dataset.synthesis import SynthesisError, Voice, speak

    try:
        said = speak("no", Voice("flite", "slt"))
    except (SynthesisError, OSError):
        pytest.skip("flite is not installed")
    quiet = np.random.default_rng(0).normal(0, 1e-4, 8000).astype(np.float32)
    aligner = ForcedAligner(restore(MODEL), read_lexicon(MODEL / "lexicon.txt"))
    found = aligner.align(np.concatenate([quiet, said, quiet]), "no")
    assert found is not None
    spoken = [s for s in found.segments if s.phone != "SIL"]
    assert [s.phone for s in spoken] == ["N", "OW"]
    assert 40 <= spoken[0].start <= 75
    wrong = aligner.align(np.concatenate([quiet, said, quiet]), "yes")
    assert wrong is not None
    assert wrong.score < found.score
    assert aligner.align(said, "nosuchword") is None


def test_a_short_run_leaves_a_model_that_hears_its_word_better(
    training_set: Path, tmp_path: Path
) -> None:
    arguments = ["--set", str(training_set), "--out", str(tmp_path), "--batch", "8"]
    assert tuning.main([*arguments, "--steps", "6", "--wider", "456,116"]) == 0
    tuned = restore(tmp_path / "model")
    before, after = (
        ForcedAligner(network, LEXICON).align(_word(), "no") for network in (restore(MODEL), tuned)
    )
    assert before is not None
    assert after is not None
    assert after.score > before.score
    assert tuned.shape == Shape(456, 116, restore(MODEL).shape.dilations)
    assert (tmp_path / "model" / "graph" / "HCLr.fst").exists()
    assert faults(tmp_path / "model", thorough=True) == []
    assert not (tmp_path / "tuning.checkpoint").exists()


def _word() -> Samples:
    quiet = np.random.default_rng(1).normal(0, 1e-4, 4800).astype(np.float32)
    return np.concatenate([quiet, _vowel(121, 0.4), quiet])


def test_a_missing_graphics_card_is_reported(training_set: Path, tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a card")
    arguments = ["--set", str(training_set), "--out", str(tmp_path), "--device", "cuda"]
    assert tuning.main(arguments) == 1
