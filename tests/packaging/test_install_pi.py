"""Setting Charley up as a service and removing it, on a machine of stand-ins."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.packaging.conftest import Machine

STARTED = [
    "systemctl --user daemon-reload",
    "systemctl --user enable --quiet charley.service",
    "systemctl --user restart charley.service",
]


def test_a_user_service_gets_its_speech_and_is_enabled_and_started(machine: Machine) -> None:
    done = machine.install_pi()
    assert (done.returncode, done.stderr) == (0, "")
    assert "python -m voice.cli prompts render" in machine.called()
    assert "loginctl enable-linger ann" in machine.called()
    assert machine.called("systemctl")[-3:] == STARTED
    assert not machine.called("sudo")
    unit = machine.unit.read_text()
    assert f"ExecStart={machine.venv}/bin/python -m voice.cli run --wait\n" in unit
    assert f"BindPaths={machine.home}/.cache/charley {machine.home}/.local/state/charley" in unit
    assert "WantedBy=default.target" in unit
    assert "@" not in unit.replace("=@system-service", "").replace("~@privileged @resources", "")
    assert "journalctl --user-unit charley" in done.stdout


def test_linger_is_announced_before_it_is_turned_on(machine: Machine) -> None:
    machine.command("loginctl", "[ $1 != enable-linger ] || echo LINGER NOW")
    said = machine.install_pi().stdout
    assert said.index("Turning on linger for ann") < said.index("LINGER NOW")


def test_linger_that_only_root_may_change_is_requested_of_root(machine: Machine) -> None:
    machine.command("loginctl", "[ $1 = show-user ]")
    assert "as root: loginctl enable-linger ann" in machine.install_pi().stdout
    (machine.bin / "sudo").unlink()
    done = machine.install_pi("--uninstall")
    assert done.returncode == 0
    assert "As root, run: loginctl disable-linger ann" in done.stderr
    done = machine.install_pi()
    assert done.returncode == 1
    assert "As root, run: loginctl enable-linger ann" in done.stderr


def test_a_second_install_changes_nothing(machine: Machine) -> None:
    machine.install_pi()
    machine.command("loginctl", "[ $1 != show-user ] || echo yes")
    before = machine.files()
    done = machine.install_pi()
    assert (done.returncode, done.stderr) == (0, "")
    assert machine.files() == before
    assert machine.called("loginctl").count("loginctl enable-linger ann") == 1
    assert machine.called("systemctl")[-3:] == STARTED


@pytest.mark.parametrize("kind", ["--user", "--system"])
@pytest.mark.parametrize("what", [[], ["--uninstall"], ["--uninstall", "--purge"]])
def test_a_dry_run_changes_nothing(machine: Machine, kind: str, what: list[str]) -> None:
    if kind == "--user" and what:
        machine.install_pi()
    before = machine.files()
    machine.calls_file.write_text("")
    done = machine.install_pi(kind, *what, "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    assert "This is a dry run" in done.stdout
    assert machine.files() == before
    changing = ("sudo", "useradd", "userdel", "python", "apt-get")
    assert not machine.called(*changing)
    asked = {"systemctl is-system-running", "systemctl --user show-environment"}
    asked |= {"systemctl --version", "loginctl show-user ann --property=Linger --value"}
    assert set(machine.called("systemctl", "loginctl")) <= asked


def test_a_dry_run_prints_everything_that_would_be_done(machine: Machine) -> None:
    done = machine.install_pi("--system", "--dry-run")
    commands = [line.strip() for line in done.stdout.splitlines() if line.startswith("    ")]
    assert (
        "sudo useradd --system --user-group --no-create-home --home-dir /var/lib/charley"
        " --shell /usr/sbin/nologin charley"
    ) in commands
    assert "| User=charley" in commands
    assert "| WantedBy=multi-user.target" in commands
    assert commands[-3:] == [
        "sudo systemctl daemon-reload",
        "sudo systemctl enable --quiet charley.service",
        "sudo systemctl restart charley.service",
    ]


def test_a_system_service_has_its_own_account(machine: Machine) -> None:
    done = machine.install_pi("--system")
    assert (done.returncode, done.stderr) == (0, "")
    as_root = [line.removeprefix("as root: ") for line in done.stdout.splitlines()]
    for step in ("useradd --system", "install -D -m 644", "systemctl restart charley.service"):
        assert any(line.startswith(step) for line in as_root), step
    assert not machine.unit.exists()


def test_uninstalling_removes_what_was_made_and_keeps_the_settings(machine: Machine) -> None:
    settings = machine.home / ".config/charley/config.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("[general]\nhold_s = 45\n")
    before = machine.files()
    machine.install_pi()
    (machine.home / ".cache/charley/a.clip").write_text("sound")
    done = machine.install_pi("--uninstall")
    assert (done.returncode, done.stderr) == (0, "")
    left = machine.files()
    # Whether the natural voice and the second ear were asked for is recorded in .venv, which stays.
    del left["checkout/.venv/.charley-neural"]
    assert left == before
    assert not (machine.home / ".cache/charley").exists()
    assert "systemctl --user disable --quiet --now charley.service" in machine.called()
    assert "loginctl disable-linger ann" in machine.called()
    assert str(settings.parent) in done.stdout

    machine.install_pi("--uninstall", "--purge")
    assert not settings.exists()
    assert not (machine.home / ".local/state/charley").exists()


def test_linger_that_was_on_before_stays_on(machine: Machine) -> None:
    machine.command("loginctl", "[ $1 != show-user ] || echo yes")
    machine.install_pi()
    machine.install_pi("--uninstall")
    assert not {"loginctl enable-linger ann", "loginctl disable-linger ann"} & set(machine.called())


def test_uninstalling_what_is_not_installed_is_not_an_error(machine: Machine) -> None:
    done = machine.install_pi("--uninstall")
    assert (done.returncode, done.stderr) == (0, "")
    assert "There is no service to remove." in done.stdout


@pytest.mark.parametrize(("version", "steps"), [(252, False), (254, True), (257, True)])
def test_a_newer_systemd_waits_longer_with_each_try(
    machine: Machine, version: int, steps: bool
) -> None:
    machine.systemctl(version=version)
    said = machine.install_pi("--dry-run").stdout
    assert ("RestartSteps=" in said, "RestartMaxDelaySec=" in said) == (steps, steps)


def refused(machine: Machine, *words: str, **environ: str) -> str:
    """The single line that it ends with, having changed nothing."""
    before = machine.files()
    done = machine.install_pi(*words, **environ)
    assert done.returncode == 1
    assert machine.files() == before
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


def test_without_systemd_it_says_so(machine: Machine) -> None:
    (machine.bin / "systemctl").unlink()
    assert "this machine has no systemd" in refused(machine)
    dry = machine.install_pi("--dry-run")
    assert dry.returncode == 1
    assert "would stop here: this machine has no systemd" in dry.stderr
    assert "| WatchdogSec=20" in dry.stdout


def test_it_says_so_if_systemd_did_not_boot_the_machine(machine: Machine) -> None:
    machine.systemctl(booted="offline")
    assert "was not booted with systemd" in refused(machine)


def test_a_user_who_is_not_logged_in_is_told_to_log_in(machine: Machine) -> None:
    machine.systemctl(fails="show-environment")
    assert "Log in as ann itself" in refused(machine)


def test_root_is_told_to_run_it_without_sudo(machine: Machine) -> None:
    machine.command("id", 'case "$1" in -u) echo 0;; *) echo root;; esac')
    assert "without sudo" in refused(machine)
    assert "without sudo" in refused(machine, "--system", SUDO_USER="ann")


def test_a_32_bit_system_is_refused(machine: Machine) -> None:
    machine.command("getconf", "echo 32")
    assert "64-bit Raspberry Pi OS" in refused(machine)


def test_a_kernel_without_user_namespaces_is_refused(machine: Machine) -> None:
    machine.command("unshare", "exit 1")
    assert "Use --system" in refused(machine)
    assert machine.install_pi("--system").returncode == 0


def test_a_folder_that_a_unit_cannot_name_is_refused(machine: Machine) -> None:
    assert "plain letters" in refused(machine, XDG_CACHE_HOME="/somewhere/with a space")


def test_two_services_at_once_are_refused(machine: Machine) -> None:
    machine.install_pi()
    assert "scripts/install_pi --uninstall" in refused(machine, "--system")


def test_a_checkout_that_the_account_cannot_read_is_refused(machine: Machine) -> None:
    (machine.checkout / "docs").chmod(0o700)
    assert "chmod -R o+rX" in refused(machine, "--system")


def test_a_user_without_access_to_the_sound_devices_is_told_the_remedy(machine: Machine) -> None:
    machine.command("id", 'case "$1" in -u) echo 1000;; *) echo ann;; esac')
    done = machine.install_pi()
    assert done.returncode == 0
    assert "sudo usermod -aG audio ann" in done.stderr


def test_a_failed_start_points_at_the_log(machine: Machine) -> None:
    machine.systemctl(fails="restart")
    done = machine.install_pi()
    assert done.returncode == 1
    assert "is not listening yet" in done.stderr
    assert "journalctl --user-unit charley" in done.stderr


@pytest.mark.parametrize("words", [["--purge"], ["--neptune"]])
def test_meaningless_options_are_refused(machine: Machine, words: list[str]) -> None:
    assert words[0] in refused(machine, *words)


# The bridge to a carer -----------------------------------------------------------------------


def with_extras(machine: Machine) -> None:
    """A set-up that already has the bridge's package."""
    stamp = (machine.venv / ".charley-run").read_bytes()
    (machine.venv / ".charley-carer").write_bytes(stamp)


