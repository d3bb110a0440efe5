"""The decision on an utterance: what the acceptance rules return. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from voice.content.script import Meaning


class Verdict(enum.Enum):
    """What becomes of an utterance."""

    ACCEPTED = "accepted"
    DOUBTFUL = "doubtful"
    REFUSED = "refused"
    """No-match: speech, but none of the phrases in the grammar."""
    NOT_SPEECH = "not_speech"
    """A noise, or, while asleep, speech that is not for Charley."""


class Refusal(enum.Enum):
    """Why an utterance does not wake Charley."""

    TOO_LITTLE_VOICE = "too little of it is voice"
    NOTHING_HEARD = "nothing was recognised"
    NOT_A_CALL = "neither a wake phrase nor a danger sign"
    LIKE_UNKNOWN_SPEECH = "unknown speech fits it as well"
    LIKE_A_DECOY = "another phrase of the grammar fits it as well"
    NOT_CLEAR_ALONE = "decoded on its own, the wake phrase is not clear"
    UNHEARD_BY_SECOND_EAR = "the second ear hears nothing like it"
    ONE_WORD_AMONG_OTHERS = "a one-word wake phrase has other speech beside it"


@dataclass(frozen=True)
class Decision:
    """The verdict, what was understood, and its margin over garbage.

    Believed without a ``meaning``: a no with something beside it that contradicts it.
    ``candidate`` is the index of the believed entry in the n-best list, None if there was none.
    ``words`` are its words; after a wake phrase, those that follow it.
    ``refusal`` says why an utterance heard while asleep does not wake Charley.
    """

    verdict: Verdict
    words: str = ""
    meaning: Meaning | None = None
    margin: float = 0.0
    candidate: int | None = None
    refusal: Refusal | None = None
    second_ear: bool = False
    """Whether it was refused, and is believed only because the second ear heard it too."""


def is_believed(decision: Decision) -> bool:
    """Whether words were understood, with or without doubt."""
    return decision.verdict in (Verdict.ACCEPTED, Verdict.DOUBTFUL)
