"""Listens for one word and reports what the listening chain makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from voice.app.check_advice import Trial
from voice.app.examination import LoadedModel
from voice.audio.frame import Frame
from voice.audio.samples import BLOCK_S, Samples
from voice.content.script import GrammarKey
from voice.dialogue.actions import Listen, ListenId
from voice.engines.silero_vad import SileroGate
from voice.listening.decision import Decision, Verdict
from voice.listening.listener import Ears, HeardUtterance
from voice.listening.offline import name_of
from voice.listening.signal_quality import check_sound

AROUND_S: Final = 0.3
"""Sound before and after the words that is included in the level measurement."""


def hear_word(
    candidate: LoadedModel,
    grammar: GrammarKey,
    asked: str,
    blocks: Iterator[Samples],
    quiet_dbfs: float,
) -> Trial:
    """The result of the first accepted words in ``blocks``, or else of the last voice.

    ``blocks`` ends when the time is up; until then the user may try again. Sound that
    never exceeds ``quiet_dbfs`` is the room, whatever the VAD says.
    """
    told: list[HeardUtterance] = []
    ears = Ears(
        SileroGate(),
        candidate.recogniser,
        candidate.vocabulary,
        candidate.listening,
        candidate.acceptance,
        spotter=candidate.spotter,
        on_utterance=told.append,
    )
    ears.listen(Listen(ListenId(1), grammar))
    kept: list[Samples] = []
    for number, block in enumerate(blocks, 1):
        kept.append(block)
        ears.hear(Frame(block, number * BLOCK_S))
        if told and told[-1].decision.candidate is not None:
            return _trial(asked, told[-1], kept)
    for utterance in reversed(told):
        trial = _trial(asked, utterance, kept)
        loud = trial.sound is not None and trial.sound.loudest_dbfs > quiet_dbfs
        if loud and utterance.evidence.voice_s >= candidate.acceptance.least_unclear_s:
            return trial
    return Trial(asked, None, doubtful=False, sound=None)


def _trial(asked: str, utterance: HeardUtterance, kept: list[Samples]) -> Trial:
    first = max(0, round((utterance.start_s - AROUND_S) / BLOCK_S))
    last = max(first + 1, round((utterance.end_s + AROUND_S) / BLOCK_S))
    sound = check_sound(np.concatenate(kept[first:last]), voiced=True)
    decision = utterance.decision
    return Trial(asked, _heard(asked, decision), decision.verdict is Verdict.DOUBTFUL, sound)


def _heard(asked: str, decision: Decision) -> str | None:
    if decision.candidate is None:
        return None
    # A wake phrase carries no meaning.
    return asked if decision.meaning is None else name_of(decision.meaning)
