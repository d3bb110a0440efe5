"""Whether to believe what the recogniser wrote. Pure.

A recogniser with a grammar must choose among the phrases it was given, and
reports full confidence for its choice. So belief rests on other things: by how
much the phrase beats the garbage model ("[unk]") and silence, whether a phrase
of another meaning came close, whether there was voice enough for words at all,
and what hangs on it. A no ends a question about a clot, so it needs more than a
yes; a danger sign needs less, and is then read back as doubtful; a wake phrase
must be beyond doubt, since it speaks up in a sleeping room.

Margins are differences of log-likelihood between readings of one utterance. A
reading that is not among the alternatives is at least the recogniser's own
lattice beam behind (about 6), so larger margins than that cannot be told apart.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Final

from msgspec import Meta

from voice.content.interpret import meanings, split_wake, understand
from voice.content.script import UNKNOWN_WORD, Grammar, Meaning, Statement, is_no, is_sign
from voice.listening.evidence import Evidence, Reading

MAX_MARGIN: Final = 20.0
"""The margin over readings that are not among the alternatives at all."""


@dataclass(frozen=True)
class AcceptanceSettings:
    """How much a phrase must have for it to be believed. Margins are log-likelihoods."""

    clear_margin: Annotated[
        float, Meta(ge=-10, le=20, description="From this lead over garbage a phrase is believed.")
    ] = 3.0
    doubtful_margin: Annotated[
        float, Meta(ge=-10, le=20, description="From this lead over garbage it is doubtful.")
    ] = 0.0
    no_extra_margin: Annotated[
        float, Meta(ge=0, le=10, description="What a no needs on top of both.")
    ] = 3.0
    no_voiced: Annotated[
        float, Meta(ge=0, le=1, description="A no with a smaller part of voice is doubtful.")
    ] = 0.65
    rival_margin: Annotated[
        float, Meta(ge=0, le=10, description="The lead over other words, else it is doubtful.")
    ] = 2.0
    danger_margin: Annotated[
        float, Meta(ge=-10, le=10, description="From this lead a danger sign is doubtful.")
    ] = -4.0
    danger_beside_margin: Annotated[
        float,
        Meta(ge=-5, le=10, description="Beside other speech: its lead over readings without it."),
    ] = 0.5
    danger_share: Annotated[
        float, Meta(ge=0, le=1, description="The least part it has of the words that are known.")
    ] = 0.5
    wake_margin: Annotated[
        float, Meta(ge=-10, le=20, description="The lead over garbage that a wake phrase needs.")
    ] = 4.0
    wake_rival_margin: Annotated[
        float, Meta(ge=0, le=10, description="The lead over decoys that a wake phrase needs.")
    ] = 1.0
    wake_beside_margin: Annotated[
        float, Meta(ge=0, le=10, description="The same, where other speech is beside it.")
    ] = 3.0
    longest_word_s: Annotated[
        float, Meta(ge=0.2, le=10, description="Asleep: a word that lasts longer was not said,")
    ] = 0.6
    longest_letter_s: Annotated[
        float, Meta(ge=0, le=1, description="by so much more for each of its letters.")
    ] = 0.2
    lasting_talk_s: Annotated[
        float, Meta(ge=1, le=30, description="Asleep: in longer talk a call is heard again alone.")
    ] = 5.0
    least_voice_s: Annotated[
        float, Meta(ge=0, le=1, description="Less voice than this leaves a phrase doubtful.")
    ] = 0.1
    least_unclear_s: Annotated[
        float, Meta(ge=0, le=1, description="Less voice without a phrase is a cough or a click.")
    ] = 0.2
    least_voiced: Annotated[
        float, Meta(ge=0, le=1, description="A smaller part of voice in the sound is no speech.")
    ] = 0.4


class Verdict(enum.Enum):
    """What becomes of an utterance."""

    ACCEPTED = "accepted"
    DOUBTFUL = "doubtful"
    REFUSED = "refused"
    """Somebody spoke, and it was none of what was listened for."""
    NOT_SPEECH = "not_speech"
    """A noise, or speech that is nobody's business while asleep."""


