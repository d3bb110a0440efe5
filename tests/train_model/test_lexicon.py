"""Pronunciations, phrases and prompts as they are read and joined."""

from pathlib import Path

import pytest

from scripts.train_model.lang.lexicon import (
    EXTRA_PRONUNCIATIONS,
    Lexicon,
    LexiconError,
    merge,
    parse_pronunciation,
    read_dictionary,
    read_lexicon,
    with_dropped_r,
    write_lexicon,
)
from scripts.train_model.lang.prompts import listened_phrases
from scripts.train_model.lang.texts import near_misses
from scripts.train_model.lang.vocabulary import normalised, read_phrases
from voice.errors import ContentError

PROMPTS = Path(__file__).parents[2] / "prompts" / "en"


def test_stress_is_dropped_and_case_does_not_matter() -> None:
    assert parse_pronunciation("m ey1 b ah0 l") == ("M", "EY", "B", "AH", "L")


@pytest.mark.parametrize("bad", ["", "M EY Q", "mabel"])
def test_unknown_sounds_are_refused(bad: str) -> None:
    with pytest.raises(LexiconError):
        parse_pronunciation(bad)


def test_a_lexicon_survives_writing_and_reading(tmp_path: Path) -> None:
    lexicon: Lexicon = {"no": (("N", "OW"),), "yeah": (("Y", "AE"), ("Y", "EH"))}
    write_lexicon(tmp_path / "lexicon.txt", lexicon)
    assert read_lexicon(tmp_path / "lexicon.txt") == lexicon


def test_a_missing_lexicon_says_so(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match="cannot read"):
        read_lexicon(tmp_path / "none.txt")


def test_numbered_alternatives_of_a_dictionary_belong_to_one_word(tmp_path: Path) -> None:
    path = tmp_path / "dict"
    path.write_text("the DH AH\nthe(2) DH IY\n'bout B AW T\n")
    assert read_dictionary(path) == {"the": (("DH", "AH"), ("DH", "IY"))}


def test_words_ending_in_er_gain_a_form_without_r() -> None:
    lexicon = with_dropped_r({"water": (("W", "AO", "T", "ER"),), "no": (("N", "OW"),)}, ["water"])
    assert lexicon["water"] == (("W", "AO", "T", "ER"), ("W", "AO", "T", "AH"))
    assert lexicon["no"] == (("N", "OW"),)


def test_a_pronunciation_given_twice_counts_once() -> None:
    assert merge({"no": (("N", "OW"),)}, {"no": (("N", "OW"),)}) == {"no": (("N", "OW"),)}


def test_the_extra_pronunciations_are_valid() -> None:
    assert "paracetamol" in read_lexicon(EXTRA_PRONUNCIATIONS)


def test_phrases_are_normalised_and_include_the_key_phrases() -> None:
    phrases = read_phrases(others=["It\u2019s GONE!", "Really new phrase"])
    assert set(phrases.key) <= set(phrases.every)
    assert {"yes", "no", "stop", "help"} <= set(phrases.key)
    assert phrases.every.count("it's gone") == 1
    assert phrases.every[-1] == "really new phrase"
    assert normalised("Can't  breathe.") == "can't breathe"


def test_prompts_give_phrases_and_decoys() -> None:
    found = listened_phrases(PROMPTS)
    assert {"yes", "it's gone", "chest pain", "barley"} <= set(found)
    assert len(set(found)) == len(found)


def test_missing_prompts_say_so(tmp_path: Path) -> None:
    with pytest.raises(ContentError):
        listened_phrases(tmp_path)


def test_near_misses_are_one_sound_away() -> None:
    lexicon: Lexicon = {
        "no": (("N", "OW"),),
        "go": (("G", "OW"),),
        "note": (("N", "OW", "T"),),
        "oh": (("OW",),),
        "snow": (("S", "N", "OW"),),
        "know": (("N", "OW"),),
        "goat": (("G", "OW", "T"),),
    }
    assert near_misses(["no"], lexicon, list(lexicon)) == ("go", "note", "oh", "snow")
