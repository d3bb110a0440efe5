"""The wheel: built here, installed in an empty environment elsewhere, and working in any folder."""

from __future__ import annotations

import os
import site
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # By hatchling itself, which the development extra includes: no network, no isolated build.
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("charley-*.whl")
    return built


def test_the_wheel_carries_content_model_and_licence(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("prompts", "models"):
        shipped = {
            f"voice/_data/{path.relative_to(ROOT)}"
            for name in ("en", "charley-en", "charley-spotter")
            for path in (ROOT / folder / name).rglob("*")
            if path.is_file()
        }
        assert shipped <= names
    assert "voice/_data/models/manifest.toml" in names
    assert "voice/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    strangers = {name for name in names if not name.startswith(("voice/", "charley-"))}
    assert not strangers


@pytest.mark.slow
def test_the_wheel_works_in_any_folder(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "venv"
    venv.create(environment, with_pip=False)
    (packages,) = environment.glob("lib/python*/site-packages")
    # Charley's dependencies are borrowed by path, so that nothing need be downloaded. Python
    # reads no .pth files in paths that a .pth file names: the checkout stays out.
    (packages / "borrowed.pth").write_text("\n".join(site.getsitepackages()), encoding="utf-8")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", str(environment / "bin" / "python")),
            *("install", "--quiet", "--no-deps", "--no-index", "--ignore-installed", str(wheel)),
        ],
        check=True,
        env=os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    replies = tmp_path / "night.txt"
    replies.write_text("hey charley\n", encoding="utf-8")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    charley = environment / "bin" / "charley"

    def run(*words: str) -> str:
        done = subprocess.run(
            [charley, *words],
            cwd=elsewhere,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "Charley: Lie on your back" in run("simulate", "--script", str(replies))
    paths = run("config", "--paths")
    assert f"Content: {packages.resolve() / 'voice' / '_data' / 'prompts'}" in paths
    assert str(ROOT) not in paths
    assert not list(elsewhere.iterdir())