@dataclass(frozen=True)
class Decision:
    """The verdict, what was understood, and the lead it had over garbage.

    Believed without a ``meaning`` is a no with something beside it that goes against it.
    ``reading`` is the index of the reading that was believed, None where none was.
    ``words`` are its words; after a wake phrase, those that follow it.
    """

    verdict: Verdict
    words: str = ""
    meaning: Meaning | None = None
    margin: float = 0.0
    reading: int | None = None


def is_believed(judgement: Decision) -> bool:
    """Whether words were understood, surely or doubtfully."""
    return judgement.verdict in (Verdict.ACCEPTED, Verdict.DOUBTFUL)


def judge(grammar: Grammar, evidence: Evidence, settings: AcceptanceSettings) -> Decision:
    """Judge an utterance that was a reply. For the wake grammar there is :func:`judge_wake`."""
    if evidence.voice_s < settings.least_voiced * evidence.sound_s:
        return Decision(Verdict.NOT_SPEECH)
    judgement = _judge_words(grammar, evidence, settings)
    # A cough, a sneeze or a click is over after a moment of voice. Calling it unclear
    # would make Charley ask again for what nobody said. A phrase that stands out clearly
    # from so little is still asked back, since a word may be cut short by its own softness.
    if evidence.voice_s < settings.least_voice_s:
        doubtful = judgement.verdict is Verdict.ACCEPTED
        verdict = Verdict.DOUBTFUL if doubtful else Verdict.NOT_SPEECH
        return replace(judgement, verdict=verdict)
    if judgement.verdict is Verdict.REFUSED and evidence.voice_s < settings.least_unclear_s:
        return replace(judgement, verdict=Verdict.NOT_SPEECH)
    # A dog's bark sounds like a no, and half of it is voice.
    plain_no = judgement.verdict is Verdict.ACCEPTED and is_no(judgement.meaning)
    if plain_no and evidence.voice_s < settings.no_voiced * evidence.sound_s:
        return replace(judgement, verdict=Verdict.DOUBTFUL)
    return judgement


def _judge_words(grammar: Grammar, evidence: Evidence, settings: AcceptanceSettings) -> Decision:
    danger = _danger(grammar, evidence.readings, settings)
    if danger is not None:
        return danger
    correction = _correction(grammar, evidence.readings, settings)
    if correction is not None:
        return correction
    best = _best_whole(grammar, evidence.readings)
    if best is None:
        return Decision(Verdict.REFUSED)
    words, meaning = evidence.readings[best].words, _whole_meaning(grammar, evidence, best)
    lead = _leads(grammar, evidence.readings, best)
    extra = settings.no_extra_margin if is_no(meaning) else 0.0
    if min(lead.garbage, lead.rival) < settings.doubtful_margin + extra or lead.fragment < 0:
        return Decision(Verdict.REFUSED, margin=lead.garbage)
    clear = lead.garbage >= settings.clear_margin + extra and lead.rival >= settings.rival_margin
    verdict = Verdict.ACCEPTED if clear else Verdict.DOUBTFUL
    return Decision(verdict, words, meaning, lead.garbage, best)


