"""The table of what people say, as text: what each line means, and whether it is listened for."""

from __future__ import annotations

import pytest

from tests.phrases.table import NOTHING, TABLE, Said, read_table
from tests.shipped import SCRIPT
from voice.content.interpret import understand
from voice.content.script import Script
from voice.dialogue.in_text import plain
from voice.listening.offline import name_of

SENTENCES = TABLE.with_name("sentences.txt")


@pytest.fixture(scope="module")
def script() -> Script:
    return SCRIPT


@pytest.mark.parametrize("said", read_table(), ids=str)
def test_each_line_means_what_the_table_says(script: Script, said: Said) -> None:
    understood = understand(script.grammars[said.grammar], said.words, said.asked)
    if said.meanings == (NOTHING,):
        assert understood is None or not understood.whole
    else:
        assert understood is not None
        assert name_of(understood.meaning) in said.meanings


@pytest.mark.parametrize("said", read_table(SENTENCES), ids=str)
def test_no_sentence_is_taken_for_something_else(script: Script, said: Said) -> None:
    understood = understand(script.grammars[said.grammar], plain(said.words), said.asked)
    if understood is None:
        assert NOTHING in said.meanings
    else:
        doubt = "" if understood.whole else "~"
        assert doubt + name_of(understood.meaning) in said.meanings


def test_no_line_appears_twice() -> None:
    lines = [(s.grammar, s.asked, s.words) for s in read_table()]
    assert len(set(lines)) == len(lines)
