"""The stages of training; a stage is skipped if its result exists.

Every stage writes its result to the work folder, completely or not at all, so an
interrupted run resumes with the stage it was in. Delete a result to make
it again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from scripts.corpus.manifest import MANIFEST, Recording, Role, read_manifest
from scripts.train_model.dataset.alignment import (
    align,
    read_alignments,
    well_fitting,
    write_alignments,
)
from scripts.train_model.dataset.audio import read_audio
from scripts.train_model.dataset.clips import Clip, read_clips, synthesise_clips, write_clips
from scripts.train_model.dataset.store import (
    Effects,
    noise_store,
    read_stores,
    speech_store,
    store_name,
)
from scripts.train_model.dataset.synthesis import VoiceSampler
from scripts.train_model.dataset.transcripts import transcribe
from scripts.train_model.dataset.windows import WindowSampler
from scripts.train_model.export.package import write_package
from scripts.train_model.lang.lexicon import (
    Lexicon,
    read_lexicon,
    stock_dictionary,
    with_dropped_r,
    write_lexicon,
)
from scripts.train_model.lang.prompts import listened_phrases
from scripts.train_model.lang.texts import TextSampler
from scripts.train_model.lang.vocabulary import (
    Phrases,
    build_lexicon,
    common_words,
    first_names,
    read_phrases,
)
from scripts.train_model.measure import card
from scripts.train_model.measure.accuracy import tables
from scripts.train_model.model.augment import Augmenter, Strength
from scripts.train_model.model.checkpoint import Budget, Checkpoint
from scripts.train_model.model.model_averaging import train_rounds, training_device
from scripts.train_model.model.network import fresh_network, n_parameters
from scripts.train_model.model.train_cross_entropy import train_frames
from scripts.train_model.model.train_lfmmi import floored
from scripts.train_model.model.weights import read_network, write_network
from scripts.train_model.recipe import COPIES, FRAME_SHARES, FRAMES_SHARE, NOISE, Recipe

_FRAME_OUTPUTS = 60


class Pipeline:
    """Runs a recipe."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._work = recipe.work
        self._device = training_device()
        listened = listened_phrases(recipe.prompts) if recipe.prompts else ()
        self._phrases: Phrases = read_phrases(others=listened)

    def run(self) -> None:
        """Run every stage whose result is missing, then write the model folder."""
        recipe = self._recipe
        self._work.mkdir(parents=True, exist_ok=True)
        lexicon = self._lexicon()
        self._stage("synthesis", "synthesised.tsv", lambda p: self._synthesise(p, lexicon))
        self._stage("transcripts", "recorded.tsv", self._transcribe)
        self._stage("alignment", "aligned.jsonl", self._align)
        for name in COPIES:
            self._stage("features", store_name(name), partial(self._features, name))
        self._stage("features", store_name(NOISE), self._noises)
        self._stage("frames", "frames.pt", self._train_frames)
        self._stage("sequences", "sequences.pt", lambda _: train_rounds(recipe, self._phrases))
        print("package", flush=True)
        network, _ = read_network(self._work / "sequences.pt", recipe.shape)
        write_package(recipe.out, network, lexicon, recipe.costs)
        card.write_card(recipe, n_parameters(network), self._hours(), len(lexicon))
        if recipe.data is not None:
            print("figures: a few minutes", flush=True)
            card.insert_figures(recipe.out / card.CARD, tables(recipe.out, recipe.data))

    def _stage(self, name: str, result: str, make: Callable[[Path], None]) -> None:
        path = self._work / result
        if path.exists():
            print(f"{name}: {result} exists", flush=True)
            return
        print(f"{name}: making {result}", flush=True)
        make(path)

    def _lexicon(self) -> Lexicon:
        path = self._work / "lexicon.txt"
        if not path.exists():
            recipe = self._recipe
            print("lexicon", flush=True)
            lexicon = build_lexicon(self._phrases, recipe.n_common_words, recipe.n_first_names)
            write_lexicon(path, lexicon)
        return read_lexicon(path)

    def _recordings(self) -> tuple[Recording, ...]:
        data = self._recipe.data
        every = read_manifest(data / MANIFEST) if data else ()
        return tuple(r for r in every if not r.held_out)

    def _synthesise(self, path: Path, lexicon: Lexicon) -> None:
        recipe = self._recipe
        dictionary = stock_dictionary()
        texts = TextSampler(
            self._phrases,
            lexicon,
            common_words(dictionary, recipe.n_common_words),
            first_names(dictionary, recipe.n_first_names),
            recipe.seed,
        )
        voices = VoiceSampler(recipe.seed)
        folder = self._work / "synthesised"
        write_clips(path, synthesise_clips(texts, voices, recipe.n_synthesised, folder))

    def _transcribe(self, path: Path) -> None:
        found = transcribe(self._recordings())
        write_clips(path, (Clip(r.path, words, r.set_name) for r, words in found))

    def _align(self, path: Path) -> None:
        clips = [
            clip
            for name in ("recorded.tsv", "synthesised.tsv")
            for clip in read_clips(self._work / name)
        ]
        lexicon = with_dropped_r(stock_dictionary(), self._phrases.words)
        count = write_alignments(path, align(clips, lexicon))
        print(f"  {count} of {len(clips)} clips aligned", flush=True)

    def _effects(self) -> Effects:
        return Effects([read_audio(r.path) for r in self._recordings() if r.role is Role.ROOM])

    def _features(self, name: str, path: Path) -> None:
        aligned = read_alignments(self._work / "aligned.jsonl")
        chosen = well_fitting(a for a in aligned if a.clip.set == name)
        store = speech_store(chosen, COPIES[name], self._effects(), self._recipe.seed)
        store.save(path)

    def _noises(self, path: Path) -> None:
        paths = [
            r.path for r in self._recordings() if r.set_name == "noise" or r.label == "_silence"
        ]
        count = self._recipe.n_synthetic_noises
        noise_store(paths, count, 2, self._effects(), self._recipe.seed).save(path)

    def _hours(self) -> dict[str, float]:
        return {name: store.duration_s / 3600 for name, store in read_stores(self._work).items()}

    def _train_frames(self, path: Path) -> None:
        recipe = self._recipe
        torch.manual_seed(recipe.seed)
        network = fresh_network(recipe.shape)
        print(f"  {n_parameters(network)} weights, context {recipe.shape.context} frames")
        sampler = WindowSampler(
            read_stores(self._work), FRAME_SHARES, recipe.shape, _FRAME_OUTPUTS, recipe.seed
        )
        budget = Budget(recipe.minutes * 60 * FRAMES_SHARE, recipe.steps)
        checkpoint = Checkpoint(path.with_suffix(".checkpoint"), budget)
        priors = train_frames(
            network,
            sampler,
            Augmenter(Strength(), torch.Generator().manual_seed(recipe.seed)),
            checkpoint,
            self._device,
            batch_size=recipe.batch_size,
        )
        write_network(path, network, floored(priors))
        checkpoint.forget()
