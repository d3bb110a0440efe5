"""Whether to believe what the recogniser returned. Pure.

A recogniser with a grammar must choose among the phrases it was given, and
reports full confidence in its choice. So acceptance rests on other evidence: by how
much the phrase beats the garbage model ("[unk]") and silence, whether a phrase
of another meaning came close, whether there was enough voice for words at all,
and what is at stake. A no ends a question about a clot, so it needs more than a
yes; a danger sign needs less, and is then read back as doubtful; a wake phrase
must be beyond doubt (:mod:`voice.listening.wake_acceptance`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from voice.content.interpret import meanings, understand
from voice.content.script import UNKNOWN_WORD, Grammar, Meaning, Statement, is_no, is_sign
from voice.listening.decision import Decision, Verdict
from voice.listening.hypotheses import Candidate, Evidence
from voice.listening.margins import margin_over, margins
from voice.listening.second_ear import reconsider_reply
from voice.listening.settings import AcceptanceSettings


def judge(grammar: Grammar, evidence: Evidence, settings: AcceptanceSettings) -> Decision:
    """Judge an utterance as a reply. For the wake grammar see :func:`judge_wake`."""
    alone = judge_alone(grammar, evidence, settings)
    return reconsider_reply(grammar, evidence, alone, settings)


def judge_alone(grammar: Grammar, evidence: Evidence, settings: AcceptanceSettings) -> Decision:
    """What the recogniser alone is worth."""
    if evidence.voice_s < settings.least_voiced * evidence.sound_s:
        return Decision(Verdict.NOT_SPEECH)
    decision = _judge_words(grammar, evidence, settings)
    # A cough, a sneeze or a click has only a moment of voice. Calling it unclear would make
    # Charley reprompt when the user said nothing. A phrase that stands out clearly from so
    # little voice is still read back, since a soft word may be cut short.
    if evidence.voice_s < settings.least_voice_s:
        doubtful = decision.verdict is Verdict.ACCEPTED
        verdict = Verdict.DOUBTFUL if doubtful else Verdict.NOT_SPEECH
        return replace(decision, verdict=verdict)
    if decision.verdict is Verdict.REFUSED and evidence.voice_s < settings.least_unclear_s:
        return replace(decision, verdict=Verdict.NOT_SPEECH)
    # A dog's bark sounds like a no, and half of it is voice.
    plain_no = decision.verdict is Verdict.ACCEPTED and is_no(decision.meaning)
    if plain_no and evidence.voice_s < settings.no_voiced * evidence.sound_s:
        return replace(decision, verdict=Verdict.DOUBTFUL)
    return decision


def _judge_words(grammar: Grammar, evidence: Evidence, settings: AcceptanceSettings) -> Decision:
    danger = _danger(grammar, evidence.n_best, settings)
    if danger is not None:
        return danger
    correction = _correction(grammar, evidence.n_best, settings)
    if correction is not None:
        return correction
    best = _best_whole(grammar, evidence.n_best)
    if best is None:
        return Decision(Verdict.REFUSED)
    words, meaning = evidence.n_best[best].words, _whole_meaning(grammar, evidence, best)
    margin = margins(grammar, evidence.n_best, best)
    extra = settings.no_extra_margin if is_no(meaning) else 0.0
    if min(margin.garbage, margin.rival) < settings.doubtful_margin + extra or margin.fragment < 0:
        return Decision(Verdict.REFUSED, margin=margin.garbage)
    clear = (
        margin.garbage >= settings.clear_margin + extra and margin.rival >= settings.rival_margin
    )
    verdict = Verdict.ACCEPTED if clear else Verdict.DOUBTFUL
    return Decision(verdict, words, meaning, margin.garbage, best)


def _danger(
    grammar: Grammar, n_best: Sequence[Candidate], settings: AcceptanceSettings
) -> Decision | None:
    """A danger sign in any candidate that is close enough to the best, whatever else it holds."""
    for index, candidate in enumerate(n_best):
        understood = understand(grammar, candidate.words)
        if understood is None or not is_sign(understood.meaning):
            continue
        if _is_denied(grammar, n_best, index, settings):
            continue
        margin = margins(grammar, n_best, index).garbage
        if understood.whole:
            heard = margin >= settings.danger_margin
        else:
            # Other speech may be recognised as a jumble of phrases and pieces of them, with a
            # danger sign among them by chance. When one really was said, the rest is short or
            # unknown, and every hypothesis contains the sign.
            without = [r for r in n_best if not _has_danger(grammar, r)]
            heard = (
                _danger_share(grammar, candidate) >= settings.danger_share
                and margin_over(candidate, without) >= settings.danger_beside_margin
            )
        if not heard:
            continue
        clear = index == 0 and understood.whole and margin >= settings.clear_margin
        verdict = Verdict.ACCEPTED if clear else Verdict.DOUBTFUL
        return Decision(verdict, candidate.words, understood.meaning, margin, index)
    return None


def _is_denied(
    grammar: Grammar, n_best: Sequence[Candidate], index: int, settings: AcceptanceSettings
) -> bool:
    """Whether a plain denial of that same sign beats it: "I can breathe" over "I can't"."""
    sign = understand(grammar, n_best[index].words)
    return any(
        other is not None
        and other.whole
        and isinstance(other.meaning, Statement)
        and is_no(other.meaning)
        and sign is not None
        and other.meaning.question in sign.signs
        and candidate.score - n_best[index].score >= settings.rival_margin
        for candidate in n_best[:index]
        for other in (understand(grammar, candidate.words),)
    )


def _correction(
    grammar: Grammar, n_best: Sequence[Candidate], settings: AcceptanceSettings
) -> Decision | None:
    """A no, and something in the same breath that contradicts it: "no ... wait, yes".

    Together they have no meaning, so the utterance is doubtful; the dialogue looks at both.
    """
    for index, candidate in enumerate(n_best):
        understood = understand(grammar, candidate.words)
        if understood is not None and understood.whole:
            return None
        against = understood is None or not (is_no(understood.meaning) or understood.signs)
        if against and any(map(is_no, meanings(grammar, candidate.words))):
            garbage = [r for r in n_best if not meanings(grammar, r.words)]
            margin = margin_over(candidate, garbage)
            if margin >= settings.doubtful_margin:
                return Decision(Verdict.DOUBTFUL, candidate.words, None, margin, index)
    return None


def _danger_share(grammar: Grammar, candidate: Candidate) -> float:
    """The share of a candidate's known words that belongs to danger signs."""
    rest = f" {candidate.words} "
    signs = (p.words for p in grammar.phrases if is_sign(p.meaning))
    for words in sorted(signs, key=len, reverse=True):
        rest = rest.replace(f" {words} ", "  ")
    known, beside = (
        sum(word != UNKNOWN_WORD for word in text.split()) for text in (candidate.words, rest)
    )
    return 1.0 - beside / known


def _has_danger(grammar: Grammar, candidate: Candidate) -> bool:
    understood = understand(grammar, candidate.words)
    return understood is not None and is_sign(understood.meaning)


def _best_whole(grammar: Grammar, n_best: Sequence[Candidate]) -> int | None:
    """The index of the best candidate that is exactly one phrase with a meaning."""
    for index, candidate in enumerate(n_best):
        understood = understand(grammar, candidate.words)
        if understood is not None and understood.whole:
            return index
    return None


def _whole_meaning(grammar: Grammar, evidence: Evidence, index: int) -> Meaning | None:
    understood = understand(grammar, evidence.n_best[index].words)
    return None if understood is None else understood.meaning
