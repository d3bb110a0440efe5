"""The shared set-up of the scripts, on a system made of stand-ins for apt-get and the like.

Nothing is really installed here: the stand-ins record how they were called.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = [
    str(path.relative_to(ROOT))
    for folder in ("scripts", ".ci")
    for path in sorted((ROOT / folder).iterdir())
    if path.is_file() and path.read_bytes().startswith(b"#!")
]
BASH = [script for script in SCRIPTS if b"bash" in (ROOT / script).read_bytes().splitlines()[0]]
TOOLS = ("bash", "cat", "cksum", "dirname", "env", "flock", "grep", "mktemp", "rm", "sed", "tail")


class System:
    """A folder of commands that is the whole PATH, and a checkout with nothing but the scripts."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.calls = folder / "calls"
        self.checkout = folder / "checkout"
        self.bin.mkdir()
        self.calls.touch()
        (self.checkout / "scripts").mkdir(parents=True)
        shutil.copy(ROOT / "scripts/setup.sh", self.checkout / "scripts")
        shutil.copy(ROOT / "pyproject.toml", self.checkout)
        for tool in TOOLS:
            found = shutil.which(tool)
            if found is not None:
                (self.bin / tool).symlink_to(found)
        self.command("id", "echo 0")

    def command(self, name: str, body: str) -> None:
        path = self.bin / name
        path.write_text(f'#!/bin/bash\necho "{name} $*" >>"{self.calls}"\n{body}\n')
        path.chmod(0o755)

    def debian(self, *, installs: bool) -> None:
        """A Debian that has no package yet; what apt-get installs is present afterwards."""
        marks = self.bin.parent / "installed"
        marks.mkdir(exist_ok=True)
        self.command("dpkg-query", f'[ -e "{marks}/${{@: -1}}" ] && echo -n installed || exit 1')
        done = f'for p in "$@"; do : >"{marks}/$p" 2>/dev/null; done' if installs else "exit 100"
        self.command("apt-get", f'case "$*" in *update*) exit 0;; esac\n{done}')

    def run(self, what: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", f". scripts/setup.sh; {what}"],
            cwd=self.checkout,
            env={"PATH": str(self.bin), "LC_ALL": "C", "TMPDIR": str(self.bin.parent)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def called(self, name: str) -> list[str]:
        return [c for c in self.calls.read_text().splitlines() if c.startswith(name)]


@pytest.fixture
def system(tmp_path: Path) -> System:
    return System(tmp_path)


def test_the_help_of_run_sets_nothing_up(system: System) -> None:
    system.debian(installs=True)
    shutil.copy(ROOT / "scripts/run", system.checkout / "scripts")
    done = system.run("bash scripts/run --talk-over --help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "--talk-over" in done.stdout
    assert system.calls.read_text() == ""


def test_missing_packages_are_named_before_they_are_installed(system: System) -> None:
    system.debian(installs=True)
    done = system.run("charley_debian libportaudio2 espeak-ng")
    assert done.returncode == 0
    assert done.stdout == ""
    assert done.stderr == (
        "Installing these Debian packages with apt-get: libportaudio2 espeak-ng\n"
    )
    (call,) = system.called("apt-get")
    assert call.endswith("--yes --no-install-recommends libportaudio2 espeak-ng")


def test_a_second_run_does_and_says_nothing(system: System) -> None:
    system.debian(installs=True)
    system.run("charley_debian espeak-ng")
    done = system.run("charley_debian espeak-ng")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len(system.called("apt-get")) == 1


def test_package_lists_are_updated_only_if_the_first_try_fails(system: System) -> None:
    system.debian(installs=False)
    done = system.run("charley_debian espeak-ng")
    assert done.returncode == 1
    assert "apt-get could not install: espeak-ng. Connect to the network" in done.stderr
    verbs = ["update" if " update" in call else "install" for call in system.called("apt-get")]
    assert verbs == ["install", "update", "install"]


def test_a_user_who_is_not_root_is_given_sudo(system: System) -> None:
    system.debian(installs=True)
    system.command("id", "echo 1000")
    system.command("sudo", 'while [ "$1" = -n ]; do shift; done; exec "$@"')
    done = system.run("charley_debian espeak-ng")
    assert done.returncode == 0
    assert "with sudo -n apt-get: espeak-ng" in done.stderr
    assert len(system.called("sudo")) == 1


def test_a_user_without_root_or_sudo_is_told_what_to_run(system: System) -> None:
    system.debian(installs=True)
    system.command("id", "echo 1000")
    done = system.run("charley_debian espeak-ng")
    assert done.returncode == 1
    assert done.stderr == (
        "These Debian packages are missing: espeak-ng. As root, run: apt-get install espeak-ng\n"
    )
    assert not system.called("apt-get")


def test_outside_debian_packages_are_left_alone(system: System) -> None:
    done = system.run("charley_debian espeak-ng")
    assert (done.returncode, done.stderr) == (0, "")


def test_without_a_suitable_python_it_says_which_ones_are(system: System) -> None:
    done = system.run("charley_suitable() { return 1; }; charley_setup run")
    assert done.returncode == 1
    assert "No Python 3.11, 3.12 or 3.13 (64-bit) was found. Install one" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_missing_python_is_installed(system: System) -> None:
    system.debian(installs=True)
    system.run("charley_find_python() { return 1; }; charley_venv")
    (call,) = system.called("apt-get")
    assert call.endswith("python3 python3-venv")


def test_a_package_that_pip_cannot_get_is_reported(system: System) -> None:
    venv = system.checkout / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / ".charley-root").write_text(f"{system.checkout.resolve()}\n")
    system.command("python", 'case "$*" in *pip*) echo "ERROR: no such host"; exit 1;; esac')
    (venv / "bin" / "python").symlink_to(system.bin / "python")
    done = system.run("charley_setup run")
    assert done.returncode == 1
    assert "ERROR: no such host" in done.stderr
    assert "pip could not install Charley's Python packages." in done.stderr
    assert not (venv / ".charley-run").exists()


def test_a_finished_set_up_is_not_repeated(system: System) -> None:
    venv = system.checkout / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / ".charley-root").write_text(f"{system.checkout.resolve()}\n")
    system.command("python", "exit 0")
    (venv / "bin" / "python").symlink_to(system.bin / "python")
    first = system.run("charley_setup test")
    assert first.returncode == 0
    assert "pip install" in system.called("python")[-1]
    for kind in ("test", "run"):
        again = system.run(f"charley_setup {kind}")
        assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert len([call for call in system.called("python") if "pip install" in call]) == 1
    assert system.run("charley_setup train").returncode == 0
    for kind in ("train", "test", "run"):
        assert system.run(f"charley_setup {kind}").stderr == ""
    installs = [call for call in system.called("python") if "pip install" in call]
    assert [call.rpartition("[")[2] for call in installs] == ["dev]", "dev,train]"]


def set_up(system: System) -> Path:
    """A virtual environment in which pip only records what it was asked for."""
    venv = system.checkout / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / ".charley-root").write_text(f"{system.checkout.resolve()}\n")
    system.command("python", "exit 0")
    (venv / "bin" / "python").symlink_to(system.bin / "python")
    return venv


