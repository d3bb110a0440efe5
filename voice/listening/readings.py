"""What a recogniser heard, in the words of the content. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from voice.listening.acceptance import AcceptanceSettings
from voice.listening.evidence import Reading
from voice.listening.grammar_fitting import ModelGrammar
from voice.listening.word_length import as_said
from voice.ports import Hypothesis


def readings_awake(hypotheses: Sequence[Hypothesis], fitted: ModelGrammar) -> tuple[Reading, ...]:
    """All words as they were heard."""
    return tuple(
        Reading(fitted.as_written([word.word for word in h.words]), h.score) for h in hypotheses
    )


def readings_asleep(
    hypotheses: Sequence[Hypothesis], fitted: ModelGrammar, settings: AcceptanceSettings
) -> tuple[Reading, ...]:
    """Words that last too long are unknown ones."""
    return tuple(
        Reading(fitted.as_written(as_said(h.words, settings)), h.score) for h in hypotheses
    )
