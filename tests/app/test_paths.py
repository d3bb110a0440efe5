"""Where files live: in a checkout, in a wheel, and in the user's own folders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from voice.app.paths import (
    cache_folder,
    carer_folder,
    config_file,
    models_folder,
    prompts_folder,
    state_folder,
    user_models_folder,
)
from voice.errors import ConfigError

OWN = [
    (cache_folder, "CHARLEY_CACHE", "XDG_CACHE_HOME", ".cache", "charley"),
    (user_models_folder, "CHARLEY_MODELS", "XDG_DATA_HOME", ".local/share", "charley/models"),
    (config_file, "CHARLEY_CONFIG", "XDG_CONFIG_HOME", ".config", "charley/config.toml"),
    (state_folder, "CHARLEY_STATE", "XDG_STATE_HOME", ".local/state", "charley"),
    (carer_folder, "CHARLEY_CARER", "XDG_STATE_HOME", ".local/state", "charley/carer"),
]
Finder = Callable[[Mapping[str, str]], Path]


@pytest.mark.parametrize(("find", "own", "xdg", "fallback", "below"), OWN)
def test_the_users_own_folders(find: Finder, own: str, xdg: str, fallback: str, below: str) -> None:
    home = {"HOME": "/somewhere"}
    assert find(home) == Path("/somewhere") / fallback / below
    assert find(home | {xdg: "/base"}) == Path("/base") / below
    assert find(home | {xdg: "relative"}) == Path("/somewhere") / fallback / below
    assert find(home | {xdg: "/base", own: "/mine"}) == Path("/mine")
    assert find(home | {own: "~/mine"}) == Path("/somewhere/mine")
    assert find(home | {own: "mine"}) == Path.cwd() / "mine"


def test_without_home_the_system_decides() -> None:
    assert cache_folder({}) == Path.home() / ".cache/charley"


def test_in_a_checkout_content_and_models_are_beside_the_package() -> None:
    assert (prompts_folder() / "en").is_dir()
    assert (models_folder() / "charley-en").is_dir()


def test_in_a_wheel_content_is_inside_the_package(tmp_path: Path) -> None:
    package = tmp_path / "voice"
    (package / "_data" / "prompts").mkdir(parents=True)
    (tmp_path / "prompts").mkdir()
    assert prompts_folder(package) == package / "_data" / "prompts"


def test_a_damaged_installation_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'models' is missing"):
        models_folder(tmp_path / "voice")
