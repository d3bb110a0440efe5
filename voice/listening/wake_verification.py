"""Decodes a call within continuous speech again, on its own.

Speech that goes on for seconds, as on television, has hundreds of hypotheses that are about
as good as each other. Once a wake phrase is among their words, it soon is in the recogniser's
whole n-best list, and then seems to be beyond doubt. The audio of those words alone
has few hypotheses, and among these it must lead.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import numpy as np

from voice.audio.samples import RATE_HZ, Samples
from voice.listening.grammar_fitting import ModelGrammar
from voice.listening.hypotheses import Candidate, n_best_asleep
from voice.listening.settings import AcceptanceSettings
from voice.ports import HeardWord, Recogniser

_AROUND_S: Final = 0.1
"""Kept before and after, since the first and the last sound have no sharp edge."""


def hear_call_alone(
    recogniser: Recogniser,
    fitted: ModelGrammar,
    wake_phrases: Collection[str],
    blocks: Sequence[Samples],
    words: Sequence[HeardWord],
    *,
    settings: AcceptanceSettings,
) -> tuple[Candidate, ...] | None:
    """The n-best list of the first call's audio in ``words``; None if there is no call.

    ``words`` are those of the best hypothesis, with times from the first sample of ``blocks``.
    """
    times = _times_of_call(words, fitted, wake_phrases)
    if times is None:
        return None
    start, end = (round(s * RATE_HZ) for s in (times[0] - _AROUND_S, times[1] + _AROUND_S))
    utterance = recogniser.begin(fitted.phrases)
    utterance.accept(np.concatenate(list(blocks))[max(0, start) : end])
    return n_best_asleep(utterance.finish(), fitted, settings)


def _times_of_call(
    words: Sequence[HeardWord], fitted: ModelGrammar, wake_phrases: Collection[str]
) -> tuple[float, float] | None:
    for first in range(len(words)):
        for last in range(first, len(words)):
            if fitted.as_written([w.word for w in words[first : last + 1]]) in wake_phrases:
                return words[first].start_s, words[last].end_s
    return None
