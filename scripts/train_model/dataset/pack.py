"""One training set in one file: audio as Opus, with words, phones, rooms and noises.

The file is a ZIP archive that any tool opens:

``clips.tsv``      set, words, speaker, stream, first frame, phones ("SIL:12 Y:9 ...")
``sound-000.opus`` and so on, streams of up to ten minutes, clip after clip, 16 kHz
``rooms.flac``     impulse responses, all of ``rooms.LENGTH_S``, end to end
``about.json``     the format version, and the duration of each set

A frame is 10 ms. Every clip begins on one, and its phones cover it without a gap. Training
puts the clips into new rooms and noise each time (``scenes``), so the file holds each of
them once, dry.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from scripts.train_model.dataset.alignment import Segment
from scripts.train_model.dataset.audio import SAMPLE_RATE_HZ, Samples, to_pcm16
from scripts.train_model.dataset.mel import HOP_SAMPLES
from scripts.train_model.dataset.rooms import LENGTH_S
from scripts.train_model.lang.phones import PHONE_INDEX

FORM: Final = 1
# : libsndfile makes about 15 kbit/s of it: enough for speech up to 8 kHz.
OPUS_QUALITY: Final = 0.96
_STREAM_FRAMES: Final = 60_000
_EDGE_FRAMES: Final = 300
_SILENCE: Final = "SIL"


class PackError(Exception):
    """The file is missing, or not a training set in this format."""


@dataclass(frozen=True, slots=True)
class PackClip:
    """A clip that goes into a pack; the phones count frames from its start."""

    set: str
    words: str
    speaker: str
    samples: Samples
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """The position of a clip in a pack that was read."""

    set: str
    words: str
    speaker: str
    first: int
    n_frames: int


@dataclass(frozen=True, slots=True)
class Pack:
    """A training set in memory, all clips end to end, with silence at both ends.

    ``wave`` is int16, 160 samples a frame; ``phone`` and ``start`` are as in ``store``;
    ``rooms`` float32 (n_rooms, n_samples), each of energy 1.
    """

    spans: tuple[Span, ...]
    wave: npt.NDArray[np.int16]
    phone: npt.NDArray[np.int8]
    start: npt.NDArray[np.bool_]
    rooms: npt.NDArray[np.float32]

    def hours(self) -> dict[str, float]:
        """Duration of each set."""
        found: dict[str, float] = {}
        for span in self.spans:
            found[span.set] = found.get(span.set, 0.0) + span.n_frames / 360_000
        return found


def write_pack(path: Path, clips: Iterable[PackClip], rooms: Sequence[Samples]) -> None:
    """Write a pack; the file appears completely or not at all."""
    part = path.with_suffix(".part")
    rows: list[str] = []
    hours: dict[str, float] = {}
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        streams = _Streams(archive)
        for clip in clips:
            n_frames = len(clip.samples) // HOP_SAMPLES
            stream, first = streams.add(clip.samples[: n_frames * HOP_SAMPLES])
            phones = " ".join(f"{phone}:{n}" for phone, n in _filled(clip.segments, n_frames))
            rows.append(
                "\t".join([clip.set, clip.words, clip.speaker, str(stream), str(first), phones])
            )
            hours[clip.set] = hours.get(clip.set, 0.0) + n_frames / 360_000
        streams.close()
        archive.writestr("clips.tsv", "".join(row + "\n" for row in rows))
        archive.writestr("rooms.flac", _encoded(np.concatenate([_peak(r) for r in rooms]), "FLAC"))
        about = {"form": FORM, "hours": {k: round(v, 3) for k, v in hours.items()}}
        archive.writestr("about.json", json.dumps(about, indent=1))
    part.replace(path)


def read_pack(path: Path) -> Pack:
    """Read what ``write_pack`` wrote.

    Raises:
        PackError: the file cannot be read, or has another format.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if json.loads(archive.read("about.json")).get("form") != FORM:
                raise PackError(f"{path}: a training set in another format: make it again")
            rows = [line.split("\t") for line in archive.read("clips.tsv").decode().splitlines()]
            names = sorted(name for name in archive.namelist() if name.endswith(".opus"))
            encoded = [archive.read(name) for name in names]
            rooms = _rooms(_decoded(archive.read("rooms.flac")))
        # Ten minutes take a second of one core: on many, a graphics card waits less.
        with ThreadPoolExecutor() as pool:
            streams = list(pool.map(_decoded, encoded))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise PackError(f"{path}: cannot be read as a training set: {error}") from error
    edge = np.zeros(_EDGE_FRAMES * HOP_SAMPLES, np.int16)
    begins = np.cumsum([_EDGE_FRAMES, *(len(s) // HOP_SAMPLES for s in streams)])
    wave = np.concatenate([edge, *(to_pcm16(s) for s in streams), edge])
    phone = np.zeros(len(wave) // HOP_SAMPLES, np.int8)
    start = np.zeros(len(phone), np.bool_)
    spans: list[Span] = []
    for set_name, words, speaker, stream, first, phones in rows:
        place = begin = int(begins[int(stream)]) + int(first)
        for told in phones.split():
            name, _, count = told.partition(":")
            phone[place : place + int(count)] = 0 if name == _SILENCE else 1 + PHONE_INDEX[name]
            start[place] = True
            place += int(count)
        spans.append(Span(set_name, words, speaker, begin, place - begin))
    return Pack(tuple(spans), wave, phone, start, rooms)


class _Streams:
    """Collects clips into streams of ten minutes, and adds each to the archive when full."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._number = 0
        self._n_frames = 0
        self._parts: list[Samples] = []

    def add(self, samples: Samples) -> tuple[int, int]:
        """Take a whole number of frames; return the stream and the first frame in it."""
        if self._n_frames > _STREAM_FRAMES:
            self.close()
        first = self._n_frames
        self._parts.append(samples)
        self._n_frames += len(samples) // HOP_SAMPLES
        return self._number, first

    def close(self) -> None:
        """Write the rest."""
        if not self._parts:
            return
        sound = _encoded(np.concatenate(self._parts), "OPUS")
        self._archive.writestr(f"sound-{self._number:03d}.opus", sound, zipfile.ZIP_STORED)
        self._number, self._n_frames, self._parts = self._number + 1, 0, []


def _filled(segments: Sequence[Segment], n_frames: int) -> list[tuple[str, int]]:
    """Phones with their lengths, from the first frame to the last without a gap."""
    found: list[tuple[str, int]] = []
    place = 0
    for segment in segments:
        begin = min(max(segment.start, place), n_frames)
        end = min(segment.start + segment.length, n_frames)
        if begin > place:
            found.append((_SILENCE, begin - place))
        if end > begin:
            found.append((segment.phone, end - begin))
        place = max(place, end)
    if place < n_frames:
        found.append((_SILENCE, n_frames - place))
    return found


def _encoded(samples: Samples, form: str) -> bytes:
    import soundfile

    target = io.BytesIO()
    container = "OGG" if form == "OPUS" else form
    options: dict[str, Any] = {"compression_level": OPUS_QUALITY} if form == "OPUS" else {}
    subtype = "OPUS" if form == "OPUS" else "PCM_16"
    with soundfile.SoundFile(
        target, "w", SAMPLE_RATE_HZ, 1, subtype, format=container, **options
    ) as file:
        # libsndfile's Opus encoder needs small pieces.
        for begin in range(0, len(samples), SAMPLE_RATE_HZ):
            file.write(samples[begin : begin + SAMPLE_RATE_HZ])
    return target.getvalue()


def _decoded(data: bytes) -> Samples:
    import soundfile

    samples, _ = soundfile.read(io.BytesIO(data), dtype="float32")
    return np.asarray(samples, np.float32)


def _peak(room: Samples) -> Samples:
    return np.asarray(0.9 * room / np.abs(room).max(), np.float32)


def _rooms(samples: Samples) -> npt.NDArray[np.float32]:
    rooms = samples.reshape(-1, round(LENGTH_S * SAMPLE_RATE_HZ))
    return np.asarray(rooms / np.sqrt(np.sum(rooms**2, axis=1, keepdims=True)), np.float32)
