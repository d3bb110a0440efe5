"""``charley models`` without a network: list, verify, and a fetch that is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from voice.app.model_store import BUILT_IN, OFFICIAL
from voice.app.model_sums import write_sums
from voice.cli.main import main


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CHARLEY_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def damaged(own: Path) -> None:
    """The official model's folder, with only one file left in it."""
    folder = own / OFFICIAL
    folder.mkdir(parents=True)
    (folder / "README").write_text("hello", encoding="utf-8")
    write_sums(folder)


def test_the_models_are_listed(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list"]) == 0
    out = capsys.readouterr().out
    assert f"{BUILT_IN}: ships with Charley, used.\n" in out
    assert "It is the only one installed.\n" in out
    assert f"{OFFICIAL}: not fetched.\n" in out
    assert "41 MB" in out
    assert str(own) in out
    assert not own.exists()


def test_the_models_are_listed_for_programs(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [model["name"] for model in told["models"]] == [BUILT_IN, OFFICIAL]
    assert [model["used"] for model in told["models"]] == [True, False]
    assert told["models"][0]["faults"] == []
    assert told["folder"] == str(own)


def test_a_damaged_model_is_listed_as_damaged(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged(own)
    (own / OFFICIAL / "README").unlink()
    assert main(["models", "list"]) == 0
    assert f"{OFFICIAL}: damaged, fetch it again.\n" in capsys.readouterr().out


@pytest.mark.slow
def test_the_shipped_model_is_intact(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "verify"]) == 0
    assert f"{BUILT_IN}: intact; 17 of 17 rendered words recognised.\n" in capsys.readouterr().out


def test_a_model_that_does_not_load_fails_verification(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged(own)
    assert main(["models", "verify", OFFICIAL]) == 1
    out = capsys.readouterr().out
    assert out.startswith(f"{OFFICIAL}: ")
    assert "final.mdl is missing" in out


def test_a_requested_model_that_is_missing_fails_verification(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["models", "verify", OFFICIAL]) == 1
    assert "not fetched" in capsys.readouterr().out


@pytest.mark.parametrize("action", ["fetch", "verify"])
def test_an_unknown_model_is_an_error(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", action, "zorp"]) == 2
    assert "'zorp'" in capsys.readouterr().err


def test_the_shipped_model_is_not_fetched(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "fetch", BUILT_IN]) == 2
    assert "ships with Charley" in capsys.readouterr().err
