"""The dialogue for a front end that has text instead of sound: words in, seconds out. Pure.

Typed conversations and other assistants' speech services have this in common: speech arrives as
words, and how long a line takes to say can only be estimated.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from voice.content.interpret import split_wake, understand
from voice.content.script import STRICT, GrammarKey, LineKey, Script, is_cry
from voice.dialogue.actions import Action, Listen, Say
from voice.dialogue.diary import NO_DIARY, Summary
from voice.dialogue.events import Event, SpeechHeard, SpeechUnclear, WakeHeard
from voice.dialogue.hold import Cue, Hold, lay_out
from voice.dialogue.voice_status import AS_USUAL, VoiceStatus

WORD_S: Final = 0.4
"""Seconds per spoken word, for Charley and the user alike."""

_RATE_HZ: Final = 1000
"""Milliseconds; the estimates are no finer than that."""


def plain(written: str) -> str:
    """Written words as a recogniser would give them: lower case, apostrophes, nothing else."""
    kept = (c if c.isalnum() or c == "'" else " " for c in written.lower().replace("\u2019", "'"))
    return " ".join("".join(kept).split())


def heard(
    script: Script,
    wake_phrases: Iterable[str],
    listening: Listen,
    words: str,
    *,
    at_s: float,
    diary: Summary = NO_DIARY,
    voice_status: VoiceStatus = AS_USUAL,
) -> Event | None:
    """The event that plain ``words`` amount to; None for words that mean nothing while asleep.

    Takes them as the listening chain would: whole phrases surely, others doubtfully. While
    asleep only a wake phrase counts, or a danger sign or a call for help that is the whole of
    what was said.
    """
    listen = listening.listen
    asleep = listening.grammar is GrammarKey.WAKE
    rest = split_wake(words, wake_phrases) if asleep else None
    if rest is not None:
        return WakeHeard(at_s, listen, rest, voice_status=voice_status, diary=diary)
    understood = understand(script.grammars[listening.grammar], words)
    if asleep:
        if understood is not None and understood.whole and is_cry(understood.meaning):
            return WakeHeard(
                at_s, listen, words, uncalled=True, voice_status=voice_status, diary=diary
            )
        return None
    grammar = script.grammars[listening.grammar]
    # What a word means depends on what was asked, which only the dialogue knows.
    asked = (*(question.key for question in script.questions), *STRICT)
    readings = [understood, *(understand(grammar, words, key) for key in asked)]
    if not any(readings):
        return SpeechUnclear(at_s, listen)
    doubtful = not any(reading is not None and reading.whole for reading in readings)
    return SpeechHeard(
        at_s, listen, words, doubtful=doubtful, voice_status=voice_status, diary=diary
    )


def listening(actions: Iterable[Action]) -> Listen:
    """What to listen for from now on: every step of the dialogue includes a ``Listen``."""
    return next(action for action in actions if isinstance(action, Listen))


def said(actions: Iterable[Action]) -> tuple[LineKey, ...]:
    """The lines to say now, outside a hold."""
    return tuple(line for action in actions if isinstance(action, Say) for line in action.lines)


def spoken_s(script: Script, line: LineKey) -> float:
    """Roughly how long a line takes to say, in seconds."""
    return WORD_S * len(script.text(line).split())


def lines_in_hold(script: Script, plan: Hold) -> tuple[Cue, ...]:
    """What is said in a hold, and when, in order of time; no two lines overlap."""
    said = {*plan.opening, *(cue.line for cue in plan.cues())}
    lengths = {line: round(spoken_s(script, line) * _RATE_HZ) for line in said}
    return tuple(Cue(p.offset / _RATE_HZ, p.line) for p in lay_out(plan, lengths, _RATE_HZ))
