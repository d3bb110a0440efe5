"""What wakes Charley inside another assistant, as samples for its intent parser. Pure.

All of it is made from the content and the wake phrases, so that a word which is understood
here is never written down a second time.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

from voice.content.script import Command, GrammarKey, Script, is_sign

_CRAMPS: Final = frozenset(
    {
        Command.ANOTHER_CRAMP,
        Command.CALF,
        Command.THIGH,
        Command.THIGH_FRONT,
        Command.THIGH_BACK,
        Command.FOOT,
    }
)
"""Meanings that say where a cramp is, or that there is one."""


def call_samples(script: Script, wake_phrases: Iterable[str]) -> tuple[str, ...]:
    """The samples of a call: the wake phrases among any words, and phrases about a cramp.

    Those count that share a word with a wake phrase, as "cramp in my calf" does with "leg
    cramp": "it's back" means something in a conversation, but is no call to an assistant.
    """
    calls = sorted(wake_phrases)
    among = ("{}", "{} {{after}}", "{{before}} {}", "{{before}} {} {{after}}")
    samples = [form.format(call) for call in calls for form in among]
    named = {word for call in calls for word in call.split()}
    phrases = script.grammars[GrammarKey.WAKE].phrases
    cramps = {p.words for p in phrases if p.meaning in _CRAMPS and _shares(p.words, named)}
    return (*samples, *sorted(cramps - set(samples)))


def danger_phrases(script: Script) -> tuple[str, ...]:
    """Every phrase of a danger sign that is heard without a call."""
    phrases = script.grammars[GrammarKey.WAKE].phrases
    return tuple(sorted(p.words for p in phrases if is_sign(p.meaning) and p.meaning.wakes))


def most_alike(words: str, phrases: Iterable[str]) -> str:
    """The phrase that is spelt most like ``words``."""
    return max(phrases, key=lambda phrase: difflib.SequenceMatcher(None, words, phrase).ratio())


def _shares(phrase: str, named: set[str]) -> bool:
    """Whether a word of the phrase begins with one of those words: "cramping", "cramp"."""
    return any(word.startswith(tuple(named)) for word in phrase.split())