def test_talking_over_is_an_option_of_the_set_up(system: System) -> None:
    set_up(system)
    assert system.run("charley_setup run").returncode == 0
    assert system.run("charley_setup talk_over").returncode == 0
    for kind in ("talk_over", "run"):
        assert system.run(f"charley_setup {kind}").stderr == ""
    installs = [call for call in system.called("python") if "pip install" in call]
    assert [call.endswith("[aec]") for call in installs] == [False, True]


def test_the_tests_get_their_own_ovos_once(system: System) -> None:
    venv = set_up(system)
    packages = system.checkout / "tests/ovos/requirements.txt"
    packages.parent.mkdir(parents=True)
    packages.write_text("ovos-core==1\n")
    (venv / "ovos/bin").mkdir(parents=True)
    (venv / "ovos/bin/python").symlink_to(system.bin / "python")
    for kind in ("run", "test", "test"):
        assert system.run(f"charley_setup {kind}").returncode == 0
    calls = [c for c in system.called("python") if " venv " in c or "[ovos]" in c]
    assert [call.split()[2] for call in calls] == ["venv", "pip"]
    assert calls[1].endswith(f"{system.checkout.resolve()}[ovos] --requirement {packages}")
    packages.write_text("ovos-core==2\n")
    assert "Installing OVOS" in system.run("charley_setup test").stderr


@pytest.mark.parametrize(("machine", "wanted"), [("aarch64", True), ("x86_64", False)])
def test_what_vosk_needs_on_arm_is_installed_there(
    system: System, machine: str, wanted: bool
) -> None:
    system.command("uname", f"echo {machine}")
    done = system.run('echo "${charley_run_packages[*]}"')
    assert ("libatomic1" in done.stdout.split()) is wanted


def test_the_command_is_put_where_the_shell_looks_for_it(system: System) -> None:
    set_up(system)
    for tool in ("ln", "mkdir"):
        (system.bin / tool).symlink_to(shutil.which(tool) or "")
    home = system.bin.parent / "home"
    link = home / ".local" / "bin" / "charley"
    looked = f'HOME="{home}"; PATH="$PATH:{link.parent}"'
    assert system.run(f'HOME="{home}"; charley_setup run').returncode == 0
    link.parent.mkdir(parents=True)
    assert system.run(f'HOME="{home}"; charley_setup run').stderr == "", (
        "it is not looked for there"
    )
    assert not link.is_symlink()
    assert "The command charley is now in" in system.run(f"{looked}; charley_setup run").stderr
    assert link.readlink() == system.checkout.resolve() / ".venv/bin/charley"
    assert system.run(f"{looked}; charley_setup run").stderr == ""


def test_the_neural_parts_are_asked_for_once_and_may_be_missing(system: System) -> None:
    venv = system.checkout / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / ".charley-root").write_text(f"{system.checkout.resolve()}\n")
    system.command("python", 'case "$*" in *"[natural,spotter]"*|*"import hibari"*) exit 1;; esac')
    (venv / "bin" / "python").symlink_to(system.bin / "python")
    first = system.run("charley_setup run")
    assert first.returncode == 0
    (told,) = [line for line in first.stderr.splitlines() if "natural" in line]
    assert "espeak-ng speaks" in told
    (asked,) = [call for call in system.called("python") if "[natural,spotter]" in call]
    assert "--only-binary" in asked
    again = system.run("charley_setup run")
    assert (again.returncode, again.stderr) == (0, "")
    assert len([call for call in system.called("python") if "[natural,spotter]" in call]) == 1


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_are_executable(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)


def test_the_main_scripts_exist() -> None:
    assert {"scripts/run", "scripts/test", "scripts/check", ".ci/run"} <= set(BASH)


@pytest.mark.slow
def test_shellcheck_finds_nothing() -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed")
    done = subprocess.run(
        ["shellcheck", "-x", *BASH, "scripts/setup.sh"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
