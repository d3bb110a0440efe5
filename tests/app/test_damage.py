"""Everything that would use a damaged model refuses it: 4 KiB of its weights are flipped."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.app.damage import WEIGHTS, copy_of_built_in, flip
from voice.app.model_store import BUILT_IN
from voice.app.model_sums import faults, fingerprint, has_sums, write_sums
from voice.app.paths import models_folder

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = (
    ("models", "verify"),
    ("models", "list"),
    ("check", "--no-questions"),
    ("run", "--or-rehearse"),
    ("rehearse", "calf"),
    ("config",),
)


@pytest.fixture(scope="module")
def damaged_installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Charley as installed, with its shipped model damaged."""
    folder = tmp_path_factory.mktemp("installed")
    for part in ("voice", "prompts", "models"):
        shutil.copytree(ROOT / part, folder / part)
    flip(folder / "models" / BUILT_IN)
    return folder


def charley(folder: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    own = {
        "CHARLEY_MODELS": str(folder / "own"),
        "CHARLEY_CACHE": str(folder / "cache"),
        "PULSE_SERVER": "unix:/nowhere",
        "PYTHONPATH": str(folder),
    }
    return subprocess.run(
        [sys.executable, "-m", "voice.cli", *words],
        cwd=folder,
        env=os.environ | own | environ,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_damaged_shipped_model_is_refused(
    damaged_installation: Path, words: tuple[str, ...]
) -> None:
    done = charley(damaged_installation, *words)
    assert done.returncode in (1, 2)
    told = done.stdout + done.stderr
    assert f"{damaged_installation / 'models' / BUILT_IN / WEIGHTS} is damaged" in told
    assert f"Restore it (git checkout -- models/{BUILT_IN}), or reinstall Charley." in told
    assert "Traceback" not in told


@pytest.mark.slow
def test_a_copy_can_be_verified_by_its_folder(tmp_path: Path) -> None:
    copied = copy_of_built_in(tmp_path / "copied")
    own = {"CHARLEY_MODELS": str(tmp_path), "CHARLEY_CACHE": str(tmp_path / "cache")}
    whole = charley(ROOT, "models", "verify", str(copied), **own)
    assert (whole.returncode, whole.stderr) == (0, "")
    assert whole.stdout == f"{copied}: intact; 17 of 17 rendered words recognised.\n"
    flip(copied)
    harmed = charley(ROOT, "models", "verify", str(copied), **own)
    assert harmed.returncode == 1
    assert f"{copied / WEIGHTS} is damaged" in harmed.stdout


@pytest.mark.slow
@pytest.mark.parametrize("words", [("models", "verify"), ("rehearse", "calf")], ids=" ".join)
def test_a_model_that_loads_but_is_deaf_is_refused(tmp_path: Path, words: tuple[str, ...]) -> None:
    # Its checksums match the damaged files, as if it was damaged before they were made.
    deaf = flip(copy_of_built_in(tmp_path / "deaf"))
    write_sums(deaf)
    named = (str(deaf),) if words == ("models", "verify") else ()
    environ = {
        "CHARLEY_MODEL_NAME": str(deaf),
        "CHARLEY_CACHE": str(tmp_path / "cache"),
        "CHARLEY_MODELS": str(tmp_path / "own"),
    }
    done = charley(ROOT, *words, *named, **environ)
    assert done.returncode in (1, 2)
    assert "does not recognise speech" in done.stdout + done.stderr
    assert not list((tmp_path / "cache").glob("hearing/*"))


def test_the_shipped_model_matches_its_checksums() -> None:
    folder = models_folder() / BUILT_IN
    assert has_sums(folder)
    assert faults(folder, thorough=True) == []


def test_checking_every_byte_hardly_delays_the_start() -> None:
    folder = models_folder() / BUILT_IN
    took_s = []
    for _ in range(5):
        began_s = time.process_time()
        assert not faults(folder, thorough=True)
        took_s.append(time.process_time() - began_s)
    assert min(took_s) < 0.3


def test_equal_models_share_a_fingerprint_and_others_differ(tmp_path: Path) -> None:
    copied = copy_of_built_in(tmp_path / "copied")
    assert fingerprint(copied) == fingerprint(models_folder() / BUILT_IN)
    (copied / "charley-sums.txt").unlink()
    assert fingerprint(copied) == fingerprint(models_folder() / BUILT_IN)
    (copied / "MODEL_CARD.md").write_text("another card", encoding="utf-8")
    assert fingerprint(copied) == fingerprint(models_folder() / BUILT_IN)
    flip(copied)
    assert fingerprint(copied) != fingerprint(models_folder() / BUILT_IN)
