"""Every golden conversation in OVOS: the same lines as typed, in the same order and seconds.

Everything compared goes through OVOS's own intent parser, converse and stop services. Two of the
conversations are left out: an assistant has one voice and one rate, and Charley says so there;
and a call for help that names nobody is for all of an assistant's skills.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.ovos.conftest import ROOT, InOvos
from tests.ovos.written import read_conversation

LEFT_OUT = {"another_voice_and_rate", "help_out_of_the_blue"}
CONVERSATIONS = sorted(
    path for path in (ROOT / "tests/conversations").glob("*.txt") if path.stem not in LEFT_OUT
)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("golden in OVOS")]


@pytest.fixture(scope="module")
def said(in_ovos: InOvos) -> Any:
    return in_ovos("replay", *CONVERSATIONS)


@pytest.mark.parametrize("path", CONVERSATIONS, ids=lambda path: path.stem)
def test_a_conversation_in_ovos_matches_the_typed_one(path: Path, said: Any) -> None:
    came_out = [(text, None if at_s is None else round(at_s)) for text, at_s in said[path.stem]]
    assert came_out == list(read_conversation(path).said)
