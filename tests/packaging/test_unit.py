"""The services that scripts/install_pi writes, judged by systemd's own tools."""

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
"""The highest score allowed from `systemd-analyze security`, from 0 (nothing to fear) to 10."""

analyzed = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="no systemd-analyze: apt-get install systemd"
)


@pytest.fixture(params=["user", "system"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def unit(machine: Machine, tmp_path: Path, kind: str) -> Path:
    return written(machine, tmp_path / "charley.service", kind)


@pytest.fixture
def bridge(machine: Machine, tmp_path: Path, kind: str) -> Path:
    return written(machine, tmp_path / "charley-bridge.service", kind)


def written(machine: Machine, path: Path, kind: str) -> Path:
    """The unit of that name, as the installer would write it."""
    done = machine.install_pi(f"--{kind}", "--carer", "--dry-run")
    (shown,) = (s for s in done.stdout.split("The service: ") if s.split()[0].endswith(path.name))
    lines = [line.removeprefix("    | ") for line in shown.splitlines() if "    |" in line]
    # The stand-in checkout's Python is not a real one, and systemd checks that it can be run.
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
def test_the_sandbox_is_tight(unit: Path, bridge: Path, tmp_path: Path) -> None:
    for each in (unit, bridge):
        assert_tight(each, tmp_path)


def assert_tight(unit: Path, tmp_path: Path) -> None:
    done = judge(tmp_path, "security", "--offline=true", "--json=short", str(unit))
    # Each line of the report is one part; the parts that count have their share of exposure.
    parts = json.loads(done.stdout)
    assert len(parts) > 50
    last = judge(tmp_path, "security", "--offline=true", str(unit)).stdout.splitlines()[-1]
    assert f"Overall exposure level for {unit.name}" in last
    assert float(last.split(":", 1)[1].split()[0]) <= MOST_EXPOSED
    threshold = f"--threshold={MOST_EXPOSED * 10:.0f}"
    assert judge(tmp_path, "security", "--offline=true", threshold, str(unit)).returncode == 0


@analyzed
def test_systemd_understands_every_line(
    unit: Path, bridge: Path, tmp_path: Path, kind: str
) -> None:
    done = judge(tmp_path, f"--{kind}", "verify", "--man=no", str(unit), str(bridge))
    complaints = [line for line in done.stderr.splitlines() if "charley" in line]
    assert (done.returncode, complaints) == (0, [])


def test_it_starts_at_boot_after_sound_and_always_restarts(unit: Path, kind: str) -> None:
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


def test_there_is_no_network_and_sound_is_the_only_device(unit: Path) -> None:
    unit_settings = settings(unit)
    assert unit_settings["PrivateNetwork"] == ["yes"]
    assert unit_settings["RestrictAddressFamilies"] == ["AF_UNIX"]
    assert unit_settings["DevicePolicy"] == ["closed"]
    assert unit_settings["DeviceAllow"] == ["char-alsa rw"]
    assert "PrivateDevices" not in unit_settings
    assert unit_settings["ProtectSystem"] == ["strict"]
    assert unit_settings["CapabilityBoundingSet"] == [""]


def test_the_bridge_has_a_network_and_nothing_of_charleys_own(bridge: Path, kind: str) -> None:
    unit_settings = settings(bridge)
    assert unit_settings["RestrictAddressFamilies"] == ["AF_UNIX AF_INET AF_INET6"]
    assert "PrivateNetwork" not in unit_settings
    assert unit_settings["PrivateDevices"] == ["yes"]
    assert unit_settings["SocketBindDeny"] == ["any"]
    assert unit_settings["ProtectHome"] == ["tmpfs"]
    assert unit_settings["Restart"] == ["always"]
    if kind == "user":
        (bound,) = unit_settings["BindPaths"]
        assert bound.endswith("/charley/carer")
    else:
        assert unit_settings["StateDirectory"] == ["charley-carer"]
        assert "-/var/lib/charley -/var/cache/charley" in unit_settings["InaccessiblePaths"]


def test_both_services_share_one_folder(unit: Path, bridge: Path) -> None:
    def shared(path: Path) -> set[str]:
        words = " ".join(settings(path)["Environment"]).split()
        return {word for word in words if word.startswith("CHARLEY_CARER=")}

    assert len(shared(unit)) == 1
    assert shared(unit) == shared(bridge)
