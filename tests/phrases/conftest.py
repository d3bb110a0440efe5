"""The script that ships, for the tests of what people say."""

from __future__ import annotations

import pytest

from tests.shipped import SCRIPT
from voice.content.script import Script


@pytest.fixture(scope="session")
def script() -> Script:
    """What is said and listened for, as it ships."""
    return SCRIPT
