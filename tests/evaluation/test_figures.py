from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from scripts.corpus.conditions import (
    NOISE_AFTER_S,
    NOISE_BEFORE_S,
    QUIET,
    Condition,
    Surroundings,
    loud_power,
)
from scripts.corpus.manifest import Recording
from scripts.evaluation.chain import Heard, Listened, Outcome, outcome
from scripts.evaluation.foreign import AT_OTHER_SPEEDS, RECORDED, SYNTHETIC, foreign_speech
from scripts.evaluation.spoken import available
from scripts.evaluation.sweep import at_alarms, swept, wake_curve, wake_point
from scripts.evaluation.tally import Tally, by_label, tallied, together
from scripts.evaluation.targets import Target
from voice.audio.samples import from_float, samples_of, to_float
from voice.content.script import UNKNOWN_WORD, Answer, Grammar, GrammarKey, Phrase, TopicKey
from voice.listening.decision import Decision, Verdict
from voice.listening.hypotheses import Candidate, Evidence
from voice.listening.listener import HeardUtterance
from voice.listening.settings import AcceptanceSettings

GRAMMAR = Grammar(
    GrammarKey.ANSWER,
    (Phrase("yes", Answer.YES), Phrase("no", Answer.NO), Phrase("left", TopicKey("left"))),
)
SETTINGS = AcceptanceSettings()


def utterance(words: str, margin: float) -> HeardUtterance:
    readings = (Candidate(words, 0.0), Candidate(UNKNOWN_WORD, -margin))
    ordered = tuple(sorted(readings, key=lambda r: -r.score))
    evidence = Evidence(ordered, sound_s=0.5, voice_s=0.5)
    return HeardUtterance(1.0, 0.2, 0.7, GrammarKey.ANSWER, evidence, Decision(Verdict.REFUSED))


def recording(label: str, set_name: str = "commands") -> Recording:
    return Recording(Path("a.flac"), "a.flac", set_name, label, label, "me", 60.0)


@pytest.mark.parametrize(
    ("utterances", "expected"),
    [
        (
            [utterance("yes", 9.0)],
            Outcome(heard="yes", doubtful=False, unclear=False, answers=1, clear_answers=1),
        ),
        (
            [utterance("yes", 1.0)],
            Outcome(heard="yes", doubtful=True, unclear=False, answers=1, clear_answers=0),
        ),
        (
            [utterance("yes", -2.0)],
            Outcome(heard=None, doubtful=False, unclear=True, answers=0, clear_answers=0),
        ),
        ([], Outcome(heard=None, doubtful=False, unclear=False, answers=0, clear_answers=0)),
        (
            [utterance("yes", -2.0), utterance("left", 9.0)],
            Outcome(heard="left", doubtful=False, unclear=False, answers=1, clear_answers=1),
        ),
        (
            [utterance("no", 9.0), utterance("yes", 1.0)],
            Outcome(heard="no", doubtful=False, unclear=False, answers=2, clear_answers=1),
        ),
    ],
)
def test_the_first_accepted_answer_counts(
    utterances: list[HeardUtterance], expected: Outcome
) -> None:
    assert outcome(Heard(tuple(utterances), 1.0), GRAMMAR, SETTINGS) == expected


def test_results_are_counted_by_set_and_label() -> None:
    heard = [("yes", "yes", 9.0), ("yes", "no", 9.0), ("yes", "yes", 1.0), ("other", "left", 9.0)]
    listened = [
        Listened(recording(label), Heard((utterance(words, margin),), 60.0))
        for label, words, margin in heard
    ]
    found = tallied(listened, GRAMMAR, SETTINGS)
    yes = found["commands", "yes"]
    assert (yes.expected, yes.n, yes.right, yes.right_at_once) == ("yes", 3, 2, 1)
    assert (yes.doubtful, yes.taken, yes.swapped) == (1, 1, 1)
    other = found["commands", "other"]
    assert (other.expected, other.taken, other.swapped) == (None, 1, 0)
    assert other.answers_per_minute == pytest.approx(1.0)
    assert set(by_label(found)) == {"yes", "other"}
    both = together(found.values())
    assert (both.expected, both.n, both.taken, both.answers) == (None, 4, 2, 4)
    assert yes.as_json()["right_percent"] == pytest.approx(66.67)
    assert yes.as_json()["wrong_words"] == {"no": 1}


def test_an_empty_count_never_divides_by_zero() -> None:
    assert Tally().as_json()["wrong_percent"] == 0.0
    assert Tally().answers_per_minute == 0.0
    assert together([]).right_share == 0.0


