"""A machine of stand-ins: commands that only record how they were called."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = (
    *("bash", "basename", "cat", "cksum", "dirname", "env", "find", "flock", "grep", "install"),
    *("mkdir", "mktemp", "readlink", "rm", "sed", "tail"),
)


class Machine:
    """A folder of commands that is the whole PATH, a home, and a copy of the scripts."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.calls_file = folder / "calls"
        self.checkout = folder / "checkout"
        self.home = folder / "at-home"
        self.unit = self.home / ".config/systemd/user/charley.service"
        self.bridge = self.unit.with_name("charley-bridge.service")
        self.bin.mkdir()
        self.calls_file.touch()
        self.home.mkdir()
        (self.checkout / "docs").mkdir(parents=True)
        # Leave out what Python has compiled: it is not text, and not part of a checkout.
        compiled = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "scripts", self.checkout / "scripts", ignore=compiled)
        shutil.copy(ROOT / "pyproject.toml", self.checkout)
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found is not None, tool
            (self.bin / tool).symlink_to(found)
        self._a_pi_that_is_ready()

    def _a_pi_that_is_ready(self) -> None:
        self.command("id", 'case "$1" in -u) echo 1000;; -un) echo ann;; *) echo ann audio;; esac')
        self.command("sudo", 'while [ "$1" = -n ]; do shift; done; echo "as root: $*"')
        self.command("getconf", "echo 64")
        self.command("getent", '[ "$1" = group ]')
        self.command("loginctl", "[ $1 != show-user ] || echo no")
        self.systemctl(version=252)
        # A virtual environment that set-up takes for its own and for up to date.
        self.venv = self.checkout / ".venv"
        (self.venv / "bin").mkdir(parents=True)
        (self.venv / ".charley-root").write_text(f"{self.checkout}\n")
        self.command("python", "", self.venv / "bin")
        stamp = subprocess.run(
            ["cksum"],
            input=(ROOT / "pyproject.toml").read_bytes(),
            capture_output=True,
            check=True,
        )
        (self.venv / ".charley-run").write_bytes(stamp.stdout)
        # Whatever this machine's umask, everybody may read the checkout.
        for path in (self.checkout, *self.checkout.rglob("*")):
            path.chmod(path.stat().st_mode | (0o755 if path.is_dir() else 0o644))

    def systemctl(
        self, *, version: int = 252, booted: str = "running", fails: str = "nothing"
    ) -> None:
        """Pretend to be a systemd of that version, whose verb ``fails`` fails."""
        self.command(
            "systemctl",
            f'case "$*" in --version) echo "systemd {version} ({version}.1)";;'
            f" is-system-running) echo {booted};; *{fails}*) exit 1;; esac",
        )

    def command(self, name: str, body: str, folder: Path | None = None) -> None:
        path = (folder or self.bin) / name
        path.write_text(f'#!/bin/bash\necho "{name} $*" >>"{self.calls_file}"\n{body}\n')
        path.chmod(0o755)

    def install_pi(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "scripts/install_pi", *words],
            cwd=self.checkout,
            env={
                "PATH": str(self.bin),
                "LC_ALL": "C",
                "HOME": str(self.home),
                "TMPDIR": str(self.bin.parent),
            }
            | environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def called(self, *names: str) -> list[str]:
        calls = self.calls_file.read_text().splitlines()
        return [c for c in calls if not names or c.split()[0] in names]

    def files(self) -> dict[str, str]:
        """All files and their contents, except the record of calls."""
        return {
            os.fspath(path.relative_to(self.bin.parent)): path.read_text()
            for top in (self.home, self.checkout)
            for path in sorted(top.rglob("*"))
            if path.is_file()
        }


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)
