"""The rule of acceptance, as tables: n_best in, verdict out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from voice.content.script import (
    Answer,
    Command,
    Grammar,
    GrammarKey,
    Phrase,
    QuestionKey,
    Statement,
)
from voice.listening.acceptance import judge
from voice.listening.decision import Decision, Refusal, Verdict
from voice.listening.hypotheses import Candidate, Evidence
from voice.listening.margins import MAX_MARGIN
from voice.listening.settings import AcceptanceSettings
from voice.listening.wake_acceptance import is_wake, judge_wake

SETTINGS = AcceptanceSettings()
BREATH = Statement(QuestionKey("short_of_breath"), Answer.YES, sign=True, wakes=True)
GRAMMAR = Grammar(
    GrammarKey.ANSWER,
    (
        Phrase("yes", Answer.YES),
        Phrase("yeah", Answer.YES),
        Phrase("no", Answer.NO),
        Phrase("don't know", Answer.UNSURE),
        Phrase("stop", Command.STOP),
        Phrase("i can't breathe", BREATH),
    ),
    decoys=("guess",),
)
WAKE = Grammar(
    GrammarKey.WAKE,
    (Phrase("my foot", Command.FOOT), Phrase("i can't breathe", BREATH)),
)
WAKE_PHRASES = ("hey charley", "leg cramp")

CLEAR = SETTINGS.clear_margin
NO_CLEAR = SETTINGS.clear_margin + SETTINGS.no_extra_margin
RIVAL = SETTINGS.rival_margin


def evidence(*n_best: tuple[str, float], sound_s: float = 0.5, voice_s: float = 0.45) -> Evidence:
    """Hypotheses, each given with its distance behind the first."""
    return Evidence(
        [Candidate(words, 300.0 - behind) for words, behind in n_best], sound_s, voice_s
    )


def judged(*n_best: tuple[str, float]) -> Decision:
    return judge(GRAMMAR, evidence(*n_best), SETTINGS)


@pytest.mark.parametrize(
    ("n_best", "verdict"),
    [
        ([("yes", 0)], Verdict.ACCEPTED),
        ([("yes", 0), ("[unk]", CLEAR)], Verdict.ACCEPTED),
        ([("yes", 0), ("[unk]", CLEAR - 0.1)], Verdict.DOUBTFUL),
        ([("yes", 0), ("yeah", 0.1)], Verdict.ACCEPTED),
        ([("yes", 0), ("yes [unk]", CLEAR - 0.1)], Verdict.DOUBTFUL),
        ([("yes", 0), ("", CLEAR - 0.1)], Verdict.DOUBTFUL),
        ([("yes", 0), ("guess", RIVAL - 0.1)], Verdict.DOUBTFUL),
        ([("yes", 0), ("guess", RIVAL)], Verdict.ACCEPTED),
        ([("yes", 0), ("stop", RIVAL - 0.1)], Verdict.DOUBTFUL),
        ([("[unk]", 0)], Verdict.REFUSED),
        ([("[unk]", 0), ("yes", 5.0)], Verdict.REFUSED),
        ([("guess", 0), ("yes", 5.0)], Verdict.REFUSED),
        ([("know", 0), ("no", 5.0)], Verdict.REFUSED),
        ([("no", 0), ("know", 0.3)], Verdict.ACCEPTED),
        ([("yes no", 0)], Verdict.DOUBTFUL),
        ([], Verdict.REFUSED),
    ],
)
def test_verdicts(n_best: list[tuple[str, float]], verdict: Verdict) -> None:
    assert judged(*n_best).verdict is verdict


@pytest.mark.parametrize(("ahead", "denied"), [(RIVAL, True), (RIVAL - 0.1, False)])
def test_a_denial_well_ahead_of_a_danger_sign_is_a_denial(ahead: float, denied: bool) -> None:
    """ "I can breathe", which sounds much like "I can't breathe"."""
    fine = replace(BREATH, answer=Answer.NO, sign=False, wakes=False)
    grammar = replace(GRAMMAR, phrases=(*GRAMMAR.phrases, Phrase("i can breathe", fine)))
    heard = evidence(("i can breathe", 0), ("i can't breathe", ahead), ("[unk]", 30))
    assert (judge(grammar, heard, SETTINGS).meaning == BREATH) is not denied


def test_a_no_needs_a_wider_margin_than_a_yes() -> None:
    between = (CLEAR + NO_CLEAR) / 2
    assert judged(("yes", 0), ("[unk]", between)).verdict is Verdict.ACCEPTED
    assert judged(("no", 0), ("[unk]", between)).verdict is Verdict.DOUBTFUL
    barely = SETTINGS.doubtful_margin + SETTINGS.no_extra_margin / 2
    assert judged(("yes", 0), ("[unk]", barely)).verdict is Verdict.DOUBTFUL
    assert judged(("no", 0), ("[unk]", barely)).verdict is Verdict.REFUSED


def test_a_no_with_anything_beside_it_is_never_believed() -> None:
    assert judged(("no [unk]", 0)).verdict is Verdict.REFUSED
    assert judged(("[unk] no", 0), ("[unk]", 6)).verdict is Verdict.REFUSED


@pytest.mark.parametrize(
    ("n_best", "words"),
    [
        ([("no [unk] yes", 0), ("no [unk]", 2), ("[unk]", 4)], "no [unk] yes"),
        ([("no [unk]", 0), ("no [unk] yes", 0.3), ("[unk]", 1.6)], "no [unk] yes"),
        ([("no [unk]", 0), ("[unk]", 3.0), ("no [unk] yes", 3.1)], ""),
        ([("no", 0), ("no yes", 0.3)], "no"),
        ([("no don't know", 0)], "no don't know"),
        ([("no stop", 0)], "no stop"),
        ([("no no", 0)], "no no"),
    ],
)
def test_words_that_contradict_a_no_in_the_same_breath_are_reported(
    n_best: list[tuple[str, float]], words: str
) -> None:
    assert judged(*n_best).words == words


@pytest.mark.parametrize("words", ["no yes", "yes no", "no stop"])
def test_a_no_that_is_corrected_means_nothing_by_itself(words: str) -> None:
    found = judged((words, 0))
    assert (found.verdict, found.meaning) == (Verdict.DOUBTFUL, None)


def test_a_no_that_is_doubted_in_the_same_breath_is_unsure() -> None:
    assert judged(("no don't know", 0)).meaning is Answer.UNSURE


def test_a_danger_sign_needs_a_smaller_margin() -> None:
    behind = -SETTINGS.danger_margin - 0.1
    found = judged(("[unk]", 0), ("i can't breathe", behind))
    assert found.verdict is Verdict.DOUBTFUL
    assert found.meaning == BREATH
    assert judged(("i can't breathe [unk]", 0)).verdict is Verdict.DOUBTFUL
    assert judged(("i can't breathe", 0)).verdict is Verdict.ACCEPTED
    too_far = judged(("[unk]", 0), ("i can't breathe", behind + 1))
    assert too_far.verdict is Verdict.REFUSED


@pytest.mark.parametrize(
    ("n_best", "heard"),
    [
        ([("i can't breathe [unk]", 0), ("[unk]", SETTINGS.danger_beside_margin + 0.1)], True),
        ([("i can't breathe [unk]", 0), ("[unk]", SETTINGS.danger_beside_margin - 0.1)], False),
        ([("[unk]", 0), ("i can't breathe [unk]", 1.0)], False),
        ([("i can't breathe [unk]", 0), ("i can't breathe no", 0.1)], True),
        ([("yes stop no i can't breathe", 0)], True),
        ([("yes stop no no i can't breathe", 0)], False),
        ([("[unk] yes stop no i can't breathe [unk]", 0)], True),
        ([("no i can't breathe stop i can't breathe yes yes", 0)], True),
    ],
)
def test_whether_a_danger_sign_stands_out_from_other_speech(
    n_best: list[tuple[str, float]], heard: bool
) -> None:
    found = judged(*n_best)
    assert (found.meaning == BREATH) is heard
    assert (found.verdict is Verdict.DOUBTFUL) is heard


def test_a_danger_sign_outranks_a_better_hypothesis() -> None:
    assert judged(("yes", 0), ("i can't breathe", 1.0)).meaning == BREATH


@pytest.mark.parametrize(
    ("words", "sound_s", "voice_s", "verdict"),
    [
        ("[unk]", 0.06, 0.06, Verdict.NOT_SPEECH),
        ("[unk]", 0.3, 0.16, Verdict.NOT_SPEECH),
        ("[unk]", 0.6, 0.4, Verdict.NOT_SPEECH),
        ("[unk]", 0.6, 0.5, Verdict.REFUSED),
        ("[unk]", 1.0, 0.3, Verdict.NOT_SPEECH),
        ("yes", 0.06, 0.06, Verdict.DOUBTFUL),
        ("yes", 0.2, 0.16, Verdict.ACCEPTED),
        ("yes", 1.0, 0.3, Verdict.NOT_SPEECH),
    ],
)
def test_a_noise_is_not_speech(
    words: str, sound_s: float, voice_s: float, verdict: Verdict
) -> None:
    found = judge(GRAMMAR, evidence((words, 0), sound_s=sound_s, voice_s=voice_s), SETTINGS)
    assert found.verdict is verdict


@pytest.mark.parametrize(
    ("words", "voice_s", "verdict"),
    [
        ("no", 0.66, Verdict.ACCEPTED),
        ("no", 0.64, Verdict.DOUBTFUL),
        ("yes", 0.64, Verdict.ACCEPTED),
    ],
)
def test_a_no_that_is_half_noise_is_doubtful(words: str, voice_s: float, verdict: Verdict) -> None:
    found = judge(GRAMMAR, evidence((words, 0), sound_s=1.0, voice_s=voice_s), SETTINGS)
    assert found.verdict is verdict


@pytest.mark.parametrize(("sound_s", "voice_s"), [(0.06, 0.06), (1.0, 0.3)])
def test_a_noise_does_not_wake_charley(sound_s: float, voice_s: float) -> None:
    noise = evidence(("hey charley", 0), sound_s=sound_s, voice_s=voice_s)
    found = judge_wake(WAKE, WAKE_PHRASES, noise, SETTINGS)
    assert (found.verdict, found.refusal) == (Verdict.NOT_SPEECH, Refusal.TOO_LITTLE_VOICE)


def test_the_decision_says_what_was_believed() -> None:
    found = judged(("yeah", 0), ("[unk]", 5.0))
    assert (found.words, found.meaning, found.candidate) == ("yeah", Answer.YES, 0)
    assert found.margin == pytest.approx(5.0)
    assert judged(("yes", 0)).margin == MAX_MARGIN


@pytest.mark.parametrize(
    ("n_best", "expected", "words"),
    [
        ([("hey charley", 0)], Verdict.ACCEPTED, ""),
        ([("hey charley my foot", 0)], Verdict.ACCEPTED, "my foot"),
        ([("[unk] hey charley", 0), ("[unk]", 6)], Verdict.ACCEPTED, ""),
        ([("hey charley my foot", 0), ("my foot", 1.5)], Verdict.ACCEPTED, "my foot"),
        ([("what can hey charley", 0), ("what can", 2.9)], Refusal.LIKE_A_DECOY, ""),
        ([("[unk] hey charley", 0), ("what can", 3.1)], Verdict.ACCEPTED, ""),
        (
            [("hey charley", 0), ("[unk]", SETTINGS.wake_margin - 0.1)],
            Refusal.LIKE_UNKNOWN_SPEECH,
            "",
        ),
        ([("hey charley", 0), ("hey", SETTINGS.wake_rival_margin - 0.1)], Refusal.LIKE_A_DECOY, ""),
        ([("my foot", 0)], Refusal.NOT_A_CALL, ""),
        ([("[unk]", 0), ("hey charley", 0.1)], Refusal.NOT_A_CALL, ""),
        ([("i can't breathe", 0)], Verdict.ACCEPTED, "i can't breathe"),
        ([("i can't breathe", 0), ("[unk]", 1)], Refusal.LIKE_UNKNOWN_SPEECH, ""),
        ([("i can't breathe", 0), ("i can breathe", 0.5)], Refusal.LIKE_A_DECOY, ""),
        ([("i can't breathe [unk]", 0)], Refusal.NOT_A_CALL, ""),
        ([], Refusal.NOTHING_HEARD, ""),
    ],
)
def test_waking(n_best: list[tuple[str, float]], expected: Verdict | Refusal, words: str) -> None:
    found = judge_wake(WAKE, WAKE_PHRASES, evidence(*n_best), SETTINGS)
    assert (found.refusal or found.verdict, found.words) == (expected, words)
    assert (found.refusal is None) is (found.verdict is Verdict.ACCEPTED)


BESIDE = SETTINGS.wake_beside_margin


@pytest.mark.parametrize(
    ("alone", "wakes"),
    [
        (None, True),
        ([("leg cramp", 0)], True),
        ([("a leg cramp of", 0), ("leg cramp", 2)], True),
        ([("leg cramp", 0), ("the front", BESIDE)], True),
        ([("leg cramp", 0), ("the front", BESIDE - 0.1)], False),
        ([("leg cramp", 0), ("the leg cramp", 1), ("[unk]", BESIDE - 0.1)], False),
        ([("the front", 0), ("leg cramp", 1)], False),
        ([("the front", 0)], False),
        ([], False),
    ],
)
def test_in_lasting_talk_a_call_must_be_clear_on_its_own(
    alone: list[tuple[str, float]] | None, wakes: bool
) -> None:
    talk = evidence(("what of [unk] leg cramp [unk]", 0), sound_s=8.0, voice_s=8.0)
    n_best = None if alone is None else evidence(*alone).n_best
    found = judge_wake(WAKE, WAKE_PHRASES, replace(talk, alone=n_best), SETTINGS)
    assert found.refusal is (None if wakes else Refusal.NOT_CLEAR_ALONE)


@pytest.mark.parametrize(
    ("words", "wakes"),
    [
        ("computer", True),
        ("computer my foot", True),
        ("[unk] computer", False),
        ("computer [unk]", False),
        ("computer my", False),
        ("my foot computer", False),
        ("hey charley [unk]", True),
        ("[unk] hey charley", True),
    ],
)
def test_a_one_word_wake_phrase_must_stand_alone(words: str, wakes: bool) -> None:
    found = judge_wake(WAKE, ("computer", "hey charley"), evidence((words, 0)), SETTINGS)
    assert found.refusal is (None if wakes else Refusal.ONE_WORD_AMONG_OTHERS)


@pytest.mark.parametrize(
    ("words", "wakes"),
    [
        ("leg cramp", True),
        ("[unk] hey charley my", True),
        ("i can't breathe", True),
        ("my foot", False),
        ("hey", False),
        ("", False),
    ],
)
def test_whether_words_would_wake_charley(words: str, wakes: bool) -> None:
    assert is_wake(WAKE, WAKE_PHRASES, words) is wakes