def test_nothing_for_a_carer_is_set_up_unless_requested(machine: Machine) -> None:
    done = machine.install_pi()
    assert not machine.bridge.exists()
    assert "bridge" not in done.stdout


def test_the_bridge_is_a_separate_service_and_says_what_it_sends(machine: Machine) -> None:
    with_extras(machine)
    done = machine.install_pi("--carer")
    assert (done.returncode, done.stderr) == (0, "")
    assert machine.called("systemctl")[-2:] == [
        "systemctl --user enable --quiet charley-bridge.service",
        "systemctl --user restart charley-bridge.service",
    ]
    assert "python -m voice.cli bridge --explain" in machine.called()
    unit = machine.bridge.read_text()
    assert f"ExecStart={machine.venv}/bin/python -m voice.cli bridge\n" in unit
    assert "@" not in unit.replace("=@system-service", "").replace("~@privileged @resources", "")
    assert (machine.home / ".local/state/charley/carer").is_dir()
    # Charley's own service is the same as without it: no network.
    assert "PrivateNetwork=yes" in machine.unit.read_text()


def test_an_update_keeps_the_bridge_and_uninstalling_removes_it(machine: Machine) -> None:
    with_extras(machine)
    machine.install_pi("--carer")
    machine.bridge.write_text("old")
    machine.install_pi()
    assert "ExecStart=" in machine.bridge.read_text()
    machine.install_pi("--uninstall")
    assert not machine.bridge.exists()
    assert "systemctl --user disable --quiet --now charley-bridge.service" in machine.called()


def test_a_bridge_that_fails_to_start_points_at_its_log(machine: Machine) -> None:
    with_extras(machine)
    machine.systemctl(fails="restart?charley-bridge")
    done = machine.install_pi("--carer")
    assert done.returncode == 1
    assert "journalctl --user-unit charley-bridge --follow" in done.stderr


def test_a_system_bridge_runs_under_the_same_account(machine: Machine) -> None:
    done = machine.install_pi("--system", "--carer", "--talk-over", "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    assert "| StateDirectory=charley-carer" in done.stdout
    assert done.stdout.count("| User=charley") == 2


def test_extras_are_combined(machine: Machine) -> None:
    machine.command("dpkg-query", "printf installed")
    (machine.venv / "bin/python").unlink()
    shutil.rmtree(machine.venv)
    for words, extras in (
        ([], ""),
        (["--carer"], "[carer]"),
        (["--carer", "--talk-over"], "[aec,carer]"),
    ):
        done = machine.install_pi("--dry-run", *words).stdout.replace("\\", "")
        assert f"--editable {machine.checkout}{extras}\n" in done
