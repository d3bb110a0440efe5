from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from scripts.evaluation.__main__ import main

HEAD = "file\tset\tlabel\ttext\tspeaker\tlicence\tseconds\n"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Two words spoken by espeak-ng, trimmed closely, and a second of noise."""
    lines = [HEAD]
    for word in ("yes", "no"):
        path = tmp_path / f"{word}.wav"
        subprocess.run(["espeak-ng", "-v", "en-us", "-w", str(path), word], check=True)
        lines.append(f"{word}.wav\tmine\t{word}\t{word}\tespeak\tnone\t1\n")
    noise = np.random.default_rng(0).normal(scale=300, size=16_000).astype(np.int16)
    soundfile.write(tmp_path / "hiss.wav", noise, 16_000)
    lines.append("hiss.wav\tnoise\thiss\t\t\tnone\t1\n")
    found = tmp_path / "manifest.tsv"
    found.write_text("".join(lines), encoding="utf-8")
    return found


@pytest.mark.slow
def test_a_small_manifest_is_evaluated_end_to_end(
    manifest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "figures.json"
    arguments = ["--manifest", str(manifest), "--split", "all", "--snr", "20"]
    arguments += ["--no-synthetic", "--json", str(out)]
    plots = tmp_path / "plots"
    if importlib.util.find_spec("matplotlib") is not None:
        arguments += ["--plots", str(plots)]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "Grammar 'seven'" in printed
    assert "Grammar 'answer'" in printed
    found = json.loads(out.read_text(encoding="utf-8"))
    quiet = {row["label"]: row for row in found["grammars"]["seven"]["conditions"]["as recorded"]}
    assert (quiet["yes"]["n"], quiet["no"]["n"], quiet["hiss"]["answers"]) == (1, 1, 0)
    assert set(found["grammars"]["seven"]["conditions"]) == {"as recorded", "20 dB"}
    assert found["cost"]["resident_mb"] > found["cost"]["resident_before_loading_mb"] > 0
    if plots.exists():
        names = {path.name for path in plots.iterdir()}
        assert {"words_seven.png", "sweep_answer.png"} <= names


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--manifest", "nowhere.tsv"], "nowhere.tsv: the manifest cannot be read"),
        (["--manifest", "M", "--json", "no/such/out.json"], "out.json: cannot be written"),
        (["--manifest", "M", "--split", "all", "--noise", "no/such"], "no such folder: no/such"),
        (["--manifest", "M", "--limit", "0"], "no recordings to measure with"),
        (["--manifest", "M", "--split", "all", "--model", "no/such"], "there is no model"),
        (["--manifest", "M", "--split", "all", "--wake", "qzxw"], "does not know the word 'qzxw'"),
    ],
)
def test_an_error_is_reported_in_one_line(
    manifest: Path,
    arguments: list[str],
    complaint: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = [str(manifest) if argument == "M" else argument for argument in arguments]
    assert main(given) == 1
    told = capsys.readouterr().err
    assert told.startswith("evaluate: ")
    assert complaint in told
    assert len(told.splitlines()) == 1


def test_a_missing_pocketsphinx_is_reported_in_one_line(
    manifest: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)
    assert main(["--manifest", str(manifest), "--against", "pocketsphinx"]) == 1
    assert "pip install pocketsphinx" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--snr", "loud"], ["--snr", "900"], ["--limit", "-1"]])
def test_an_impossible_option_is_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["--manifest", "m.tsv", *arguments])
    assert "scripts/evaluate: error" in capsys.readouterr().err
