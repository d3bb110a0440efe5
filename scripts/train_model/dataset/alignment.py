"""Phone times of clips, by PocketSphinx forced alignment."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from scripts.progress import progress
from scripts.train_model.dataset.audio import SAMPLE_RATE_HZ, read_audio, to_pcm16
from scripts.train_model.dataset.clips import Clip
from scripts.train_model.lang.lexicon import Lexicon
from scripts.train_model.lang.phones import PHONE_INDEX

#: Share of clips with the worst acoustic score: mislabelled, cut off or misread.
WORST_SHARE = 0.04

_PAD_BEFORE_S = 0.2
_PAD_AFTER_S = 0.3
_FRAMES_PER_S = 100
_TARGET_PEAK = 16_000


@dataclass(frozen=True, slots=True)
class Segment:
    """A phone from ``start`` for ``length`` frames of 10 ms; silence is "SIL"."""

    phone: str
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class AlignedClip:
    """A clip with its phones and the mean acoustic score per frame of speech."""

    clip: Clip
    segments: tuple[Segment, ...]
    score: float


def align(clips: Iterable[Clip], lexicon: Lexicon) -> Iterator[AlignedClip]:
    """Yield the clips that can be aligned with their words."""
    rows = list(clips)
    used = {word for clip in rows for word in clip.words.split()}
    with tempfile.TemporaryDirectory() as folder:
        dictionary = Path(folder) / "words.dict"
        # A small dictionary loads fast, and the decoder is made again after each failure.
        write_dictionary(dictionary, {word: lexicon[word] for word in used if word in lexicon})
        aligner = _Aligner(dictionary)
        for clip in progress("alignment", rows):
            pcm = to_pcm16(read_audio(clip.path))
            aligned = aligner.align(clip, pcm, 0)
            if aligned is None:
                shift = round(_PAD_BEFORE_S * _FRAMES_PER_S)
                aligned = aligner.align(clip, _padded(pcm), shift)
            if aligned is not None:
                yield aligned


def well_fitting(clips: Iterable[AlignedClip]) -> tuple[AlignedClip, ...]:
    """Leave out the few worst clips of each set."""
    kept: list[AlignedClip] = []
    by_set: dict[str, list[AlignedClip]] = {}
    for aligned in clips:
        by_set.setdefault(aligned.clip.set, []).append(aligned)
    for group in by_set.values():
        floor = float(np.quantile([a.score for a in group], WORST_SHARE))
        kept += [a for a in group if a.score >= floor]
    return tuple(kept)


def write_alignments(path: Path, clips: Iterable[AlignedClip]) -> int:
    """Write one JSON line per clip and return the count; appears completely or not at all."""
    rows = [
        [
            str(aligned.clip.path),
            aligned.clip.words,
            aligned.clip.set,
            round(aligned.score, 2),
            [[s.phone, s.start, s.length] for s in aligned.segments],
        ]
        for aligned in clips
    ]
    part = path.with_suffix(".part")
    part.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    part.replace(path)
    return len(rows)


def read_alignments(path: Path) -> tuple[AlignedClip, ...]:
    """Read what ``write_alignments`` wrote."""
    return tuple(
        AlignedClip(Clip(Path(file), words, name), tuple(Segment(*s) for s in segments), score)
        for file, words, name, score, segments in map(
            json.loads, path.read_text(encoding="utf-8").splitlines()
        )
    )


def write_dictionary(path: Path, lexicon: Lexicon) -> None:
    """Write ``lexicon`` as a CMU dictionary with numbered alternatives."""
    lines = []
    for word, pronunciations in sorted(lexicon.items()):
        for number, phones in enumerate(pronunciations, 1):
            head = word if number == 1 else f"{word}({number})"
            lines.append(f"{head} {' '.join(phones)}\n")
    path.write_text("".join(lines), encoding="utf-8")


class _Aligner:
    """A PocketSphinx decoder that is replaced after a failure, which leaves it unusable."""

    def __init__(self, dictionary: Path) -> None:
        self._dictionary = dictionary
        self._decoder = self._fresh()

    def align(self, clip: Clip, pcm: npt.NDArray[np.int16], shift: int) -> AlignedClip | None:
        """Align ``clip``; ``shift`` frames of ``pcm`` come before the clip begins."""
        try:
            phones = _forced(self._decoder, pcm, clip.words)
        except RuntimeError:
            self._decoder = self._fresh()
            return None
        spoken = [phone for phone in phones if phone.name in PHONE_INDEX]
        if not spoken:
            return None
        segments = tuple(
            Segment(p.name if p.name in PHONE_INDEX else "SIL", p.start - shift, p.duration)
            for p in phones
        )
        n_frames = sum(phone.duration for phone in spoken)
        return AlignedClip(clip, segments, sum(p.score for p in spoken) / max(n_frames, 1))

    def _fresh(self) -> Any:
        from pocketsphinx import Decoder

        return Decoder(
            samprate=float(SAMPLE_RATE_HZ), lm=None, dict=str(self._dictionary),
            beam=1e-80, pbeam=1e-80, wbeam=1e-60, loglevel="FATAL",
        )  # fmt: skip


def _padded(pcm: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    """Raise the level and add faint noise around, for clips cut close to the word."""
    gain = min(_TARGET_PEAK / max(int(np.abs(pcm.astype(np.int32)).max()), 1), 30.0)
    rng = np.random.default_rng(len(pcm))
    before = rng.integers(-20, 20, int(_PAD_BEFORE_S * SAMPLE_RATE_HZ))
    after = rng.integers(-20, 20, int(_PAD_AFTER_S * SAMPLE_RATE_HZ))
    return np.concatenate([before, pcm * gain, after]).astype(np.int16)


def _forced(decoder: Any, pcm: npt.NDArray[np.int16], words: str) -> list[Any]:
    """Two passes: words and pronunciations first, then their phones."""
    decoder.set_align_text(words)
    _decode(decoder, pcm)
    if decoder.hyp() is None:
        raise RuntimeError("no path through the words")
    decoder.set_alignment()
    _decode(decoder, pcm)
    return [phone for word in decoder.get_alignment() for phone in word]


def _decode(decoder: Any, pcm: npt.NDArray[np.int16]) -> None:
    decoder.start_utt()
    decoder.process_raw(pcm.tobytes(), full_utt=True)
    decoder.end_utt()
