"""What two ears make of an utterance together: the one joint rule. Pure.

The recogniser knows grammars, and finds a phrase in anything; the keyword spotter knows a few
words by their sound, and whoever says them. They mishear different things. So:

- Where the recogniser believes one keyword and the spotter clearly hears another of another
  meaning, neither is believed.
- Where the recogniser refuses what was said and the spotter hears a keyword, the keyword is
  doubtful: Charley asks whether that was said. In a longer utterance, which may be other people
  talking, the recogniser must have thought of the word too.
- Asleep, a wake phrase that the recogniser heard without being sure wakes Charley if the spotter
  hears it, and one that it was sure of does not if the spotter hears nothing like it. The spotter
  alone never wakes Charley. A danger sign is none of its business.

So awake the second ear makes nothing certain that was not: it takes certainty away, or asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import itemgetter

from voice.content.interpret import split_wake, understand
from voice.content.script import Grammar, Meaning
from voice.listening.decision import Decision, Refusal, Verdict
from voice.listening.hypotheses import Candidate, Evidence
from voice.listening.settings import AcceptanceSettings


def is_wanted(evidence: Evidence, decision: Decision, settings: AcceptanceSettings) -> bool:
    """Whether the second ear could change that decision on a reply, and so is worth asking."""
    if not evidence.n_best or evidence.sound_s > settings.spotted_s:
        return False
    if decision.verdict is Verdict.REFUSED:
        return True
    if decision.verdict is Verdict.NOT_SPEECH:
        return evidence.voice_s >= settings.least_voice_s
    return " " not in decision.words


def reconsider_reply(
    grammar: Grammar, evidence: Evidence, decision: Decision, settings: AcceptanceSettings
) -> Decision:
    """The recogniser's decision on a reply, in the light of what the second ear heard."""
    if evidence.spotted is None:
        return decision
    heard = _by_meaning(grammar, evidence.spotted)
    if not heard or not is_wanted(evidence, decision, settings):
        return decision
    meaning, (keyword, log_odds) = max(heard.items(), key=lambda item: item[1][1])
    if decision.verdict in (Verdict.ACCEPTED, Verdict.DOUBTFUL):
        own = heard.get(decision.meaning) if decision.meaning is not None else None
        clash = own is not None and meaning != decision.meaning and log_odds >= settings.spotted
        return replace(decision, verdict=Verdict.REFUSED, candidate=None) if clash else decision
    if log_odds < settings.spotted:
        return decision
    thought_of = any(keyword in candidate.words.split() for candidate in evidence.n_best)
    if not thought_of and evidence.sound_s > settings.spotted_alone_s:
        return decision
    return Decision(Verdict.DOUBTFUL, keyword, meaning, log_odds, second_ear=True)


def reconsider_call(
    wake_phrases: Sequence[str],
    evidence: Evidence,
    decision: Decision,
    settings: AcceptanceSettings,
) -> Decision:
    """The recogniser's decision while asleep, in the light of what the second ear heard."""
    if evidence.spotted is None or not is_wanted_asleep(wake_phrases, evidence, decision):
        return decision
    for index, candidate in enumerate(evidence.n_best):
        called = _called(candidate, wake_phrases)
        log_odds = None if called is None else evidence.spotted.get(called[0])
        if called is None or log_odds is None:
            continue
        if decision.verdict is Verdict.ACCEPTED:
            return _denied(decision) if log_odds < settings.spotted_never else decision
        if log_odds >= settings.spotted_call:
            return Decision(
                Verdict.ACCEPTED, called[1], None, decision.margin, index, second_ear=True
            )
    return decision


def _denied(decision: Decision) -> Decision:
    return Decision(
        Verdict.NOT_SPEECH, margin=decision.margin, refusal=Refusal.UNHEARD_BY_SECOND_EAR
    )


def is_wanted_asleep(wake_phrases: Sequence[str], evidence: Evidence, decision: Decision) -> bool:
    """Whether the second ear could change that decision, and so is worth asking."""
    if decision.verdict is Verdict.ACCEPTED:
        return decision.meaning is None  # a wake phrase, no danger sign
    if decision.refusal is Refusal.TOO_LITTLE_VOICE:
        return False
    return any(_called(candidate, wake_phrases) for candidate in evidence.n_best)


def _by_meaning(
    grammar: Grammar, spotted: Mapping[str, float]
) -> Mapping[Meaning, tuple[str, float]]:
    """The likeliest keyword of each meaning in the grammar; the others mean nothing there.

    Wake phrases are left out. In a conversation they begin another stretch, which nobody is
    asked about first, so the recogniser must have heard them.
    """
    found: dict[Meaning, tuple[str, float]] = {}
    words = (one for one in spotted.items() if " " not in one[0])
    for keyword, log_odds in sorted(words, key=itemgetter(1)):
        understood = understand(grammar, keyword)
        if understood is not None and understood.whole:
            found[understood.meaning] = keyword, log_odds
    return found


def _called(candidate: Candidate, wake_phrases: Sequence[str]) -> tuple[str, str] | None:
    """The wake phrase in a candidate, and the words after it."""
    for phrase in wake_phrases:
        rest = split_wake(candidate.words, (phrase,))
        if rest is not None:
            return phrase, rest
    return None