def judge_wake(
    grammar: Grammar,
    wake_phrases: Sequence[str],
    evidence: Evidence,
    settings: AcceptanceSettings,
) -> Decision:
    """Judge an utterance while asleep: ACCEPTED or nothing.

    ``words`` are those after the wake phrase in the same breath, and ``meaning`` is
    None. A danger sign without a wake phrase wakes too; it is then the meaning.
    """
    too_little = evidence.voice_s < settings.least_voice_s
    if too_little or evidence.voice_s < settings.least_voiced * evidence.sound_s:
        return Decision(Verdict.NOT_SPEECH)
    if not evidence.readings:
        return Decision(Verdict.NOT_SPEECH)
    top = evidence.readings[0]
    rest = split_wake(top.words, wake_phrases)
    if rest is not None:
        others = [r for r in evidence.readings if split_wake(r.words, wake_phrases) is None]
        unknown = [r for r in others if not r.words or UNKNOWN_WORD in r.words]
        margin = margin_over(top, unknown)
        plain = _is_plain_call(grammar, wake_phrases, top.words)
        # Other speech may be read as a jumble of pieces with a wake phrase among them by
        # chance; it then hardly leads those without one.
        needed = settings.wake_rival_margin if plain else settings.wake_beside_margin
        clear = margin >= settings.wake_margin and margin_over(top, others) >= needed
        if evidence.alone is not None:
            alone = _lead_of_call(evidence.alone, wake_phrases)
            clear = clear and alone >= settings.wake_beside_margin
        if clear and (plain or _may_stand_beside(wake_phrases, top.words)):
            return Decision(Verdict.ACCEPTED, rest, None, margin, 0)
        return Decision(Verdict.NOT_SPEECH, margin=margin)
    understood = understand(grammar, top.words)
    if understood is None or not is_wake(grammar, wake_phrases, top.words):
        return Decision(Verdict.NOT_SPEECH)
    lead = _leads(grammar, evidence.readings, 0)
    if lead.garbage < settings.wake_margin or lead.rival < settings.wake_rival_margin:
        return Decision(Verdict.NOT_SPEECH, margin=lead.garbage)
    return Decision(Verdict.ACCEPTED, top.words, understood.meaning, lead.garbage, 0)


def _lead_of_call(readings: Sequence[Reading], wake_phrases: Sequence[str]) -> float:
    """By how much the best reading with a call leads those without; far behind if there is none."""
    called = [r for r in readings if split_wake(r.words, wake_phrases) is not None]
    others = [r for r in readings if split_wake(r.words, wake_phrases) is None]
    return margin_over(called[0], others) if called else -MAX_MARGIN


def _is_plain_call(grammar: Grammar, wake_phrases: Sequence[str], words: str) -> bool:
    """Whether a wake phrase is all that was said, or is followed by something listened for."""
    for phrase in wake_phrases:
        if words == phrase:
            return True
        understood = understand(grammar, words.removeprefix(f"{phrase} "))
        if words.startswith(f"{phrase} ") and understood is not None and understood.whole:
            return True
    return False


def _may_stand_beside(wake_phrases: Sequence[str], words: str) -> bool:
    """Whether a wake phrase in the words may have other speech beside it.

    A single word is soon found in a stretch of other speech; two words or more are not.
    """
    return any(" " in p and split_wake(words, (p,)) is not None for p in wake_phrases)


def is_wake(grammar: Grammar, wake_phrases: Sequence[str], words: str) -> bool:
    """Whether ``words`` would wake: a wake phrase, or a danger sign by itself."""
    if split_wake(words, wake_phrases) is not None:
        return True
    understood = understand(grammar, words)
    if understood is None or not understood.whole:
        return False
    return is_sign(understood.meaning) and understood.meaning.wakes


def _danger(
    grammar: Grammar, readings: Sequence[Reading], settings: AcceptanceSettings
) -> Decision | None:
    """A danger sign in any reading that is not too far behind, whatever stands beside it."""
    for index, reading in enumerate(readings):
        understood = understand(grammar, reading.words)
        if understood is None or not is_sign(understood.meaning):
            continue
        if _is_denied(grammar, readings, index, settings):
            continue
        lead = _leads(grammar, readings, index).garbage
        if understood.whole:
            heard = lead >= settings.danger_margin
        else:
            # A stretch of other speech may be read as a jumble of phrases and of pieces of
            # them, with a danger sign among them by chance. Where one was said, the rest is
            # little or unknown, and every way to read it has the sign.
            without = [r for r in readings if not _has_danger(grammar, r)]
            heard = (
                _danger_share(grammar, reading) >= settings.danger_share
                and margin_over(reading, without) >= settings.danger_beside_margin
            )
        if not heard:
            continue
        clear = index == 0 and understood.whole and lead >= settings.clear_margin
        verdict = Verdict.ACCEPTED if clear else Verdict.DOUBTFUL
        return Decision(verdict, reading.words, understood.meaning, lead, index)
    return None


