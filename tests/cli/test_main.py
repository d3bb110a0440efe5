"""The command line: help and errors. Every error is one line, without a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from voice.cli.main import COMMANDS, build_parser, main


def charley(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "voice.cli", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=os.environ | environ,
    )


def assert_one_line(errors: str, *parts: str) -> None:
    assert len(errors.splitlines()) == 1, errors
    assert errors.startswith("charley: ")
    assert "Traceback" not in errors
    for part in parts:
        assert part in errors


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_every_command_adds_its_parser(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        build_parser(name).parse_args([name, "--help"])
    assert caught.value.code == 0
    assert f"usage: charley {name}" in capsys.readouterr().out


def test_help_names_every_command_and_loads_none() -> None:
    code = (
        "import sys\nfrom voice.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'vosk', 'sounddevice', 'msgspec', 'pyttsx3'} & sys.modules.keys()\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for command in COMMANDS:
        assert command.name in done.stdout
        assert command.summary.split()[0] in done.stdout


def test_next_to_nothing_is_imported_before_ctrl_c_is_quiet() -> None:
    code = (
        "import sys, voice.cli.start\n"
        "sys.exit(' '.join({'argparse', 're', 'typing'} & sys.modules.keys()) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],  # without what is installed beside Python
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_output_is_plain_ascii_without_colour() -> None:
    for words in (["--help"], ["run", "--help"], ["config"], ["simulate", "--help"]):
        assert charley(*words).stdout.isascii()
        assert "\x1b" not in charley(*words).stdout


@pytest.mark.parametrize("words", [[], ["walk"], ["run", "--fast"], ["--hello"], ["simulate", "x"]])
def test_wrong_arguments_end_in_one_line(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert_one_line(capsys.readouterr().err, "--help")


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (["chekc"], "there is no command 'chekc'. Did you mean 'check'?"),
        (["modles", "list"], "Did you mean 'models'?"),
        (["help", "rnu"], "Did you mean 'run'?"),
        (["run", "--recrod", "x"], "charley run does not accept '--recrod'. Did you mean"),
        (["models", "verfy"], "charley models does not accept 'verfy'. Did you mean 'verify'?"),
        (["models", "zorp"], "Use one of: list, fetch, verify, examine."),
        (["help", "models", "lst"], "charley models does not accept 'lst'. Did you mean 'list'?"),
        (["hear", "x.wav", "--grammar", "holt"], "for --grammar. Did you mean 'hold'?"),
        (["--verion"], "charley does not accept '--verion'. Did you mean '--version'?"),
        (["-x"], "charley does not accept '-x'. Try: charley --help"),
        (["qwertz"], "there is no command 'qwertz'. Try: charley --help"),
    ],
)
def test_mistyped_words_are_reported_with_advice(
    words: list[str], advice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    told = capsys.readouterr().err
    assert_one_line(told)
    assert advice in told


def test_help_is_a_command_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help"]) == 0
    told = capsys.readouterr().out
    assert "usage: charley [-h]" in told
    assert all(command.summary.split()[0] in told for command in COMMANDS)
    with pytest.raises(SystemExit) as caught:
        main(["help", "devices"])
    assert caught.value.code == 0
    assert "usage: charley devices" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["help", "models", "verify"])
    told = capsys.readouterr().out
    assert "usage: charley models verify" in told
    assert "Check every file of a model" in told


def test_bash_completes_commands_and_options(tmp_path: Path) -> None:
    script = tmp_path / "completion"
    script.write_text(charley("completion", "bash").stdout, encoding="utf-8")
    code = (
        '. "$0"; COMP_WORDS=(charley "$@"); COMP_CWORD=$#; '
        "complete=$(complete -p charley); complete=${complete#*-F }; "
        '"${complete%% *}" charley; echo "${COMPREPLY[*]}"'
    )

    def completed(*words: str) -> str:
        done = subprocess.run(
            ["bash", "-c", code, str(script), *words], capture_output=True, text=True, check=True
        )
        return done.stdout

    assert "check" in completed("che")
    assert "--record" in completed("run", "--rec")
    assert "examine" in completed("models", "ex")


def test_the_manual_page_matches_the_parser() -> None:
    page = pytest.importorskip("scripts.man_page", reason="argparse-manpage is not installed")

    def without_usage(text: str) -> list[str]:
        """Drop the usage lines, which Python versions lay out differently."""
        kept, in_usage = [], False
        for line in text.splitlines():
            in_usage = line.startswith("usage:") or (in_usage and line.startswith(" "))
            if not in_usage:
                kept.append(line)
        return kept

    shown = page.PAGE.read_text(encoding="utf-8")
    assert without_usage(shown) == without_usage(page.man_page()), (
        "Write it again: python -m scripts.man_page"
    )
    for command in COMMANDS:
        assert f"'charley {command.name}'" in shown


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"CHARLEY_GENERAL_LANGUAGE": "xx"}, "There are no prompts in"),
        ({"CHARLEY_GENERAL_WAKE_PHRASES": "zorpy blix"}, "does not know the word 'zorpy'"),
        ({"CHARLEY_GENERAL_WAKE_PHRASES": "yes"}, "'yes' already has a meaning"),
        ({"CHARLEY_GENERAL_WAKE_PHRASES": "Stop"}, "'stop' already has a meaning"),
        ({"CHARLEY_VOICE_NAME": "nobody"}, "no voice 'nobody'"),
        ({"CHARLEY_MODEL_NAME": "zorp"}, "there is no model 'zorp'"),
    ],
)
def test_config_finds_what_would_keep_charley_from_starting(
    environ: dict[str, str],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert main(["config"]) == 1
    out, errors = capsys.readouterr()
    assert out.startswith("# Charley's settings.")
    assert_one_line(errors, told)


def test_config_shows_the_usual_settings_or_all_of_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["config"]) == 0
    usual = capsys.readouterr().out
    assert main(["config", "--all"]) == 0
    whole = capsys.readouterr().out
    assert "[general]" in usual
    assert "clear_margin" not in usual
    assert "charley config --all" in usual
    assert "clear_margin" in whole


def test_config_can_be_read_by_programs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHARLEY_GENERAL_HOLD_S", "41")
    monkeypatch.setenv("CHARLEY_MODEL_NAME", "zorp")
    assert main(["config", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["settings"]["general"]["hold_s"] == 41.0
    assert list(told["settings"]) == ["general", "voice", "audio", "model"]
    assert "'zorp'" in told["problems"][0]
    assert main(["config", "--paths", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["Settings"].endswith(".toml")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.startswith("charley 0.")


def test_an_invalid_setting_is_reported_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHARLEY_GENERAL_HOLD_S", "5")
    assert main(["config"]) == 2
    assert_one_line(capsys.readouterr().err, "general.hold_s", "from 30 to 60")


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (None, ["No such file"]),
        (b"\xff\xfe\xff", ["not UTF-8"]),
    ],
)
def test_an_unreadable_script_is_reported_in_one_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: bytes | None,
    parts: list[str],
) -> None:
    path = tmp_path / "replies.txt"
    if content is not None:
        path.write_bytes(content)
    assert main(["simulate", "--script", str(path)]) == 2
    assert_one_line(capsys.readouterr().err, "replies.txt", *parts)


def test_a_language_without_prompts_is_reported_in_one_line() -> None:
    done = charley("simulate", CHARLEY_GENERAL_LANGUAGE="xx")
    assert done.returncode == 2
    assert_one_line(done.stderr, "xx")


def test_a_reader_that_goes_away_is_not_an_error() -> None:
    done = subprocess.run(
        [
            "bash",
            "-c",
            f"{sys.executable} -m voice.cli config | head -n 1; echo ${{PIPESTATUS[0]}}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("# Charley's settings.")
    assert done.stdout.splitlines()[-1] in ("0", "141")
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])  # the rest is written at exit, or none is left
def test_a_full_disk_is_reported_in_one_line(unbuffered: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "voice.cli", "config"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
        )
    assert done.returncode == 2
    assert_one_line(done.stderr, "No space left on device")


def test_characters_that_a_terminal_cannot_show_are_not_an_error() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "voice.cli", "simulate"],
        input=b"hey charley\n\xff\xfe\n",
        capture_output=True,
        check=False,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"You (during the hold): ??" in done.stdout


def test_config_shows_the_settings_in_force_and_the_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHARLEY_GENERAL_HOLD_S", "41")
    monkeypatch.setenv("CHARLEY_CACHE", str(tmp_path / "c"))
    assert main(["config"]) == 0
    assert "hold_s = 41.0" in capsys.readouterr().out
    assert main(["config", "--paths"]) == 0
    assert f"Rendered speech: {tmp_path / 'c'}" in capsys.readouterr().out
