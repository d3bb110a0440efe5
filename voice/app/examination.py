"""The entrance examination of a model: hundreds of sounds through the whole listening chain.

The chain is the one used at the bedside, from VAD to acceptance. Its margins are score
differences and were set on the model that ships; the scores of another model have another
scale. So the evidence for each sound is kept and judged again with all margins scaled by
one factor. If a factor is clearly better, the model is run a second time with it and keeps
it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Final, TypeVar

from voice.app.examination_material import (
    Kind,
    Room,
    Sound,
    Surrounding,
)
from voice.app.examination_record import Figures
from voice.audio.samples import RATE_HZ, Samples
from voice.content.script import Answer, GrammarKey, Meaning, Statement, is_no
from voice.engines.command_voices import CommandVoice, speak
from voice.engines.silero_vad import SileroGate
from voice.engines.vosk_recogniser import VoskRecogniser
from voice.listening.acceptance import judge
from voice.listening.decision import Decision, Verdict
from voice.listening.grammar_fitting import Vocabulary
from voice.listening.listener import HeardUtterance
from voice.listening.offline import Hearing
from voice.listening.settings import AcceptanceSettings, ListeningSettings
from voice.listening.wake_acceptance import judge_wake
from voice.ports import KeywordSpotter

SCALES: Final = (0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.25, 1.6, 2.0, 2.5, 3.2, 4.0)
"""Margin scale factors to try."""

WORTH_FITTING: Final = 0.1
"""Change the margins only if the cost falls by at least this much."""

MISSED: Final = 1.0
"""The cost of a reprompt for a word that was said, or of sleeping through a call: the unit of
all other costs."""
ASKED_BACK: Final = 0.1
"""A word recognised correctly, but read back for confirmation."""
TAKEN_BACK: Final = 1.0
"""A word taken for another, and read back."""
TAKEN: Final = 3.0
OTHER_BACK: Final = 0.5
"""Out-of-grammar speech taken for a word, and read back."""
OTHER: Final = 1.5
WOKEN: Final = 3.0
"""Woken by something that was not a call."""

_BELIEVED: Final = (Verdict.ACCEPTED, Verdict.DOUBTFUL)

Progress = Callable[[int, int], None]
"""Called with the number of sounds heard, and of all sounds."""

_Settings = TypeVar("_Settings", AcceptanceSettings, ListeningSettings)


def scaled(settings: _Settings, scale: float) -> _Settings:
    """The settings with every margin (a score difference) multiplied by ``scale``."""
    margins = {
        f.name: getattr(settings, f.name) * scale
        for f in fields(settings)
        if f.name.endswith("_margin")
    }
    return replace(settings, **margins)


@dataclass
class Spoken:
    """Rendered speech, kept for the next model to be examined."""

    _rendered: dict[tuple[str, CommandVoice], Samples] = field(default_factory=dict)

    def samples(self, sound: Sound) -> Samples | None:
        """The rendered text of a sound; None for a noise. Raises SynthesisError."""
        if sound.voice is None:
            return None
        key = (sound.text, sound.voice)
        if key not in self._rendered:
            self._rendered[key] = speak(*key)
        return self._rendered[key]


@dataclass(frozen=True)
class Heard:
    """A sound, and every utterance detected in it."""

    sound: Sound
    utterances: tuple[HeardUtterance, ...]


@dataclass(frozen=True)
class Effort:
    """Seconds of one core, and the seconds of sound they were spent on."""

    core_s: float = 0.0
    sound_s: float = 0.0

    def __add__(self, other: Effort) -> Effort:
        return Effort(self.core_s + other.core_s, self.sound_s + other.sound_s)

    @property
    def core_s_per_s(self) -> float:
        """Seconds of one core per second of sound."""
        return self.core_s / self.sound_s if self.sound_s else 0.0


@dataclass(frozen=True)
class LoadedModel:
    """A loaded model with the vocabulary and settings to listen with."""

    recogniser: VoskRecogniser
    vocabulary: Vocabulary
    listening: ListeningSettings
    acceptance: AcceptanceSettings
    spotter: KeywordSpotter | None = None

    def with_margins(self, scale: float) -> LoadedModel:
        """The same, with all margins multiplied by ``scale``."""
        return replace(
            self,
            listening=scaled(self.listening, scale),
            acceptance=scaled(self.acceptance, scale),
        )


@dataclass(frozen=True)
class Outcome:
    """What an examination found; see :class:`voice.app.examination_record.Examination`."""

    margin_scale: float
    figures: Mapping[Surrounding, Figures]
    core_s_per_s: float


def examine(
    model: LoadedModel,
    material: Mapping[Surrounding, Sequence[Sound]],
    spoken: Spoken,
    progress: Progress,
    *,
    may_fit: bool = True,
) -> Outcome:
    """Examine a model, and fit its margins if it ``may_fit``. Raises ModelError, SynthesisError."""
    every = [sound for sounds in material.values() for sound in sounds]

    def told(number: int) -> None:
        progress(number, len(every))

    heard, effort = hear(model, every, spoken, told)
    scale = fit(heard, model) if may_fit else 1.0
    if scale != 1.0:
        model = model.with_margins(scale)
        heard, effort = hear(model, every, spoken, told)
    figures = {
        where: count((one for one in heard if one.sound.where is where), model)
        for where in material
    }
    return Outcome(scale, figures, effort.core_s_per_s)


def fit(heard: Sequence[Heard], model: LoadedModel) -> float:
    """The margin scale with the lowest cost; 1.0 unless another is clearly cheaper."""
    costs = {scale: cost(heard, model.with_margins(scale)) for scale in SCALES}
    best = min(costs, key=lambda scale: (costs[scale], abs(scale - 1.0)))
    return best if costs[best] < costs[1.0] - WORTH_FITTING else 1.0


def cost(heard: Iterable[Heard], model: LoadedModel) -> float:
    """The cost of all mistakes: the mean for each kind of sound, added up."""
    found: dict[Kind, list[float]] = {kind: [] for kind in Kind}
    for one in heard:
        found[one.sound.kind].append(_cost_of(one, model))
    return sum(sum(costs) / len(costs) for costs in found.values() if costs)


def _cost_of(one: Heard, model: LoadedModel) -> float:
    match one.sound.kind:
        case Kind.CALL:
            return 0.0 if _woken(one, model) else MISSED
        case Kind.NO_CALL:
            return WOKEN if _woken(one, model) else 0.0
        case Kind.WORD:
            decision = _believed(one, model)
            if decision is None:
                return MISSED
            at_once = decision.verdict is Verdict.ACCEPTED
            if decision.meaning == one.sound.expected:
                return 0.0 if at_once else ASKED_BACK
            return TAKEN if at_once else TAKEN_BACK
        case Kind.OTHER:
            decision = _believed(one, model)
            if decision is None:
                return 0.0
            return OTHER if decision.verdict is Verdict.ACCEPTED else OTHER_BACK


def count(heard: Iterable[Heard], model: LoadedModel) -> Figures:
    """Judge the utterances by the model's settings, and count the results."""
    found = dict.fromkeys(Figures.__struct_fields__, 0)
    for one in heard:
        taken_for = _taken_for(one, model)
        match one.sound.kind:
            case Kind.WORD:
                expected = one.sound.expected
                found["words"] += 1
                found["right"] += taken_for == expected
                found["taken"] += taken_for not in (None, expected)
                found["swapped"] += is_swapped(expected, taken_for)
            case Kind.OTHER:
                found["others"] += 1
                found["others_taken"] += taken_for is not None
            case Kind.CALL:
                found["calls"] += 1
                found["woken"] += _woken(one, model)
            case Kind.NO_CALL:
                found["no_calls"] += 1
                found["woken_falsely"] += _woken(one, model)
    return Figures(**found)


