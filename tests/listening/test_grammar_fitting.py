"""Scripts fitted to models that know more or fewer words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from voice.content.script import Grammar, GrammarKey, Script
from voice.errors import ModelError
from voice.listening.grammar_fitting import (
    WAKE_ORIGIN,
    fit_grammar,
    fit_script,
    fit_typed,
    fit_wake,
)


def every_word(script: Script) -> set[str]:
    spoken = {word for grammar in script.grammars.values() for word in grammar.words}
    return spoken | {"hey", "charley", "leg", "cramp"}


def knowing(script: Script, *, without: set[str], with_: set[str]) -> Callable[[str], bool]:
    known = (every_word(script) - without) | with_
    return known.__contains__


def answer(script: Script) -> Grammar:
    return script.grammars[GrammarKey.ANSWER]


def test_a_model_that_knows_every_word_gets_the_phrases_as_written(script: Script) -> None:
    fitted = fit_grammar(answer(script), script, every_word(script).__contains__)
    grammar = answer(script)
    phrases = [*(p.words for p in grammar.listened), *grammar.fillers, *grammar.decoys]
    assert list(fitted.phrases) == list(dict.fromkeys(phrases))
    assert fitted.as_written(["not", "sure"]) == "not sure"


def test_a_missing_word_takes_the_first_spelling_that_is_known(script: Script) -> None:
    script = replace(script, spellings={"baclofen": ("back low pen", "back low fen")})
    knows = knowing(script, without={"baclofen"}, with_={"back", "low", "fen"})
    fitted = fit_grammar(answer(script), script, knows)
    assert "what about back low fen" in fitted.phrases
    assert "baclofen" not in " ".join(fitted.phrases)
    assert fitted.as_written(["what", "about", "back", "low", "fen"]) == "what about baclofen"
    assert fitted.as_written(["[unk]", "back", "low", "fen"]) == "[unk] baclofen"


def test_a_word_without_a_known_spelling_prevents_startup(script: Script) -> None:
    script = replace(
        script,
        spellings={"quinine": ("kwai nine",)},
        origin={"quinine": "topics.toml: phrases.topics.quinine"},
    )
    with pytest.raises(ModelError) as caught:
        fit_script(script, (), knowing(script, without={"quinine"}, with_=set()))
    assert str(caught.value).startswith("topics.toml: phrases.topics.quinine: ")
    assert "'quinine'" in str(caught.value)
    assert "'kwai nine'" in str(caught.value)
    assert "[spellings]" in str(caught.value)


def test_a_wake_phrase_with_an_unknown_word_names_the_configuration(script: Script) -> None:
    with pytest.raises(ModelError) as caught:
        fit_script(script, ("hey zorp",), every_word(script).__contains__)
    assert str(caught.value).startswith(WAKE_ORIGIN)
    assert "'zorp'" in str(caught.value)


def test_a_typed_phrase_with_an_unknown_word_names_no_file(script: Script) -> None:
    knows = every_word(script).__contains__
    grammar = Grammar(GrammarKey.ANSWER, ())
    typed = fit_wake(grammar, script, ("hey charley",), knows, typed=True)
    assert typed.phrases == ("hey charley",)
    with pytest.raises(ModelError, match="'zorp'"):
        fit_wake(grammar, script, ("zorp",), knows, typed=True)
    assert fit_typed(answer(script), script, knows).grammar is answer(script)


def test_a_decoy_with_an_unknown_word_is_left_out(script: Script) -> None:
    grammar = replace(answer(script), decoys=("zorp", "hey zorp", "leg"))
    fitted = fit_grammar(grammar, script, every_word(script).__contains__)
    assert "leg" in fitted.phrases
    assert "zorp" not in " ".join(fitted.phrases)


def test_each_wake_phrase_is_listened_for_with_each_request_after_it(script: Script) -> None:
    script = replace(script, spellings={"charley": ("charlie",)})
    knows = knowing(script, without={"charley"}, with_={"charlie"})
    fitted = fit_script(script, ("hey charley", "leg cramp"), knows)[GrammarKey.WAKE]
    # One phrase for each first word tells a recogniser what may follow the call.
    assert {"hey charlie", "leg cramp"} <= set(fitted.phrases)
    for call in ("hey charlie", "leg cramp"):
        after = [p.removeprefix(f"{call} ") for p in fitted.phrases if p.startswith(f"{call} ")]
        first = {words.split()[0] for words in after}
        assert {p.words.split()[0] for p in fitted.grammar.listened} - {"charley"} <= first
    assert fitted.as_written(["hey", "charlie", "my", "foot"]) == "hey charley my foot"
    assert fitted.as_written(["hey", "charlie", "[unk]"]) == "hey charley [unk]"


def test_every_grammar_of_a_script_is_fitted(script: Script) -> None:
    fitted = fit_script(script, ("leg cramp",), every_word(script).__contains__)
    assert set(fitted.grammars) == set(GrammarKey)
    assert fitted.wake_phrases == ("leg cramp",)
