"""Runs programs in the environment that has OVOS."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv/ovos/bin/python"

InOvos = Callable[..., Any]


@pytest.fixture(scope="session")
def in_ovos(tmp_path_factory: pytest.TempPathFactory) -> InOvos:
    """Run a module of tests/ovos inside OVOS with arguments; return the JSON that it wrote."""
    assert PYTHON.exists(), "OVOS is not set up for the tests: run ./scripts/test, which does it"

    def run(module: str, *arguments: object) -> Any:
        folder = tmp_path_factory.mktemp(module)
        out = folder / "out.json"
        # A home of its own: OVOS keeps settings and logs there.
        env = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(folder)}
        done = subprocess.run(
            [PYTHON, "-m", f"tests.ovos.{module}", out, *map(str, arguments)],
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return json.loads(out.read_text(encoding="utf-8"))

    return run
