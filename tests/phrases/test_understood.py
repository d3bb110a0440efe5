"""The table of what people say, as text: what each line means, and whether it is listened for."""

from __future__ import annotations

import pytest

from tests.phrases.table import NOTHING, TABLE, Said, read_table
from tests.shipped import SCRIPT
from voice.content.interpret import understand
from voice.content.script import STEADY, Answer, GrammarKey, QuestionKey, Script, is_no
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


FRAMES = (
    "it's not {}", "it isn't {}", "no it's not {}", "it's not quite {}", "not {}", "no not {}",
    "it doesn't feel {}", "i'm not {}", "no i'm not {}", "i don't feel {}", "my leg is not {}",
    "my chest isn't {}", "my breathing is not {}", "no it isn't really {}",
)  # fmt: skip


@pytest.mark.parametrize("asked", [question.key for question in SCRIPT.questions])
def test_a_person_who_is_not_well_has_not_said_no(script: Script, asked: QuestionKey) -> None:
    grammar = script.grammars[GrammarKey.ANSWER]
    for well in sorted(grammar.well - {"anything", "far"}):
        for frame in FRAMES:
            understood = understand(grammar, frame.format(well), asked)
            assert understood is None or not is_no(understood.meaning), frame.format(well)


STEADY_WORDS = {
    "yes", "yeah", "yep", "yup", "um", "er", "erm", "uh", "well", "huh", "mm", "hmm", "please",
    "thank", "you", "thanks", "of", "course", "sure", "certainly", "definitely", "absolutely", "i",
    "i'm", "am", "feel", "can", "would", "be", "stand", "up", "steady", "enough", "pretty", "quite",
    "very",
}  # fmt: skip


def test_nothing_but_a_plain_yes_says_that_one_is_steady(script: Script) -> None:
    grammar = script.grammars[GrammarKey.ANSWER]
    phrases = [*grammar.phrases, *(phrase for _, own in grammar.asked for phrase in own)]
    for words in {phrase.words for phrase in phrases}:
        understood = understand(grammar, words, STEADY)
        if understood is not None and understood.whole and understood.meaning is Answer.YES:
            assert STEADY_WORDS.issuperset(words.split()), words


def test_a_noun_with_is_or_has_may_be_said_short(script: Script) -> None:
    tried = 0
    for grammar in script.grammars.values():
        for phrase in grammar.phrases:
            noun, verb, rest = _split_at_verb(phrase.words)
            if verb and f"{noun.split()[-1]}'s" not in grammar.pieces:
                short = understand(grammar, f"{noun}'s {rest}".strip())
                whole = understand(grammar, phrase.words)
                assert (short and short.meaning) == (whole and whole.meaning), phrase.words
                tried += 1
    assert tried > 1000


def _split_at_verb(words: str) -> tuple[str, str, str]:
    for verb in ("is", "has"):
        noun, found, rest = words.partition(f" {verb} ")
        if found:
            return noun, verb, rest
    return words, "", ""
