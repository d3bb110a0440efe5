"""Gathers recordings, natural voices, noises and rooms into one training set.

``python -m scripts.train_model.dataset.packing --help``. Held-out recordings never get in.
The existing model aligns the phones (``forced``), so no other recogniser is needed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from scripts.corpus.manifest import MANIFEST, Recording, Role, read_manifest
from scripts.corpus.noises import random_noise
from scripts.progress import progress
from scripts.train_model.dataset import effects
from scripts.train_model.dataset.audio import SAMPLE_RATE_HZ, Samples, read_audio, rms
from scripts.train_model.dataset.forced import AlignmentFile, Forced, ForcedAligner
from scripts.train_model.dataset.pack import PackClip, write_pack
from scripts.train_model.dataset.rooms import LENGTH_S, simulated_room
from scripts.train_model.dataset.synthesis import SynthesisError, VoiceSampler, speak
from scripts.train_model.dataset.transcripts import given_words
from scripts.train_model.export.restore import RestoreError, restore
from scripts.train_model.lang.lexicon import stock_dictionary, with_dropped_r
from scripts.train_model.lang.prompts import listened_phrases
from scripts.train_model.lang.texts import TextSampler
from scripts.train_model.lang.vocabulary import common_words, first_names, read_phrases
from scripts.train_model.recipe import NOISE
from voice.errors import CharleyError

# : At most this many minutes of each set, so that the voices of one accent do not dominate.
MOST_MIN = {"accented": 45.0, "read": 45.0, "orders": 40.0}
# : Mean score per speech output below which words and audio do not match.
WORST_SCORE = -4.0
# : Share of natural voices that are also added whispered, and groggy.
SOFT_SHARE = 0.12

_EDGE_FRAMES = 35
_PEAK = 0.5
_NOISE_S = 6.0
_LONGEST_NOISE_S = 40.0


@dataclass(frozen=True, slots=True)
class Sources:
    """The contents of a training set. ``n_rooms`` are simulated, besides the measured ones."""

    data: Path | None
    natural: tuple[Path, ...]
    model: Path
    prompts: Path
    n_rooms: int = 200
    n_noises: int = 200
    n_synthesised: int = 800
    seed: int = 0
    most_min: Mapping[str, float] = field(default_factory=lambda: dict(MOST_MIN))


def gather(sources: Sources, alignments: Path) -> Iterator[PackClip]:
    """Every clip, in an order that mixes the sets; ``alignments`` caches phone times.

    Raises CharleyError, RestoreError.
    """
    recordings = [r for r in _recordings(sources) if not r.held_out and r.role is not Role.ROOM]
    rng = np.random.default_rng([sources.seed, 31])
    phrases = read_phrases(others=listened_phrases(sources.prompts))
    lexicon = with_dropped_r(stock_dictionary(), phrases.words)
    aligner = ForcedAligner(restore(sources.model), lexicon)
    kept = AlignmentFile(alignments, aligner)
    yield from _noises(sources, recordings, rng)
    yield from _synthesised(sources, aligner)
    left_s = {name: 60.0 * minutes for name, minutes in sources.most_min.items()}
    shuffled = [recordings[n] for n in rng.permutation(len(recordings))]
    for recording in progress("training set", shuffled):
        name = recording.set_name
        if _is_noise(recording) or left_s.get(name, 1.0) <= 0:
            continue
        samples = read_audio(recording.path)
        found = kept.align(recording.path, samples, given_words(recording))
        if found is None or found.score < WORST_SCORE:
            continue
        clip = _clip(recording, samples, found)
        if name in left_s:
            left_s[name] -= len(clip.samples) / SAMPLE_RATE_HZ
        yield clip
        if name == "natural" and rng.random() < SOFT_SHARE:
            yield _softly(clip, rng)


def rooms(sources: Sources) -> list[Samples]:
    """Measured and simulated impulse responses, all of one length.

    Without hand claps, which have no bass, unlike a bedroom.
    """
    measured = [
        read_audio(r.path)
        for r in _recordings(sources)
        if r.role is Role.ROOM and "clap" not in r.file
    ]
    rng = np.random.default_rng([sources.seed, 32])
    simulated = [simulated_room(rng) for _ in progress("rooms", range(sources.n_rooms))]
    return [*map(_fitted, measured), *simulated]


def _recordings(sources: Sources) -> list[Recording]:
    folders = [*([sources.data] if sources.data else []), *sources.natural]
    return [r for folder in folders for r in read_manifest(folder / MANIFEST)]


def _is_noise(recording: Recording) -> bool:
    return recording.role is Role.NOISE


def _noises(
    sources: Sources, recordings: Sequence[Recording], rng: np.random.Generator
) -> Iterator[PackClip]:
    longest = round(_LONGEST_NOISE_S * SAMPLE_RATE_HZ)
    for recording in recordings:
        if _is_noise(recording):
            yield PackClip(NOISE, "", recording.file, read_audio(recording.path)[:longest], ())
    for _ in progress("noises", range(sources.n_noises)):
        yield PackClip(NOISE, "", "", 0.5 * random_noise(rng, _NOISE_S), ())


def _synthesised(sources: Sources, aligner: ForcedAligner) -> Iterator[PackClip]:
    phrases = read_phrases(others=listened_phrases(sources.prompts))
    dictionary = stock_dictionary()
    texts = TextSampler(
        phrases, dictionary, common_words(dictionary, 8000), first_names(dictionary, 1000),
        sources.seed,
    )  # fmt: skip
    voices = VoiceSampler(sources.seed)
    for _ in progress("synthesised voices", range(sources.n_synthesised)):
        words, voice = texts.draw(), voices.draw()
        try:
            samples = speak(words, voice)
        except SynthesisError:
            continue
        found = aligner.align(_with_edges(samples), words)
        if found is not None and found.score >= WORST_SCORE:
            yield _cut("synthesised", words, voice.name, _with_edges(samples), found)


def _clip(recording: Recording, samples: Samples, found: Forced) -> PackClip:
    words = given_words(recording)
    return _cut(recording.set_name, words, recording.speaker, samples, found)


def _cut(set_name: str, words: str, speaker: str, samples: Samples, found: Forced) -> PackClip:
    """Leave at most a third of a second of silence at either end."""
    segments = list(found.segments)
    first = segments[0].length if segments[0].phone == "SIL" else 0
    first = max(0, first - _EDGE_FRAMES)
    last = segments[-1].start + _EDGE_FRAMES if segments[-1].phone == "SIL" else None
    cut = samples[first * 160 : None if last is None else last * 160]
    cut = cut * np.float32(_PEAK / max(float(np.abs(cut).max()), 1e-4))
    moved = tuple(type(s)(s.phone, s.start - first, s.length) for s in segments)
    return PackClip(set_name, words, speaker, np.asarray(cut, np.float32), moved)


def _softly(clip: PackClip, rng: np.random.Generator) -> PackClip:
    """The same clip whispered or groggy; its phones keep their times."""
    change = effects.whisper if rng.random() < 0.45 else effects.groggy
    samples = change(clip.samples, rng)
    samples = samples * np.float32(0.05 / rms(samples))
    return PackClip("natural_soft", clip.words, clip.speaker, samples, clip.segments)


def _with_edges(samples: Samples) -> Samples:
    edge = _EDGE_FRAMES * 160
    return np.pad(samples, (edge, edge))


def _fitted(response: Samples) -> Samples:
    length = round(LENGTH_S * SAMPLE_RATE_HZ)
    direct = max(0, int(np.abs(response).argmax()) - 20)
    cut = response[direct : direct + length]
    return np.pad(cut, (0, length - len(cut)))


def _most(text: str) -> tuple[str, float]:
    name, _, minutes = text.partition("=")
    try:
        return name, float(minutes)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not SET=MINUTES") from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Make a training set; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.train_model.dataset.packing",
        description="Gather a training set into one file for scripts.train_model.model.tuning.",
    )
    parser.add_argument("--data", type=Path, help="recordings with a manifest.tsv")
    parser.add_argument(
        "--natural", type=Path, action="append", default=[],
        help="clips of natural_voices, may be repeated",
    )  # fmt: skip
    parser.add_argument("--model", type=Path, default=Path("models/charley-en"))
    parser.add_argument("--prompts", type=Path, default=Path("prompts/en"))
    parser.add_argument("--rooms", type=int, default=200, help="rooms to simulate")
    parser.add_argument("--noises", type=int, default=200, help="noises to synthesise")
    parser.add_argument("--synthesised", type=int, default=800, help="clips by other engines")
    parser.add_argument(
        "--most", type=_most, action="append", default=[], metavar="SET=MIN",
        help="maximum minutes of a set, may be repeated",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True, help="file to write (.zip)")
    given = parser.parse_args(arguments)
    sources = Sources(
        given.data, tuple(given.natural), given.model, given.prompts,
        given.rooms, given.noises, given.synthesised, given.seed, {**MOST_MIN, **dict(given.most)},
    )  # fmt: skip
    try:
        alignments = given.out.with_suffix(".phones.jsonl")
        write_pack(given.out, gather(sources, alignments), rooms(sources))
    except (CharleyError, RestoreError) as error:
        print(f"packing: {error}", file=sys.stderr)
        return 1
    print(f"{given.out}: {given.out.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
