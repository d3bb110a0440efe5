"""The script that ships, for the tests of what people say."""

from __future__ import annotations

import pytest

from voice.app.paths import prompts_folder
from voice.content.loader import load_script
from voice.content.script import Script


@pytest.fixture(scope="session")
def script() -> Script:
    """What is said and listened for, as it ships."""
    return load_script(prompts_folder() / "en")
