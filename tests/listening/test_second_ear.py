"""The joint rule of the two ears, over every verdict and every mixture of keywords."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import pytest

from tests.shipped import CALLED, SCRIPT
from voice.content.script import Answer, Command, Grammar, GrammarKey, Meaning
from voice.listening.acceptance import judge
from voice.listening.decision import Decision, Refusal, Verdict
from voice.listening.hypotheses import Candidate, Evidence
from voice.listening.second_ear import (
    is_wanted,
    is_wanted_asleep,
    reconsider_call,
    reconsider_reply,
)
from voice.listening.settings import AcceptanceSettings
from voice.listening.wake_acceptance import judge_wake

SETTINGS = AcceptanceSettings()
ANSWER = SCRIPT.grammars[GrammarKey.ANSWER]
HOLD = SCRIPT.grammars[GrammarKey.HOLD]
WAKE = SCRIPT.grammars[GrammarKey.WAKE]
CALLS = ("hey charley", "leg cramp")
WORDS = ("yes", "no", "stop")
HEARD, UNHEARD = 3.0, -1.0


def evidence(
    *words: str, spotted: Mapping[str, float] | None = None, sound_s: float = 0.8
) -> Evidence:
    n_best = tuple(Candidate(text, -float(place)) for place, text in enumerate(words))
    return Evidence(n_best, sound_s, 0.8 * sound_s, spotted=spotted)


def spotted(*heard: str) -> Mapping[str, float]:
    return {word: HEARD if word in heard else UNHEARD for word in (*WORDS, *CALLS)}


@pytest.mark.parametrize("grammar", [ANSWER, HOLD], ids=lambda g: g.key.value)
@pytest.mark.parametrize("verdict", Verdict)
def test_it_never_makes_anything_certain(grammar: Grammar, verdict: Verdict) -> None:
    meanings: list[Meaning | None] = [None, Answer.YES, Answer.NO, Command.STOP]
    mixtures = [dict(zip(WORDS, odds, strict=True)) for odds in product((-9.0, 0.9, 9.0), repeat=3)]
    for meaning, mixture, sound_s in product(meanings, mixtures, (0.3, 2.0, 5.0)):
        word = "[unk]" if meaning is None else str(meaning.value)  # type: ignore[union-attr]
        given = Decision(verdict, word if meaning else "", meaning, 1.0, 0 if meaning else None)
        got = reconsider_reply(
            grammar, evidence(word, spotted=mixture, sound_s=sound_s), given, SETTINGS
        )
        if got.verdict is Verdict.ACCEPTED:
            assert got == given
        if got.second_ear:
            assert got.verdict is Verdict.DOUBTFUL


def test_a_refused_word_that_both_ears_thought_of_is_read_back() -> None:
    noisy = ("dead no", "[unk]", "no")
    alone = judge(ANSWER, evidence(*noisy), SETTINGS)
    assert alone.verdict is Verdict.REFUSED
    together = judge(ANSWER, evidence(*noisy, spotted=spotted("no"), sound_s=3.0), SETTINGS)
    assert together == Decision(Verdict.DOUBTFUL, "no", Answer.NO, HEARD, second_ear=True)


@pytest.mark.parametrize(
    ("words", "sound_s", "believed"),
    [
        (("dead", "[unk]"), 1.0, True),
        (("dead", "[unk]"), 2.0, False),
        (("dead no", "[unk]"), 2.0, True),
        (("dead no", "[unk]"), 5.0, False),
    ],
    ids=["alone, short", "alone, long", "with the recogniser, long", "far too long"],
)
def test_in_longer_speech_the_second_ear_is_not_enough(
    words: tuple[str, ...], sound_s: float, *, believed: bool
) -> None:
    got = judge(ANSWER, evidence(*words, spotted=spotted("no"), sound_s=sound_s), SETTINGS)
    assert (got.verdict is Verdict.DOUBTFUL) == believed


@pytest.mark.parametrize(("heard", "other"), [("yes", "no"), ("no", "yes"), ("no", "stop")])
def test_where_the_ears_clash_neither_is_believed(heard: str, other: str) -> None:
    assert judge(ANSWER, evidence(heard), SETTINGS).verdict is Verdict.ACCEPTED
    clash = judge(ANSWER, evidence(heard, spotted=spotted(other)), SETTINGS)
    assert clash.verdict is Verdict.REFUSED
    agreed = judge(ANSWER, evidence(heard, spotted=spotted(heard)), SETTINGS)
    assert agreed.verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("call", CALLS)
def test_in_a_conversation_it_hears_no_wake_phrase(call: str) -> None:
    grammar = CALLED.grammars[GrammarKey.ANSWER]
    assert judge(grammar, evidence(call), SETTINGS).verdict is Verdict.ACCEPTED
    noisy = evidence("dead", "[unk]", spotted=spotted(call))
    assert judge(grammar, noisy, SETTINGS).verdict is Verdict.REFUSED


def test_a_danger_sign_is_never_reconsidered() -> None:
    for grammar in (ANSWER, HOLD):
        alone = judge(grammar, evidence("i can't breathe"), SETTINGS)
        for word in WORDS:
            with_it = evidence("i can't breathe", spotted=spotted(word))
            assert judge(grammar, with_it, SETTINGS) == alone


def test_a_sentence_is_not_reconsidered() -> None:
    heard = evidence("no it's fine", spotted=spotted("yes"))
    assert judge(ANSWER, heard, SETTINGS).verdict is Verdict.ACCEPTED


def test_a_call_that_both_ears_heard_wakes() -> None:
    said = ("hey heart", "hey charley my calf", "[unk]")
    asleep = judge_wake(WAKE, CALLS, evidence(*said), SETTINGS)
    assert asleep.verdict is Verdict.NOT_SPEECH
    woken = judge_wake(WAKE, CALLS, evidence(*said, spotted=spotted("hey charley")), SETTINGS)
    assert (woken.verdict, woken.words, woken.second_ear) == (Verdict.ACCEPTED, "my calf", True)


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (("hey heart", "[unk]"), ("hey charley", "leg cramp")),
        (("hey heart", "hey charley"), ("leg cramp", "yes")),
    ],
    ids=["the second ear alone", "another phrase"],
)
def test_neither_ear_alone_wakes(said: tuple[str, ...], heard: tuple[str, ...]) -> None:
    got = judge_wake(WAKE, CALLS, evidence(*said, spotted=spotted(*heard)), SETTINGS)
    assert got.verdict is Verdict.NOT_SPEECH


def test_a_call_that_the_second_ear_hears_nothing_of_does_not_wake() -> None:
    called = evidence("hey charley")
    assert judge_wake(WAKE, CALLS, called, SETTINGS).verdict is Verdict.ACCEPTED
    doubted = evidence("hey charley", spotted={"hey charley": SETTINGS.spotted_never + 0.1})
    assert judge_wake(WAKE, CALLS, doubted, SETTINGS).verdict is Verdict.ACCEPTED
    denied = evidence("hey charley", spotted={"hey charley": SETTINGS.spotted_never - 0.1})
    assert judge_wake(WAKE, CALLS, denied, SETTINGS).refusal is Refusal.UNHEARD_BY_SECOND_EAR


def test_it_says_nothing_of_a_wake_phrase_that_it_was_not_taught() -> None:
    said = evidence("hey computer", spotted=spotted())
    assert judge_wake(WAKE, ("hey computer",), said, SETTINGS).verdict is Verdict.ACCEPTED


def test_a_danger_sign_wakes_whatever_the_second_ear_hears() -> None:
    said = evidence("chest pain", "hey charley", spotted=spotted())
    woken = judge_wake(WAKE, CALLS, said, SETTINGS)
    assert woken.verdict is Verdict.ACCEPTED
    assert woken.meaning is not None


def test_it_is_asked_only_where_it_could_change_something() -> None:
    refused, unheard = Decision(Verdict.REFUSED), Decision(Verdict.NOT_SPEECH)
    assert is_wanted(evidence("dead"), refused, SETTINGS)
    assert not is_wanted(evidence("dead", sound_s=5.0), refused, SETTINGS)
    assert not is_wanted(Evidence((), 0.5, 0.5), refused, SETTINGS)
    assert not is_wanted(Evidence((Candidate("no", 0.0),), 0.5, 0.05), unheard, SETTINGS)
    sentence = Decision(Verdict.ACCEPTED, "my leg is swollen", Answer.YES, 5.0, 0)
    assert not is_wanted(evidence("my leg is swollen"), sentence, SETTINGS)
    no_call = Decision(Verdict.NOT_SPEECH, refusal=Refusal.NOT_A_CALL)
    assert not is_wanted_asleep(CALLS, evidence("hey heart"), no_call)
    assert is_wanted_asleep(CALLS, evidence("hey heart", "hey charley"), no_call)
    a_snore = Decision(Verdict.NOT_SPEECH, refusal=Refusal.TOO_LITTLE_VOICE)
    assert not is_wanted_asleep(CALLS, evidence("hey charley"), a_snore)


def test_without_a_second_ear_nothing_changes() -> None:
    given = Decision(Verdict.REFUSED)
    assert reconsider_reply(ANSWER, evidence("no"), given, SETTINGS) is given
    assert reconsider_call(CALLS, evidence("hey charley"), given, SETTINGS) is given