def _is_denied(
    grammar: Grammar, readings: Sequence[Reading], index: int, settings: AcceptanceSettings
) -> bool:
    """Whether a plain denial of that very sign leads it: "I can breathe" before "I can't"."""
    sign = understand(grammar, readings[index].words)
    return any(
        other is not None
        and other.whole
        and isinstance(other.meaning, Statement)
        and is_no(other.meaning)
        and sign is not None
        and other.meaning.question in sign.signs
        and reading.score - readings[index].score >= settings.rival_margin
        for reading in readings[:index]
        for other in (understand(grammar, reading.words),)
    )


def _correction(
    grammar: Grammar, readings: Sequence[Reading], settings: AcceptanceSettings
) -> Decision | None:
    """A no, and something in the same breath that goes against it: "no ... wait, yes".

    Together they mean nothing, so it is doubtful; what both are is for the dialogue to see.
    """
    for index, reading in enumerate(readings):
        understood = understand(grammar, reading.words)
        if understood is not None and understood.whole:
            return None
        against = understood is None or not (is_no(understood.meaning) or understood.signs)
        if against and any(map(is_no, meanings(grammar, reading.words))):
            garbage = [r for r in readings if not meanings(grammar, r.words)]
            lead = margin_over(reading, garbage)
            if lead >= settings.doubtful_margin:
                return Decision(Verdict.DOUBTFUL, reading.words, None, lead, index)
    return None


def _danger_share(grammar: Grammar, reading: Reading) -> float:
    """What part of the known words of a reading belongs to danger signs."""
    rest = f" {reading.words} "
    signs = (p.words for p in grammar.phrases if is_sign(p.meaning))
    for words in sorted(signs, key=len, reverse=True):
        rest = rest.replace(f" {words} ", "  ")
    known, beside = (
        sum(word != UNKNOWN_WORD for word in text.split()) for text in (reading.words, rest)
    )
    return 1.0 - beside / known


def _has_danger(grammar: Grammar, reading: Reading) -> bool:
    understood = understand(grammar, reading.words)
    return understood is not None and is_sign(understood.meaning)


def _best_whole(grammar: Grammar, readings: Sequence[Reading]) -> int | None:
    """The best reading that is nothing but a phrase with a meaning."""
    for index, reading in enumerate(readings):
        understood = understand(grammar, reading.words)
        if understood is not None and understood.whole:
            return index
    return None


def _whole_meaning(grammar: Grammar, evidence: Evidence, index: int) -> Meaning | None:
    understood = understand(grammar, evidence.readings[index].words)
    return None if understood is None else understood.meaning


@dataclass(frozen=True)
class _Leads:
    """By how much a reading leads those of other kinds; :data:`MAX_MARGIN` where there are none."""

    garbage: float
    """Speech that is not known, alone or beside a phrase, and silence."""
    rival: float
    """Phrases of another meaning, and decoys."""
    fragment: float
    """Pieces of phrases. The recogniser's own grammar lets them through, at a price, and
    a piece may sound just like a phrase: "know" of "don't know", beside "no"."""


def _leads(grammar: Grammar, readings: Sequence[Reading], index: int) -> _Leads:
    mine = readings[index]
    own = understand(grammar, mine.words)
    pieces = frozenset(word for row in grammar.meanings for word in row)
    garbage, rivals, fragments = [], [], []
    for reading in readings:
        other = understand(grammar, reading.words)
        if reading is mine:
            continue
        if not reading.words or UNKNOWN_WORD in reading.words:
            garbage.append(reading)
        elif other is not None and other.whole:
            if own is None or other.meaning != own.meaning:
                rivals.append(reading)
        elif pieces.issuperset(reading.words.split()):
            fragments.append(reading)
        else:
            rivals.append(reading)
    return _Leads(
        margin_over(mine, garbage), margin_over(mine, rivals), margin_over(mine, fragments)
    )


def margin_over(reading: Reading, others: Sequence[Reading]) -> float:
    return min((reading.score - other.score for other in others), default=MAX_MARGIN)
