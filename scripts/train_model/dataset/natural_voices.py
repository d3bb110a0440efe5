"""Speaks the grammar phrases, and other text, in many natural voices.

An optional stage before training, which takes far longer than the others: about a second
of one core per second of speech. Every clip gets a line in the manifest as soon as it is
written; a clip with a line is not made again, so the work can be stopped at any time.

Training clips are numbered: the texts of ``data/spoken_first.txt`` by twenty speakers each,
then an endless sequence of drawn ones. Measuring clips (``--held-out``) are phrases of every
meaning by every held-out voice, the texts of ``data/spoken_first.txt`` first.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from scripts.corpus.manifest import COLUMNS, MANIFEST
from scripts.progress import progress
from scripts.train_model.dataset.audio import SAMPLE_RATE_HZ, Samples, write_audio
from scripts.train_model.dataset.kokoro import HELD_OUT_VOICES, RATE_HZ, Kokoro, KokoroError, Style
from scripts.train_model.lang.lexicon import stock_dictionary
from scripts.train_model.lang.prompts import spread_phrases
from scripts.train_model.lang.texts import TextSampler
from scripts.train_model.lang.vocabulary import (
    N_COMMON_WORDS,
    N_FIRST_NAMES,
    Phrases,
    common_words,
    first_names,
    normalised,
)
from voice.content.loader import load_script
from voice.content.script import Script
from voice.errors import CharleyError

SPOKEN_FIRST: Final = Path(__file__).parents[1] / "data" / "spoken_first.txt"
LICENCE: Final = "Apache-2.0 voice (Kokoro-82M)"

ROUNDS_FIRST: Final = 20
"""Speakers of each priority text, before other texts are drawn."""
SENTENCE_SHARE: Final = 0.2
TRAINING_PER_MEANING: Final = 60
HELD_OUT_PER_MEANING: Final = 8
"""At most this many phrases per meaning, so that large families do not crowd out small ones."""

_COLUMNS: Final = (*COLUMNS, "speed", "accent")
_PEAK: Final = 0.5
_BEFORE_S: Final = 0.3
_AFTER_S: Final = 0.5
_SPEEDS: Final = (0.75, 1.3)
_ENDINGS: Final = ("", "", ".", ".", "!", "?", "…")
_BRITISH: Final = ("en-gb", "en-gb", "en-gb", "en-gb-x-rp", "en-gb-scotland")
_AMERICAN: Final = ("en-us", "en-us", "en-us", "en-us", "en-us-nyc", "en-029", "en-gb")


@dataclass(frozen=True, slots=True)
class Job:
    """One clip to make."""

    file: str
    text: str
    style: Style


class StyleSampler:
    """Draws training speakers: a voice or a mixture of two, most of them English."""

    def __init__(self, voices: Sequence[str], seed: int) -> None:
        heard = [voice for voice in voices if voice not in HELD_OUT_VOICES]
        self._english = [voice for voice in heard if voice[0] in "ab"]
        self._others = [voice for voice in heard if voice[0] not in "ab"] or self._english
        if not self._english:
            raise KokoroError("no English voice to train with")
        self._rng = np.random.default_rng([seed, 21])

    def draw(self) -> Style:
        """Return the next speaker."""
        rng = self._rng
        voice = self._one(self._english if rng.random() < 0.85 else self._others)
        other, share = "", 1.0
        if rng.random() < 0.65:
            other = self._one(self._english if rng.random() < 0.65 else self._others)
            share = round(float(rng.uniform(0.35, 0.65)), 2)
        accents = _BRITISH if voice[0] == "b" else _AMERICAN
        return Style(
            voice,
            self._one(accents),
            other if other != voice else "",
            share,
            round(float(rng.uniform(*_SPEEDS)), 2),
            self._one(_ENDINGS),
        )

    def _one(self, choices: Sequence[str]) -> str:
        return choices[int(self._rng.integers(len(choices)))]


def spoken_first() -> tuple[str, ...]:
    """The texts that come before all others."""
    lines = SPOKEN_FIRST.read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def training_jobs(
    voices: Sequence[str], script: Script, sentences: Sequence[str], seed: int
) -> Iterator[Job]:
    """An endless sequence of training clips. Raises KokoroError for voices without English."""
    styles = StyleSampler(voices, seed)
    first = spoken_first()
    texts = _texts(first, script, sentences, seed)
    number = 0
    while True:
        text = first[number % len(first)] if number < ROUNDS_FIRST * len(first) else next(texts)
        yield Job(f"{number // 1000:03d}/{number:06d}.flac", text, styles.draw())
        number += 1


def held_out_jobs(voices: Sequence[str], script: Script) -> tuple[Job, ...]:
    """Phrases of every meaning by every held-out voice."""
    texts = dict.fromkeys((*spoken_first(), *spread_phrases(script, HELD_OUT_PER_MEANING)))
    return tuple(
        Job(
            f"{re.sub('[^a-z]+', '_', text)}/{voice}.flac",
            text,
            Style(voice, "en-gb" if voice[0] == "b" else "en-us"),
        )
        for text in texts
        for voice in voices
        if voice in HELD_OUT_VOICES
    )


def make(jobs: Sequence[Job], kokoro: Kokoro, out: Path, set_name: str) -> None:
    """Speak the jobs that have no line in the manifest of ``out``."""
    done = _done(out / MANIFEST)
    for job in progress("natural voices", [job for job in jobs if job.file not in done]):
        try:
            samples = _finished(kokoro.speak(job.text, job.style))
        except KokoroError as error:
            print(f"natural_voices: {error}", file=sys.stderr, flush=True)
            continue
        path = out / job.file
        path.parent.mkdir(parents=True, exist_ok=True)
        write_audio(path, samples)
        _append(out / MANIFEST, job, set_name, len(samples) / SAMPLE_RATE_HZ)


def _texts(
    first: Sequence[str], script: Script, sentences: Sequence[str], seed: int
) -> Iterator[str]:
    dictionary = stock_dictionary()
    spread = spread_phrases(script, TRAINING_PER_MEANING)
    phrases = Phrases(tuple(first), tuple(dict.fromkeys((*first, *spread))))
    sampler = TextSampler(
        phrases,
        dictionary,
        common_words(dictionary, N_COMMON_WORDS),
        first_names(dictionary, N_FIRST_NAMES),
        seed,
    )
    rng = np.random.default_rng([seed, 22])
    while True:
        if sentences and rng.random() < SENTENCE_SHARE:
            yield sentences[int(rng.integers(len(sentences)))]
        else:
            yield sampler.draw()


def _sentences(script: Script, path: Path | None) -> tuple[str, ...]:
    """Whole sentences: Charley's own lines, and those of a file. Without digits."""
    found = [line.text for line in script.lines.values()]
    if path is not None:
        found += path.read_text(encoding="utf-8").splitlines()
    split = (part.strip() for text in found for part in re.split(r"(?<=[.!?])\s+", text))
    return tuple(dict.fromkeys(s for s in split if re.fullmatch(r"[A-Za-z',.!? -]{3,90}", s)))