def test_a_wake_curve_trades_misses_for_false_alarms() -> None:
    best, alarms, hours = [8.0, 5.0, None, 2.0], [3.0, 1.0, 6.0], 2.0
    now = wake_point(4.0, best, alarms, hours)
    assert (now.miss_share, now.alarms, now.alarms_per_hour) == (0.5, 1, 0.5)
    curve = wake_curve(best, alarms, hours)
    assert [p.miss_share for p in curve] == sorted(p.miss_share for p in curve)
    assert [p.alarms for p in curve] == sorted((p.alarms for p in curve), reverse=True)
    aim = at_alarms(curve)
    assert aim is not None
    assert (aim.wake_margin, aim.miss_share, aim.alarms) == (6.25, 0.75, 0)
    assert at_alarms(curve, 0.5) == wake_point(3.25, best, alarms, hours)
    assert at_alarms(()) is None


def test_no_threshold_keeps_out_an_alarm_beyond_them_all() -> None:
    assert at_alarms(wake_curve([20.0], [20.0], 1.0)) is None


def test_a_sweep_changes_one_setting_at_a_time() -> None:
    tried: list[tuple[str, float]] = []

    def measure(setting: str, value: float, settings: AcceptanceSettings) -> None:
        assert getattr(settings, setting) == value
        others = [n for n in ("clear_margin", "doubtful_margin", "rival_margin") if n != setting]
        assert all(getattr(settings, n) == getattr(SETTINGS, n) for n in others)
        tried.append((setting, value))

    swept(SETTINGS, measure)  # type: ignore[arg-type]
    assert ("clear_margin", 0.0) in tried
    assert len(set(tried)) == len(tried)


def test_noise_is_as_loud_as_asked_and_the_same_every_time() -> None:
    draw = np.random.default_rng(1)
    speech = from_float(np.sin(np.arange(samples_of(1.0)) * 0.2) * 0.1)
    noise = from_float(draw.normal(scale=0.05, size=samples_of(3.0)))
    room = np.zeros(800, np.int16)
    room[[40, 400]] = 20000, 5000
    surroundings = Surroundings((noise,), (room,), seed=3)
    assert [c.name for c in surroundings.conditions((5.0, 20.0))] == [
        "as recorded",
        "in a room",
        "20 dB in a room",
        "5 dB in a room",
    ]
    assert surroundings.heard_in(QUIET, speech, "a") is speech
    mixed = surroundings.heard_in(Condition("10 dB", 10.0), speech, "a")
    again = surroundings.heard_in(Condition("10 dB", 10.0), speech, "a")
    assert np.array_equal(mixed, again)
    assert not np.array_equal(mixed, surroundings.heard_in(Condition("", 10.0), speech, "b"))
    before, after = samples_of(NOISE_BEFORE_S), samples_of(NOISE_AFTER_S)
    assert len(mixed) == before + len(speech) + after
    alone = to_float(mixed[:before]).astype(float)
    ratio_db = 10 * np.log10(loud_power(to_float(speech).astype(float)) / np.mean(alone**2))
    assert ratio_db == pytest.approx(10.0, abs=0.5)
    wet = surroundings.heard_in(Condition("in a room", room=True), speech, "a")
    level = loud_power(to_float(wet).astype(float)) / loud_power(to_float(speech).astype(float))
    assert level == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(
    ("value", "more", "below", "met"),
    [
        (97.0, True, False, True),
        (96.9, True, False, False),
        (97.0, False, False, True),
        (97.0, False, True, False),
        (None, True, False, None),
    ],
)
def test_a_target_is_met_or_not(
    value: float | None, more: bool, below: bool, met: bool | None
) -> None:
    target = Target("x", value, 97.0, "%", "3", more_is_better=more, below=below)
    assert target.met is met


@pytest.mark.skipif(not available(), reason="flite is not installed")
def test_foreign_speech_is_made_up_to_the_requested_hours(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.random.default_rng(0).normal(scale=0.1, size=16_000), 16_000)
    recordings = [
        Recording(path, "a.wav", set_name, label, "", "me", 1.0)
        for set_name, label in (("read", "speech"), ("keywords", "alexa"), ("noise", "rain"))
    ]
    assert [one.kind for one in foreign_speech("alexa", recordings, 0.0, 0)] == [RECORDED]
    found = foreign_speech("alexa", recordings, 0.02, 0)
    assert sum(one.duration_s for one in found) == pytest.approx(72, abs=15)
    of = {one.kind: one for one in found}
    assert list(of) == [RECORDED, AT_OTHER_SPEEDS, SYNTHETIC]
    assert len(of[AT_OTHER_SPEEDS].read()) == pytest.approx(16_000 / 1.15, abs=2)
    assert len(of[SYNTHETIC].read()) / 16_000 == pytest.approx(24, rel=0.5)
