"""Families of phrases become grammars; each fault in them is reported with its place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from voice.app.paths import prompts_folder
from voice.content.interpret import understand
from voice.content.loader import load_script
from voice.content.script import Answer, Command, GrammarKey, Script, is_sign
from voice.errors import ContentError

ENGLISH = prompts_folder() / "en"


@pytest.fixture(scope="module")
def script() -> Script:
    return load_script(ENGLISH)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the English prompts for a test to break."""
    for path in ENGLISH.glob("*.toml"):
        shutil.copy(path, tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "answer", "relief"),
    [
        ("a little", Answer.YES, Command.NOT_GONE),
        ("both", Answer.YES, Command.BOTH_LEGS),
        ("the left one", Answer.YES, Command.LEFT_LEG),
    ],
)
def test_a_grammar_may_give_words_its_own_meaning(
    script: Script, words: str, answer: Answer, relief: Command
) -> None:
    for key, meaning in ((GrammarKey.ANSWER, answer), (GrammarKey.RELIEF, relief)):
        understood = understand(script.grammars[key], words)
        assert understood is not None
        assert (understood.meaning, understood.whole) == (meaning, True)


def test_while_awake_signs_and_their_denials_are_listened_for_together(script: Script) -> None:
    for grammar in script.grammars.values():
        for words, sign in (("my chest hurts", True), ("no chest pain", False)):
            understood = understand(grammar, words)
            assert understood is not None
            if grammar.key is GrammarKey.WAKE and not sign:
                # Asleep, nothing was asked, so nothing can be denied: it must be confirmed.
                assert not understood.whole
            else:
                assert is_sign(understood.meaning) is sign


def test_no_single_short_word_is_a_danger_sign(script: Script) -> None:
    # "say", "take" and "wait" are heard as "faint", and danger is believed on little evidence.
    for grammar in script.grammars.values():
        words = [p.words for p in grammar.listened if is_sign(p.meaning)]
        assert not [w for w in words if " " not in w and len(w) < len("ambulance")]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"what about ice"', '"what about (ice"', r"phrases\.topics\.ice: .*'\(' is not closed"),
        (
            "i need my <relative>",
            "i need my <relation>",
            r"call_somebody: .*there is no part <relation>",
        ),
        ("[phrases.statements.cord]", "[phrases.statements.chord]", "there is no question 'chord'"),
        ('"top", "cause"', '"top", "[cause]"', r"grammars\.hold\.decoys: .*may be left out"),
        ("[phrases.statements.fell]\nyes", "[phrases.statements.fell]\nyess", r"listening\.toml: "),
    ],
)
def test_a_fault_is_reported_with_its_place(folder: Path, old: str, new: str, problem: str) -> None:
    path = folder / "listening.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContentError, match=problem) as told:
        load_script(folder)
    assert "\n" not in str(told.value).strip()
