"""All of Charley but its devices: the model that ships, espeak-ng, folders of the tests' own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing

import pytest

from voice.app.assembly import Parts, assemble
from voice.app.settings import load_settings


@pytest.fixture(scope="session")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """Everything but microphone and loudspeaker, with nothing of whoever runs the tests."""
    folder = tmp_path_factory.mktemp("own")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("CHARLEY_")]:
            patch.delenv(name)
        for name in ("CACHE", "DATA", "CONFIG", "STATE"):
            patch.setenv(f"XDG_{name}_HOME", str(folder / name.lower()))
        made = assemble(load_settings())
    with closing(made):
        yield made
