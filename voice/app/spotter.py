"""The second ear: whether it is there, intact, and works on this machine.

ONNX Runtime crashes on some processors, and would take Charley with it. So each version is
first tried in a separate process, and is loaded only if that process survives.
"""

from __future__ import annotations

import logging
import platform
import subprocess
import sys
from pathlib import Path
from typing import Final

from voice.app.model_sums import faults, fingerprint
from voice.app.paths import cache_folder, models_folder
from voice.app.settings import Settings
from voice.engines.keyword_spotter import EmbeddingSpotter, installed_version, spotter_is_installed
from voice.errors import ModelError
from voice.ports import KeywordSpotter

SPOTTER: Final = "charley-spotter"
"""Its folder, among the models that ship."""

_TRIAL_LIMIT_S: Final = 60.0
_TRIAL: Final = """
import sys
from pathlib import Path
import numpy as np
from voice.engines.keyword_spotter import EmbeddingSpotter
noise = np.random.default_rng(1).normal(scale=300.0, size=16000)
EmbeddingSpotter(Path(sys.argv[1])).spot(noise.astype(np.int16))
"""

_LOG: Final = logging.getLogger(__name__)


def open_spotter(settings: Settings) -> KeywordSpotter | None:
    """The second ear; None if it is turned off, not installed, damaged, or does not run here."""
    if not settings.listening.second_ear or not spotter_is_installed():
        return None
    folder = models_folder() / SPOTTER
    try:
        require_spotter(folder)
        _require_trial(folder)
        return EmbeddingSpotter(folder)
    except ModelError as error:
        # The recogniser hears by itself, if not quite as well: no reason to fail at night.
        _LOG.warning("the second ear is not used: %s", error)
        return None


def require_spotter(folder: Path) -> None:
    """Verify every file of the second ear. Raises ModelError if one is damaged."""
    found = faults(folder, thorough=True)
    if found:
        raise ModelError(
            "; ".join(found),
            remedy=f"Restore it (git checkout -- models/{folder.name}), or reinstall Charley.",
        )


def _require_trial(folder: Path) -> None:
    """Try it in a separate process, unless it has survived that on this machine before.

    Raises ModelError.
    """
    name = f"{fingerprint(folder)[:16]}-{installed_version()}-{platform.machine()}"
    survived_before = cache_folder() / "spotter" / name
    if survived_before.exists():
        return
    try:
        ran = subprocess.run(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-P", "-c", _TRIAL, str(folder)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TRIAL_LIMIT_S,
            check=False,
        )
        status = ran.returncode
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _not_here(str(error)) from error
    if status:
        raise _not_here(f"it ended with status {status}")
    try:
        survived_before.parent.mkdir(parents=True, exist_ok=True)
        survived_before.touch()
    except OSError as error:
        _LOG.info("the result of the second ear's trial could not be saved: %s", error)


def _not_here(why: str) -> ModelError:
    return ModelError(
        f"ONNX Runtime does not run on this machine: {why}",
        remedy="Turn the second ear off: listening.second_ear = false.",
    )
