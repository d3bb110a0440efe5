"""Settings: where they come from, what is allowed, and how errors are reported."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path
from typing import Annotated, Literal

import pytest
from msgspec import Meta

from voice.app.settings import OPTIONAL, TUNING, Settings, load_settings
from voice.app.settings_text import allowed, as_toml, from_text
from voice.errors import ConfigError


def from_file(tmp_path: Path, text: str | bytes, **environ: str) -> Settings:
    path = tmp_path / "config.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_settings({"CHARLEY_CONFIG": str(path), **environ})


def fault(tmp_path: Path, text: str | bytes, **environ: str) -> str:
    with pytest.raises(ConfigError) as caught:
        from_file(tmp_path, text, **environ)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_without_a_file_the_defaults_apply(tmp_path: Path) -> None:
    assert load_settings({"HOME": str(tmp_path)}) == Settings()


def test_a_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    settings = from_file(tmp_path, '[general]\nhold_s = 45\nwake_phrases = ["wake up"]\n')
    assert settings.general.hold_s == 45.0
    assert settings.general.wake_phrases == ("wake up",)
    assert settings.general.language == Settings().general.language
    assert settings.voice == Settings().voice


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    settings = from_file(
        tmp_path,
        "[general]\nhold_s = 45\n",
        CHARLEY_GENERAL_HOLD_S="60",
        CHARLEY_GENERAL_WAKE_PHRASES="hey charley, help me",
        CHARLEY_VOICE_WORDS_PER_MINUTE="120",
        CHARLEY_AUDIO_INPUT_DEVICE="2",
        CHARLEY_MODEL_NAME="",
    )
    assert settings.general.hold_s == 60.0
    assert settings.general.wake_phrases == ("hey charley", "help me")
    assert settings.voice.words_per_minute == 120
    assert settings.audio.input_device == "2"
    assert settings.model.name is None


def test_a_list_in_the_environment_may_be_toml(tmp_path: Path) -> None:
    settings = from_file(tmp_path, "", CHARLEY_GENERAL_WAKE_PHRASES='["wake up", "cramp"]')
    assert settings.general.wake_phrases == ("wake up", "cramp")


def test_settings_of_one_section_do_not_leak_into_another(tmp_path: Path) -> None:
    settings = from_file(tmp_path, "[voice]\npause_s = 0.5\n[listening]\npause_s = 0.7\n")
    assert (settings.voice.pause_s, settings.listening.pause_s) == (0.5, 0.7)


@pytest.mark.parametrize("value", ["30", "60", "30.0", "45.5"])
def test_a_hold_may_last_from_30_to_60_seconds(tmp_path: Path, value: str) -> None:
    assert from_file(tmp_path, f"[general]\nhold_s = {value}").general.hold_s == float(value)


@pytest.mark.parametrize(
    "value", ["29.999", "61", "-40", "0", "nan", "inf", "-inf", '"30"', "true", "[30]", "{}"]
)
def test_no_other_hold_length_is_allowed(tmp_path: Path, value: str) -> None:
    told = fault(tmp_path, f"[general]\nhold_s = {value}")
    assert "config.toml" in told
    assert "general.hold_s" in told
    assert "Set it to a number from 30 to 60." in told


@pytest.mark.parametrize("value", ["[]", '[""]', '["1 2"]', '["hey-you"]', '"hey"', "[1]"])
def test_wake_phrases_are_plain_words(tmp_path: Path, value: str) -> None:
    told = fault(tmp_path, f"[general]\nwake_phrases = {value}")
    assert "general.wake_phrases" in told
    assert "plain words without digits or symbols" in told


@pytest.mark.parametrize("value", ["Hey Charley", "  hey   CHARLEY "])
def test_capitals_and_extra_spaces_in_a_wake_phrase_are_accepted(
    tmp_path: Path, value: str
) -> None:
    settings = from_file(tmp_path, f'[general]\nwake_phrases = ["{value}"]')
    assert settings.general.wake_phrases == ("hey charley",)
    settings = from_file(tmp_path, "", CHARLEY_GENERAL_WAKE_PHRASES=value)
    assert settings.general.wake_phrases == ("hey charley",)


def test_a_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbf[general]\nhold_s = 45\n"
    assert from_file(tmp_path, text).general.hold_s == 45.0


@pytest.mark.parametrize("value", ["1", '"1"', "0"])
def test_a_device_may_be_a_number(tmp_path: Path, value: str) -> None:
    settings = from_file(tmp_path, f"[audio]\ninput_device = {value}\noutput_device = {value}")
    assert settings.audio.input_device == settings.audio.output_device == value.strip('"')


@pytest.mark.parametrize("value", ['""', '" "'])
def test_an_empty_device_is_the_default_one(tmp_path: Path, value: str) -> None:
    settings = from_file(tmp_path, f"[audio]\ninput_device = {value}\noutput_device = {value}")
    assert settings.audio == Settings().audio


@pytest.mark.parametrize("value", ["1.5", "true", "[1]"])
def test_a_device_may_not_be_a_fraction_a_boolean_or_a_list(tmp_path: Path, value: str) -> None:
    told = fault(tmp_path, f"[audio]\ninput_device = {value}")
    assert "Set it to a number, or text in quotation marks." in told


def test_an_unknown_key_is_reported_with_the_known_ones(tmp_path: Path) -> None:
    told = fault(tmp_path, "[general]\nholds = 30")
    assert "config.toml: unknown setting general.holds" in told
    assert "language, wake_phrases, hold_s" in told


@pytest.mark.parametrize("text", ["[genral]\nhold_s = 30", "general = 3"])
def test_an_unknown_section_is_reported_with_the_known_ones(tmp_path: Path, text: str) -> None:
    told = fault(tmp_path, text)
    assert "config.toml" in told
    assert all(f"[{section.name}]" in told for section in dataclasses.fields(Settings))


def test_an_unknown_variable_of_a_section_is_named(tmp_path: Path) -> None:
    told = fault(tmp_path, "", CHARLEY_GENERAL_HOLD="30")
    assert "the environment variable CHARLEY_GENERAL_HOLD" in told


def test_an_invalid_variable_is_named(tmp_path: Path) -> None:
    told = fault(tmp_path, "[general]\nhold_s = 30", CHARLEY_GENERAL_HOLD_S="long")
    assert "CHARLEY_GENERAL_HOLD_S: general.hold_s = 'long'" in told


def test_variables_that_are_not_settings_are_left_alone(tmp_path: Path) -> None:
    assert from_file(tmp_path, "", CHARLEY_CACHE="/x", CHARLEY_MODELS="/y") == Settings()


def test_two_settings_that_contradict_each_other_are_reported(tmp_path: Path) -> None:
    told = fault(tmp_path, "[listening]\nvoice_on = 0.3\nvoice_off = 0.4")
    assert "[listening]: voice_off must not be above voice_on" in told


@pytest.mark.parametrize(
    ("key", "where"),
    [
        ("hold_s", "[general]."),
        ("pause_s", "[voice] or [listening]."),
        ("zorp", "[general] or [voice] or [audio]"),
    ],
)
def test_a_setting_outside_any_section_is_told_where_it_belongs(
    tmp_path: Path, key: str, where: str
) -> None:
    told = fault(tmp_path, f"{key} = 0.5\n[voice]\n")
    assert f"{key} is outside any section. Put it below the line {where}" in told


@pytest.mark.parametrize("text", [b"\xff\xfe", "[general]\nhold_s = 45\n".encode("utf-16")])
def test_a_file_in_another_encoding_is_to_be_saved_as_utf_8(tmp_path: Path, text: bytes) -> None:
    assert "config.toml: not UTF-8 text. Save it as UTF-8." in fault(tmp_path, text)


@pytest.mark.parametrize("text", ["[general", "hold_s 30", "a = 1\na = 2"])
def test_a_file_that_is_not_toml_is_reported(tmp_path: Path, text: str | bytes) -> None:
    assert "config.toml: not a TOML file" in fault(tmp_path, text)


def test_a_file_that_is_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_settings({"CHARLEY_CONFIG": str(tmp_path / "none.toml")})


def test_a_folder_in_place_of_the_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Make the file readable"):
        load_settings({"CHARLEY_CONFIG": str(tmp_path)})


def test_settings_written_out_are_read_back_the_same(tmp_path: Path) -> None:
    settings = from_file(
        tmp_path,
        '[general]\nhold_s = 42.5\n[audio]\ninput_device = "a \\"b\\" \\u007f \\\\ é"\n',
    )
    assert from_file(tmp_path, as_toml(settings)) == settings
    assert from_file(tmp_path, as_toml(Settings())) == Settings()


def test_only_the_requested_sections_are_written_out() -> None:
    usual = [f.name for f in dataclasses.fields(Settings) if f.name not in (*TUNING, *OPTIONAL)]
    text = as_toml(Settings(), usual)
    assert set(tomllib.loads(text)) == set(usual)
    assert sum(line.startswith("# ") and "Allowed:" in line for line in text.splitlines()) <= 16


def test_every_setting_is_written_out_and_explained() -> None:
    text = as_toml(Settings())
    for section in dataclasses.fields(Settings):
        assert f"[{section.name}]" in text
        for setting in dataclasses.fields(getattr(Settings(), section.name)):
            assert f"\n{setting.name} = " in text or f"\n# {setting.name} is not set" in text
    comments = [line for line in text.splitlines() if "Allowed:" in line]
    unexplained = [line for line in comments if line.startswith("# Allowed")]
    assert not unexplained


@dataclasses.dataclass(frozen=True)
class _Section:
    loud: bool = True


@dataclasses.dataclass(frozen=True)
class _Whole:
    section: _Section = dataclasses.field(default_factory=_Section)


def test_booleans_are_written_as_in_toml() -> None:
    assert as_toml(_Whole()) == "[section]\n# Allowed: true or false.\nloud = true\n"


def test_the_defaults_are_allowed() -> None:
    assert tomllib.loads(as_toml(Settings()))["general"]["wake_phrases"] == [
        "hey charley",
        "leg cramp",
    ]


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (bool, "true or false"),
        (int, "a whole number"),
        (Annotated[int, Meta(gt=0, lt=5)], "a whole number above 0 below 5"),
        (Annotated[float, Meta(ge=-1.5)], "a number from -1.5"),
        (Annotated[float, Meta(le=2)] | None, "a number to 2"),
        (Literal["a", "b"], 'one of "a", "b"'),
        (tuple[int, ...], "a list of 0 to any number of items, each a whole number"),
        (str, "text in quotation marks"),
    ],
)
def test_what_is_allowed_is_described_in_words(hint: object, words: str) -> None:
    assert allowed(hint) == words


@pytest.mark.parametrize(
    ("hint", "text", "value"),
    [
        (str, "5", "5"),
        (str | None, "true", "true"),
        (bool, "true", True),
        (int, "5", 5),
        (float, "5.5", 5.5),
        (int, "five", "five"),
        (int, "1\nb = 2", "1\nb = 2"),
        (tuple[str, ...], "a b, c,", ["a b", "c"]),
        (tuple[int, ...], "[1, 2]", [1, 2]),
    ],
)
def test_values_are_read_from_the_environment(hint: object, text: str, value: object) -> None:
    assert from_text(hint, text) == value
