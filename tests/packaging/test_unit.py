"""The service itself, as scripts/install_pi writes it, before systemd's own judges."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.packaging.conftest import Machine

MOST_EXPOSED = 2.0
"""What `systemd-analyze security` may give it, from 0 (nothing to fear) to 10."""

analyzed = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="no systemd-analyze: apt-get install systemd"
)


@pytest.fixture(params=["user", "system"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def unit(machine: Machine, tmp_path: Path, kind: str) -> Path:
    done = machine.install_pi(f"--{kind}", "--dry-run")
    lines = [line.removeprefix("    | ") for line in done.stdout.splitlines() if "    |" in line]
    path = tmp_path / "charley.service"
    # The Python of the stand-in checkout is none: systemd looks whether it can be run.
    text = "\n".join(lines).replace(f"{machine.venv}/bin/python", sys.executable)
    path.write_text(text + "\n")
    return path


def judge(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *words],
        env=dict(os.environ) | {"XDG_RUNTIME_DIR": str(tmp_path), "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def settings(unit: Path) -> dict[str, list[str]]:
    """Every setting of the unit, with all its values."""
    found: dict[str, list[str]] = {}
    for line in unit.read_text().splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


@analyzed
def test_the_sandbox_is_tight(unit: Path, tmp_path: Path) -> None:
    done = judge(tmp_path, "security", "--offline=true", "--json=short", str(unit))
    # Each line of the report is one part; the parts that count have their share of exposure.
    parts = json.loads(done.stdout)
    assert len(parts) > 50
    last = judge(tmp_path, "security", "--offline=true", str(unit)).stdout.splitlines()[-1]
    assert "Overall exposure level for charley.service" in last
    assert float(last.split(":", 1)[1].split()[0]) <= MOST_EXPOSED
    threshold = f"--threshold={MOST_EXPOSED * 10:.0f}"
    assert judge(tmp_path, "security", "--offline=true", threshold, str(unit)).returncode == 0


@analyzed
def test_systemd_understands_every_line(unit: Path, tmp_path: Path, kind: str) -> None:
    done = judge(tmp_path, f"--{kind}", "verify", "--man=no", str(unit))
    complaints = [line for line in done.stderr.splitlines() if "charley" in line]
    assert (done.returncode, complaints) == (0, [])


def test_it_starts_at_boot_after_sound_and_for_ever_again(unit: Path, kind: str) -> None:
    unit_settings = settings(unit)
    assert "sound.target" in unit_settings["After"]
    if kind == "user":
        assert "pipewire.service" in " ".join(unit_settings["After"])
    assert unit_settings["Restart"] == ["always"]
    assert unit_settings["StartLimitIntervalSec"] == ["0"]
    assert unit_settings["Type"] == ["notify"]
    assert unit_settings["WatchdogSec"] == ["20"]
    target = {"user": "default.target", "system": "multi-user.target"}[kind]
    assert unit_settings["WantedBy"] == [target]


def test_there_is_no_way_out_and_sound_is_the_only_device(unit: Path) -> None:
    unit_settings = settings(unit)
    assert unit_settings["PrivateNetwork"] == ["yes"]
    assert unit_settings["RestrictAddressFamilies"] == ["AF_UNIX"]
    assert unit_settings["DevicePolicy"] == ["closed"]
    assert unit_settings["DeviceAllow"] == ["char-alsa rw"]
    assert "PrivateDevices" not in unit_settings
    assert unit_settings["ProtectSystem"] == ["strict"]
    assert unit_settings["CapabilityBoundingSet"] == [""]
