"""How long a word lasts that somebody has said. Pure.

Other speech that comes through a wall has hardly a consonant left, and a recogniser
that listens for little lays a word over it that takes up the whole sentence: a "cramp"
of three seconds. Nobody speaks so slowly, not even half asleep, and what a word covers
that lasts too long is speech that is not known. That holds while Charley is asleep. To
an answer that is drawn out in pain it would do harm, and a wrong one can be asked back.
"""

from __future__ import annotations

from collections.abc import Sequence

from voice.content.script import UNKNOWN_WORD
from voice.listening.acceptance import AcceptanceSettings
from voice.ports import HeardWord


def as_said(words: Sequence[HeardWord], settings: AcceptanceSettings) -> list[str]:
    """The words of a reading in order, those that last too long as unknown ones."""
    return [UNKNOWN_WORD if _lasts_too_long(w, settings) else w.word for w in words]


def _lasts_too_long(word: HeardWord, settings: AcceptanceSettings) -> bool:
    # By letters, not sounds: these a model need not tell, and every language has them.
    longest_s = settings.longest_word_s + settings.longest_letter_s * len(word.word)
    return word.end_s - word.start_s > longest_s
