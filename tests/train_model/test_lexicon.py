"""Pronunciations, phrases and prompts as they are read and joined."""

from pathlib import Path

import pytest

from scripts.evaluation.split import UNHEARD_KEYWORDS
from scripts.train_model.corpus import CorpusError, Recording, read_manifest
from scripts.train_model.lexicon import (
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
from scripts.train_model.prompts import PromptsError, listened_phrases
from scripts.train_model.texts import near_misses
from scripts.train_model.vocabulary import normalised, read_phrases


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


def test_words_in_er_gain_the_sound_without_r() -> None:
    lexicon = with_dropped_r({"water": (("W", "AO", "T", "ER"),), "no": (("N", "OW"),)}, ["water"])
    assert lexicon["water"] == (("W", "AO", "T", "ER"), ("W", "AO", "T", "AH"))
    assert lexicon["no"] == (("N", "OW"),)


def test_the_same_sounds_given_twice_count_once() -> None:
    assert merge({"no": (("N", "OW"),)}, {"no": (("N", "OW"),)}) == {"no": (("N", "OW"),)}


def test_the_extra_pronunciations_are_sound() -> None:
    assert "paracetamol" in read_lexicon(EXTRA_PRONUNCIATIONS)


def test_phrases_are_normalised_and_key_phrases_come_among_all() -> None:
    phrases = read_phrases(others=["It\u2019s GONE!", "Really new phrase"])
    assert set(phrases.key) <= set(phrases.every)
    assert {"yes", "no", "stop", "help"} <= set(phrases.key)
    assert phrases.every.count("it's gone") == 1
    assert phrases.every[-1] == "really new phrase"
    assert normalised("Can't  breathe.") == "can't breathe"


def test_prompts_give_phrases_and_decoys(tmp_path: Path) -> None:
    (tmp_path / "listening.toml").write_text(
        '[phrases.answers]\nyes = ["yes", "oh yes"]\n'
        '[grammars.wake]\ncommands = ["help"]\ndecoys = ["barley"]\n'
    )
    assert listened_phrases(tmp_path) == ("yes", "oh yes", "barley")


def test_missing_prompts_say_so(tmp_path: Path) -> None:
    with pytest.raises(PromptsError):
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


def _recording(kind: str, label: str, speaker: str, file: str = "a/b.flac") -> Recording:
    return Recording(Path(file), file, kind, label, "", speaker, "", 1.0)


def test_one_speaker_is_held_out_whole_or_not_at_all() -> None:
    for number in range(50):
        speaker = f"speaker{number}"
        held = {_recording("commands", word, speaker).held_out for word in ("yes", "no", "go")}
        assert len(held) == 1
    shares = [_recording("commands", "yes", f"speaker{n}").held_out for n in range(1000)]
    assert 0.15 < sum(shares) / len(shares) < 0.25


def test_takes_of_one_noise_stay_together_and_unheard_wake_words_stay_out() -> None:
    takes = {_recording("noise", "rain", "", f"noise/rain/1-77-{t}.flac").held_out for t in "ABC"}
    assert len(takes) == 1
    assert all(_recording("keywords", word, "").held_out for word in UNHEARD_KEYWORDS)


def test_a_bad_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cannot read"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.tsv").write_text("file\tset\nx.flac\tread\n")
    with pytest.raises(CorpusError, match="column"):
        read_manifest(tmp_path)
