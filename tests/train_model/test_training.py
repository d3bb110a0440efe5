"""The network, its training criteria, and a tiny run from text to a model that loads."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra 'train' is not installed (torch)")
pytest.importorskip("scipy", reason="the extra 'train' is not installed (scipy)")

from scripts.corpus.manifest import COLUMNS, MANIFEST, read_manifest  # noqa: E402
from scripts.train_model.dataset.mel import LOG_MEL_TO_MFCC, N_BINS  # noqa: E402
from scripts.train_model.dataset.store import Store  # noqa: E402
from scripts.train_model.dataset.windows import Batch, WindowSampler, output_classes  # noqa: E402
from scripts.train_model.export.affine import to_nnet3  # noqa: E402
from scripts.train_model.export.kaldi import Nnet3, Shortcut  # noqa: E402
from scripts.train_model.lang.costs import TRAINING_COSTS  # noqa: E402
from scripts.train_model.lang.lexicon import Lexicon  # noqa: E402
from scripts.train_model.lang.phones import N_CLASSES, first_class, later_class  # noqa: E402
from scripts.train_model.model.augment import Augmenter, Strength  # noqa: E402  (after the skips)
from scripts.train_model.model.denominator import Denominator  # noqa: E402
from scripts.train_model.model.network import Network, Shape, fresh_network  # noqa: E402
from scripts.train_model.model.train_lfmmi import Chains, floored, numerator  # noqa: E402
from scripts.train_model.recipe import NOISE  # noqa: E402

TINY = Shape(width=24, bottleneck=8, dilations=(1, 2))
N_SPEAKERS = 8
LEXICON: Lexicon = {"yes": (("Y", "EH", "S"),), "no": (("N", "OW"),)}


def _lived_in_network() -> Network:
    """A network whose normalisations are far from their initial values."""
    torch.manual_seed(0)
    network = fresh_network(TINY)
    network.mean.copy_(torch.randn(N_BINS) * 3)
    network.deviation.copy_(torch.rand(N_BINS) + 0.5)
    network.train()
    for _ in range(20):
        network(torch.randn(8, TINY.n_inputs(10), N_BINS) * 4 + 1)
    return network.eval()


def _evaluated(nnet3: Nnet3, mfcc: np.ndarray) -> np.ndarray:
    """Run exported layers on every frame, wrapping round at the ends."""
    values = {"input": mfcc}

    def at(descriptor: str) -> np.ndarray:
        if appended := re.fullmatch(r"Append\((.*)\)", descriptor):
            parts = re.findall(r"Offset\([^)]*\)|[\w.]+", appended.group(1))
            return np.concatenate([at(part) for part in parts], axis=1)
        if shifted := re.fullmatch(r"Offset\((.*), (-?\d+)\)", descriptor):
            return np.roll(values[shifted.group(1)], -int(shifted.group(2)), axis=0)
        return values[descriptor]

    for layer in nnet3.layers:
        if isinstance(layer, Shortcut):
            values[layer.name] = values[layer.branch] + layer.scale * values[layer.stream]
        else:
            out = at(layer.source) @ layer.weights.T + layer.bias
            values[layer.name] = np.maximum(out, 0) if layer.rectified else out
    return values[nnet3.output]


def test_the_exported_layers_compute_what_the_network_does() -> None:
    network = _lived_in_network()
    frames = np.random.default_rng(0).normal(size=(TINY.n_inputs(7), N_BINS)) * 3
    with torch.no_grad():
        wanted = network(torch.tensor(frames[None], dtype=torch.float32))[0].numpy()
    exported = to_nnet3(network)
    found = _evaluated(exported, frames @ LOG_MEL_TO_MFCC)
    context = exported.left_context
    assert np.allclose(found[context : len(found) - context : 3], wanted, atol=1e-3)


def test_output_rows_match_the_shape() -> None:
    network = fresh_network(TINY)
    assert network(torch.zeros(2, TINY.n_inputs(9), N_BINS)).shape == (2, 9, N_CLASSES)


def test_the_gradient_over_all_paths_matches_their_slope() -> None:
    graph = Denominator(["yes", "no"], LEXICON, TRAINING_COSTS)
    torch.manual_seed(1)
    scores = torch.randn(2, 12, N_CLASSES, requires_grad=True)
    lengths = torch.tensor([12, 8])
    graph.log_total(scores, lengths).sum().backward()
    assert scores.grad is not None
    # Every counted output is in exactly one class.
    occupied = scores.grad.sum(dim=2)
    assert torch.allclose(occupied[0], torch.ones(12), atol=1e-4)
    assert torch.allclose(occupied[1], torch.tensor([1.0] * 8 + [0.0] * 4), atol=1e-4)
    direction = torch.randn_like(scores)
    step = 1e-2
    with torch.no_grad():
        up = graph.log_total(scores + step * direction, lengths).sum()
        down = graph.log_total(scores - step * direction, lengths).sum()
    slope = float((up - down) / (2 * step))
    assert slope == pytest.approx(float((scores.grad * direction).sum()), rel=1e-2)


def test_the_numerator_sums_over_all_timings() -> None:
    classes = [first_class("N"), later_class("N"), first_class("OW"), later_class("OW")]
    chains = Chains(
        first=torch.tensor([[classes[0], classes[2]]]),
        later=torch.tensor([[classes[1], classes[3]]]),
        n_phones=torch.tensor([2]),
        lengths=torch.tensor([4]),
    )
    found = float(numerator(torch.zeros(1, 4, N_CLASSES), chains))
    # Of four outputs, the second phone may begin at any but the first: three timings.
    assert found == pytest.approx(math.log(3 * 0.5**4), abs=1e-4)


def test_priors_keep_a_floor() -> None:
    priors = floored(torch.tensor([1.0 - 1e-6, 1e-6]))
    assert float(priors.sum()) == pytest.approx(1.0)
    assert float(priors[1]) > 0.005


def test_a_phone_that_begins_between_outputs_is_still_labelled_as_begun() -> None:
    phone = np.zeros(12, np.int8)
    phone[4:12] = 5
    start = np.zeros(12, np.bool_)
    start[4] = True
    store = Store(np.zeros((12, N_BINS), np.float16), phone, start)
    assert output_classes(store, np.array([3, 6, 9])).tolist() == [0, 9, 10]


def _random_store(*, silent: bool) -> Store:
    rng = np.random.default_rng(int(silent))
    phone = np.zeros(900, np.int8) if silent else np.repeat(rng.integers(0, 39, 90), 10)
    start = np.zeros(900, np.bool_)
    start[::10] = not silent
    frames = rng.normal(10, 2, (900, N_BINS)).astype(np.float16)
    return Store(frames, phone.astype(np.int8), start)


def test_a_seed_always_gives_the_same_batch_and_noise_windows_are_silent() -> None:
    stores = {"commands": _random_store(silent=False), NOISE: _random_store(silent=True)}

    def drawn() -> Batch:
        sampler = WindowSampler(stores, {"commands": 0.5, NOISE: 0.5}, TINY, 12, seed=4)
        return sampler.batch(16)

    first, second = drawn(), drawn()
    assert torch.equal(first.speech, second.speech)
    assert torch.equal(first.classes, second.classes)
    assert 0 < int(first.is_noise.sum()) < 16
    assert int(first.classes[first.is_noise].abs().sum()) == 0


def test_augmented_windows_are_finite_and_differ() -> None:
    stores = {"commands": _random_store(silent=False), NOISE: _random_store(silent=True)}
    batch = WindowSampler(stores, {"commands": 1, NOISE: 1}, TINY, 12, seed=4).batch(8)
    augmenter = Augmenter(Strength(), torch.Generator().manual_seed(0))
    first = augmenter(batch.speech, batch.noise, batch.is_noise)
    second = augmenter(batch.speech, batch.noise, batch.is_noise)
    assert first.shape == batch.speech.shape
    assert torch.isfinite(first).all()
    assert not torch.equal(first, second)


def _recordings(folder: Path) -> Path:
    """Recordings like those of people: a "yes" and a "no" from each speaker."""
    from scripts.train_model.dataset.audio import write_audio
    from scripts.train_model.dataset.synthesis import Voice, espeak_variants, speak

    folder.mkdir()
    rows = ["\t".join(COLUMNS)]
    for number, variant in zip(range(N_SPEAKERS), espeak_variants(), strict=False):
        for word in ("yes", "no"):
            file = f"{word}-{number}.flac"
            write_audio(folder / file, speak(word, Voice("espeak", f"en-us+{variant}")) * 0.5)
            rows.append(f"{file}\tcommands\t{word}\t\t{variant}\tnone\t1.0")
    (folder / MANIFEST).write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


@pytest.mark.slow
def test_a_tiny_run_gives_a_model_that_vosk_loads(tmp_path: Path) -> None:
    for package in ("pocketsphinx", "soundfile", "names"):
        pytest.importorskip(package, reason=f"the extra 'train' is not installed ({package})")
    vosk = pytest.importorskip("vosk", reason="vosk is not installed")
    from scripts.train_model.dataset import synthesis
    from scripts.train_model.export import openfst
    from scripts.train_model.export.add_word import add_words
    from scripts.train_model.lang.costs import GraphCosts
    from scripts.train_model.pipeline import Pipeline
    from scripts.train_model.recipe import Recipe

    if not openfst.installed():
        pytest.skip("OpenFst's tools are not installed")
    if not synthesis.espeak_variants():
        pytest.skip("espeak-ng is not installed")
    data = _recordings(tmp_path / "data")
    recipe = Recipe(
        work=tmp_path / "work",
        out=tmp_path / "model",
        data=data,
        minutes=1.0,
        steps=4,
        n_synthesised=24,
        n_synthetic_noises=4,
        n_common_words=300,
        n_first_names=20,
        batch_size=8,
        shape=TINY,
    )
    Pipeline(recipe).run()
    # A second run finds every result and only packages again.
    Pipeline(replace(recipe, steps=0)).run()
    # One that was stopped in its last round continues with the run that is missing there.
    finished = recipe.work / "run-2.1.pt"
    made_at = finished.stat().st_mtime_ns
    for name in ("sequences.pt", "run-2.2.pt"):
        (recipe.work / name).unlink()
    Pipeline(recipe).run()
    assert (recipe.work / "sequences.pt").exists()
    assert finished.stat().st_mtime_ns == made_at
    card = (recipe.out / "MODEL_CARD.md").read_text()
    assert "charley-en" in card
    # The figures are for the speakers whom training did not hear, one in five.
    n_held_out = sum(r.held_out for r in read_manifest(data / MANIFEST)) // 2
    assert 0 < n_held_out < N_SPEAKERS
    assert f"\n| yes | {n_held_out} |" in card
    assert "CC BY 4.0" in (recipe.out / "ATTRIBUTION.md").read_text()
    add_words(recipe.out, ["zyzzyva Z IH Z IH V AH"], GraphCosts())
    vosk.SetLogLevel(-1)
    model = vosk.Model(str(recipe.out))
    recogniser = vosk.KaldiRecognizer(model, 16000, '["zyzzyva", "yes", "[unk]"]')
    recogniser.AcceptWaveform(bytes(32000))
    assert "text" in json.loads(recogniser.FinalResult())
    assert model.vosk_model_find_word("zyzzyva") > 0
