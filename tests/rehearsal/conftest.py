"""The real parts for rehearsals: the model that ships, espeak-ng, a cache of the tests' own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing

import pytest

from voice.app.assembly import Parts, assemble
from voice.app.settings import load_settings


@pytest.fixture(scope="session")
def own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing of whoever runs the tests: not their settings, their models, their cache."""
    folder = tmp_path_factory.mktemp("own")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("CHARLEY_")]:
            patch.delenv(name)
        for name in ("CACHE", "DATA", "CONFIG", "STATE"):
            patch.setenv(f"XDG_{name}_HOME", str(folder / name.lower()))
        yield


@pytest.fixture(scope="session")
def parts(own_folders: None) -> Iterator[Parts]:  # noqa: ARG001 - it must be there before
    """Everything but microphone and loudspeaker."""
    with closing(assemble(load_settings())) as made:
        yield made
