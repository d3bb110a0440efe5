"""What `charley config` reports beyond what is not allowed: settings that would not work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from voice.app.settings import GeneralSettings, ModelSettings, Settings
from voice.app.settings_check import problems
from voice.speech.settings import SpeechSettings


def told(settings: Settings) -> list[str]:
    return [str(problem) for problem in problems(settings)]


def test_the_defaults_are_without_a_problem() -> None:
    assert told(Settings()) == []


@pytest.mark.parametrize(
    "general", [GeneralSettings(language="xx"), GeneralSettings(wake_phrases=("yes",))]
)
def test_every_problem_is_found_at_once(general: GeneralSettings) -> None:
    settings = Settings(general, SpeechSettings(name="nobody"), model=ModelSettings("zorp"))
    content, model, voice = told(settings)
    assert "There are no prompts in" in content or "'yes' already has a meaning" in content
    assert "there is no model 'zorp'" in model
    assert "no voice 'nobody'" in voice


def test_a_folder_of_recorded_lines_must_be_there(tmp_path: Path) -> None:
    settings = Settings(voice=SpeechSettings(pack=str(tmp_path / "gone")))
    (problem,) = told(settings)
    assert f"voice.pack: there is no folder {tmp_path / 'gone'}" in problem
    assert told(Settings(voice=SpeechSettings(pack=str(tmp_path)))) == []


@pytest.mark.slow
def test_a_voice_of_the_natural_engine_is_looked_for_in_that_engine() -> None:
    pytest.importorskip("hibari", reason="the extra 'natural' is not installed")
    settings = Settings(voice=SpeechSettings(engine="natural", name="heart"))
    assert told(settings) == []
    (problem,) = told(replace(settings, voice=replace(settings.voice, name="nobody")))
    assert "The natural voice 'nobody' is not on this machine" in problem
