"""What ships, read once for all tests."""

from __future__ import annotations

from typing import Final

from voice.app.paths import prompts_folder
from voice.content.loader import load_script
from voice.content.script import Script

SCRIPT: Final[Script] = load_script(prompts_folder() / "en")

WAKES: Final = ("hey charley", "leg cramp")
"""The wake phrases in the settings that ship."""

CALLED: Final[Script] = SCRIPT.with_calls(WAKES)
"""The script as the assistant uses it, with these wake phrases."""