def is_swapped(said: Meaning | None, taken_for: Meaning | None) -> bool:
    """Whether a yes was taken for a no, in a question's own words too, or a plain no for a yes.

    A denial that is taken for a sign is no worse than any mistake: it leads to one more question.
    """
    affirmed = said is Answer.YES or (isinstance(said, Statement) and said.answer is Answer.YES)
    if affirmed:
        return is_no(taken_for)
    return said is Answer.NO and taken_for is Answer.YES


def _taken_for(one: Heard, model: LoadedModel) -> Meaning | None:
    decision = _believed(one, model)
    return None if decision is None else decision.meaning


def _believed(one: Heard, model: LoadedModel) -> Decision | None:
    """The first decision that was accepted, outright or to be read back."""
    grammar = model.vocabulary[one.sound.grammar].grammar
    judged = (judge(grammar, u.evidence, model.acceptance) for u in one.utterances)
    return next((j for j in judged if j.verdict in _BELIEVED and j.meaning is not None), None)


def _woken(one: Heard, model: LoadedModel) -> bool:
    grammar = model.vocabulary[GrammarKey.WAKE].grammar
    phrases = model.vocabulary.wake_phrases
    return any(
        judge_wake(grammar, phrases, u.evidence, model.acceptance).verdict is Verdict.ACCEPTED
        for u in one.utterances
    )


def hear(
    model: LoadedModel, sounds: Sequence[Sound], spoken: Spoken, progress: Callable[[int], None]
) -> tuple[list[Heard], Effort]:
    """Run sounds through the chain in order; ``progress`` gets the number done."""
    gate, room = SileroGate(), Room()
    found, effort = [], Effort()
    for number, sound in enumerate(sounds, 1):
        samples = room.heard(sound, spoken.samples(sound))
        hearing = Hearing(
            gate,
            model.recogniser,
            sound.grammar,
            model.vocabulary,
            model.listening,
            model.acceptance,
            # It is the recogniser that is examined: a second ear would cover up its mistakes.
            spotter=None,
        )
        began_s = time.process_time()
        utterances = hearing.utterances(samples)
        effort += Effort(time.process_time() - began_s, len(samples) / RATE_HZ)
        found.append(Heard(sound, utterances))
        progress(number)
    return found, effort