def _finished(sound: Samples) -> Samples:
    import soxr

    samples = soxr.resample(sound, RATE_HZ, SAMPLE_RATE_HZ)
    samples *= _PEAK / max(float(np.abs(samples).max()), 1e-6)
    before, after = round(_BEFORE_S * SAMPLE_RATE_HZ), round(_AFTER_S * SAMPLE_RATE_HZ)
    return np.pad(samples, (before, after)).astype(np.float32)


def _done(manifest: Path) -> frozenset[str]:
    if not manifest.exists():
        manifest.parent.mkdir(parents=True, exist_ok=True)
        manifest.write_text("\t".join(_COLUMNS) + "\n", encoding="utf-8")
    with manifest.open(newline="", encoding="utf-8") as stream:
        return frozenset(row["file"] for row in csv.DictReader(stream, delimiter="\t"))


def _append(manifest: Path, job: Job, set_name: str, duration_s: float) -> None:
    style = job.style
    words = normalised(job.text)
    row = (job.file, set_name, words, words, style.speaker, LICENCE, f"{duration_s:.2f}",
           f"{style.speed:g}", style.accent)  # fmt: skip
    # One write per line: several processes may share a manifest.
    with manifest.open("a", encoding="utf-8") as stream:
        stream.write("\t".join(row) + "\n")


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(
        prog="python -m scripts.train_model.dataset.natural_voices",
        description="Speak phrases and other text with the natural voices of Kokoro-82M. Stop it"
        " at any time: run again, it resumes.",
    )
    made.add_argument(
        "--voices", type=Path, required=True, help="folder with the *.bin files of kokoro-js"
    )
    made.add_argument("--out", type=Path, required=True, help="folder for clips and manifest")
    made.add_argument("--prompts", type=Path, default=Path("prompts/en"))
    made.add_argument("--texts", type=Path, help="more sentences to say, one per line")
    made.add_argument("--clips", type=int, default=30_000, help="training clips to make")
    made.add_argument(
        "--held-out", action="store_true", help="make the held-out clips for measuring"
    )
    made.add_argument(
        "--part",
        type=_part,
        default=(0, 1),
        metavar="K/N",
        help="every Nth clip from the Kth on, for N processes at once (default: 0/1)",
    )
    made.add_argument("--seed", type=int, default=0)
    return made


def _part(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if match is None or not int(match[1]) < int(match[2]):
        raise argparse.ArgumentTypeError(f"{text!r} is not a part, such as 0/2 or 1/2")
    return int(match[1]), int(match[2])


def main(arguments: Sequence[str] | None = None) -> int:
    """Speak; return the exit status."""
    given = parser().parse_args(arguments)
    number, of = given.part
    try:
        script = load_script(given.prompts)
        kokoro = Kokoro(given.voices)
        jobs: Sequence[Job]
        if given.held_out:
            jobs = held_out_jobs(kokoro.voices, script)
        else:
            sentences = _sentences(script, given.texts)
            endless = training_jobs(kokoro.voices, script, sentences, given.seed)
            jobs = [job for job, _ in zip(endless, range(given.clips), strict=False)]
        name = "natural_held" if given.held_out else "natural"
        make(jobs[number::of], kokoro, given.out, name)
    except (CharleyError, KokoroError) as error:
        print(f"natural_voices: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
