"""The ears: blocks of the microphone in, events out.

A block passes the level gate, the voice gate, the endpoint and the recogniser,
and its utterance the rule of acceptance. Laws of this file:

- While Charley can be heard in a block, and shortly after, it is deaf. What was
  being said when Charley began to sound is judged as far as it got.
- Where an echo canceller has taken Charley's voice out, it hears through it. It then
  takes more to believe that somebody speaks, an answer given so is doubtful, since
  the question was not heard out, and what is not understood was nothing.
- Audio of the present utterance is kept, so that a grammar which changes in the
  midst of it decodes all of it anew.
- Time is an argument; it is the end of the block that is heard.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from voice.audio.samples import BLOCK_S, Samples, blocks_in
from voice.content.script import GrammarKey, is_no
from voice.dialogue.actions import Listen
from voice.dialogue.events import Event, SilenceHeard, SpeechUnclear
from voice.dialogue.voice_status import SignalQuality
from voice.echo.echo_control import EchoControl
from voice.listening.acceptance import (
    AcceptanceSettings,
    Decision,
    Verdict,
    is_believed,
    is_wake,
    judge,
    judge_wake,
)
from voice.listening.endpointing import Endpoint, ListeningSettings, Phase, closing_quiet_s
from voice.listening.evidence import Evidence
from voice.listening.grammar_fitting import Vocabulary
from voice.listening.readings import readings_asleep, readings_awake
from voice.listening.refractory import Refractory
from voice.listening.signal_quality import signal_quality_of
from voice.listening.utterance import Closed, Segment, events_of
from voice.listening.voice_activity import OWN_ONSET_S, Sensed, VoiceActivityDetector
from voice.listening.wake_verification import hear_call_alone
from voice.ports import Hypothesis, Recogniser, Utterance, VoiceGate

__all__ = ["Ears", "HeardUtterance", "ListeningSettings"]


@dataclass(frozen=True)
class HeardUtterance:
    """An utterance that is over, and what it was taken for; for logs and measuring.

    Times are seconds on the audio clock: of the words believed, else of the sound.
    """

    at_s: float
    start_s: float
    end_s: float
    grammar: GrammarKey
    evidence: Evidence
    judgement: Decision


class Ears:
    """Listens for what it was last asked to.

    ``vocabulary`` is a script's, fitted to the recogniser's model by
    :func:`voice.listening.grammar_fitting.fit_script`.
    ``on_utterance`` is told of every utterance, accepted or not.
    """

    def __init__(
        self,
        gate: VoiceGate,
        recogniser: Recogniser,
        vocabulary: Vocabulary,
        settings: ListeningSettings | None = None,
        acceptance: AcceptanceSettings | None = None,
        *,
        echo: EchoControl | None = None,
        on_utterance: Callable[[HeardUtterance], None] | None = None,
    ) -> None:
        self._recogniser = recogniser
        self._settings = settings or ListeningSettings()
        self._acceptance = acceptance or AcceptanceSettings()
        self._vocabulary = vocabulary
        self._echo = echo
        self._on_utterance = on_utterance
        self._sense = VoiceActivityDetector(gate, self._settings)
        self._endpoint = Endpoint(self._settings)
        self._recent: deque[Samples] = deque(maxlen=blocks_in(self._settings.pre_roll_s))
        self._segment: Segment | None = None
        self._request: Listen | None = None
        self._own_until_s = 0.0
        self._silent_at_s = 0.0
        self._correction_until_s = 0.0
        self._said: frozenset[str] = frozenset()
        self._quiet_s = 0.0
        self._patient = True
        self._refractory = Refractory(self._settings, self._acceptance.wake_margin)
        self._signal_quality = SignalQuality.WELL

    def listen(self, request: Listen) -> None:
        """Listen for something else from now on, and be patient anew."""
        self._request = request
        self._quiet_s, self._patient = 0.0, True
        self._refractory.listening(asleep=request.grammar is GrammarKey.WAKE)
        if self._segment is not None:
            self._decode_anew(self._segment)

    @property
    def hearing(self) -> bool:
        """Whether somebody is speaking."""
        return self._segment is not None

    @property
    def signal_quality(self) -> SignalQuality:
        """How well the last utterance that was believed came in."""
        return self._signal_quality

    @property
    def interrupted(self) -> bool:
        """Whether somebody is speaking, who began while Charley spoke."""
        return self._segment is not None and self._segment.said is not None

    def drop(self) -> None:
        """Forget what is being said."""
        self._forget()

    def reset_echo_path(self) -> None:
        """The sound devices are others now."""
        if self._echo is not None:
            self._echo.forget()

    def hear(
        self,
        block: Samples,
        at_s: float,
        *,
        sounding: bool,
        busy: bool,
        said: frozenset[str] = frozenset(),
    ) -> tuple[Event, ...]:
        """Hear one block, which ends at ``at_s``. Returns what it made certain.

        ``sounding``: Charley is speaking just now, and ``said`` are the words of it.
        ``busy``: Charley still has something to say, so that silence is not yet the
        person's.
        """
        self._said = said
        self._refractory.pass_time(at_s, busy=busy or sounding)
        cleaned = None if self._echo is None else self._echo.clean(block)
        request = self._request
        if request is None:
            return ()
        if sounding:
            self._own_until_s = at_s + self._settings.tail_guard_s
        else:
            self._silent_at_s = at_s
        own = at_s <= self._own_until_s
        speaking = self._endpoint.speaking
        if cleaned is not None:
            own_onset = sounding and at_s - self._silent_at_s <= OWN_ONSET_S
            sensed = self._sense.sense_over(
                cleaned.voice, cleaned.echo_suppression_db, speaking=speaking, own_onset=own_onset
            )
            events = self._hear_block(request, cleaned.words, sensed, at_s, over=own)
        elif own:
            events = self._cut_off(request, at_s)
        else:
            sensed = self._sense.sense(block, speaking=speaking)
            events = self._hear_block(request, block, sensed, at_s, over=False)
        if busy or sounding or events:
            self._quiet_s = 0.0
            return events
        return self._wait(request, at_s)

    def _wait(self, request: Listen, at_s: float) -> tuple[Event, ...]:
        """Count the quiet, and report it once it has lasted too long."""
        if self._segment is None:
            self._quiet_s += BLOCK_S
        if request.patience_s is None or not self._patient or self._quiet_s < request.patience_s:
            return ()
        self._patient = False
        return (SilenceHeard(at_s, request.listen),)

    def _hear_block(
        self, request: Listen, block: Samples, sensed: Sensed, at_s: float, *, over: bool
    ) -> tuple[Event, ...]:
        self._recent.append(block)
        phase = self._endpoint.hear(
            sensed.probability,
            sensed.level_dbfs,
            above_floor=sensed.above_floor,
            is_barge_in=sensed.is_barge_in,
        )
        if phase is Phase.QUIET:
            return ()
        if phase is Phase.SPEECH_START:
            self._segment = self._begin(list(self._recent), at_s, over=over)
            return ()
        segment = self._segment
        assert segment is not None  # noqa: S101 - the endpoint speaks only of a segment
        self._extend(segment, block)
        if phase is Phase.OVER:
            return self._end(request, segment, at_s)
        if phase is Phase.ENDPOINT_CANDIDATE:
            return self._perhaps_end(request, segment, at_s)
        return ()

    def _begin(self, blocks: list[Samples], at_s: float, *, over: bool) -> Segment:
        began_at_s = at_s - self._endpoint.length * BLOCK_S
        return Segment(
            start_s=at_s - len(blocks) * BLOCK_S,
            began_at_s=began_at_s,
            decoder=self._decode(blocks),
            said=self._said if over else None,
            corrects=began_at_s <= self._correction_until_s,
            near=self._echo is not None and self._echo.under_way,
            blocks=blocks,
        )

    def _decode(self, blocks: Sequence[Samples]) -> Utterance:
        assert self._request is not None  # noqa: S101 - nothing is heard before the first Listen
        decoder = self._recogniser.begin(self._vocabulary[self._request.grammar].phrases)
        for block in blocks:
            decoder.accept(block)
        return decoder

    def _decode_anew(self, segment: Segment) -> None:
        segment.decoder, segment.closed = self._decode(segment.blocks), None

    def _extend(self, segment: Segment, block: Samples) -> None:
        segment.blocks.append(block)
        if segment.closed is None:
            segment.decoder.accept(block)
        elif self._endpoint.sounding:
            # It was not over after all: what was closed too early is decoded anew.
            self._decode_anew(segment)

    def _perhaps_end(self, request: Listen, segment: Segment, at_s: float) -> tuple[Event, ...]:
        """A short quiet: enough if what was said is a whole phrase, and believed.

        Awake, the utterance is closed to know it for certain; should it go on, it
        is decoded anew. Asleep most speech is nobody's business, so it is closed
        only once the reading so far holds a wake phrase.
        """
        if segment.closed is None:
            if request.grammar is GrammarKey.WAKE and not self._may_wake(segment):
                return ()
            segment.closed = self._close(request, segment)
        judgement = segment.closed.judgement
        if not is_believed(judgement):
            return ()
        needed_s = closing_quiet_s(self._settings, request.grammar, judgement.meaning)
        if self._endpoint.quiet < blocks_in(needed_s):
            return ()
        return self._report(request, segment, at_s)

    def _may_wake(self, segment: Segment) -> bool:
        """Whether what was heard so far would wake, and the quiet after it is long enough."""
        if self._endpoint.quiet < blocks_in(self._settings.wake_s):
            return False
        fitted = self._vocabulary[GrammarKey.WAKE]
        heard = fitted.as_written(segment.decoder.partial().split())
        return is_wake(fitted.grammar, self._vocabulary.wake_phrases, heard)

    def _end(self, request: Listen, segment: Segment, at_s: float) -> tuple[Event, ...]:
        if segment.closed is None:
            segment.closed = self._close(request, segment)
        return self._report(request, segment, at_s)

    def _close(self, request: Listen, segment: Segment) -> Closed:
        hypotheses = segment.decoder.finish()
        evidence = self._evidence(request, segment, hypotheses)
        return Closed(hypotheses, self._judge(request, segment, evidence), evidence)

    def _cut_off(self, request: Listen, at_s: float) -> tuple[Event, ...]:
        """Charley has begun to sound: believe what was heard so far, or drop it."""
        events: tuple[Event, ...] = ()
        if self._segment is not None:
            kept = self._segment.corrects
            found = self._end(request, self._segment, at_s)
            events = tuple(e for e in found if kept or not isinstance(e, SpeechUnclear))
        self._forget()
        self._sense.rest()
        return events

    def _judge(self, request: Listen, segment: Segment, evidence: Evidence) -> Decision:
        grammar, phrases = self._vocabulary[request.grammar].grammar, self._vocabulary.wake_phrases
        settings = self._acceptance
        if request.grammar is GrammarKey.WAKE:
            judgement = judge_wake(grammar, phrases, evidence, settings)
        else:
            judgement = judge(grammar, evidence, settings)
        if self._is_own(segment, judgement, evidence):
            return Decision(Verdict.NOT_SPEECH)
        return judgement

    def _evidence(self, request: Listen, segment: Segment, found: Sequence[Hypothesis]) -> Evidence:
        fitted = self._vocabulary[request.grammar]
        sound_s, voice_s = (n * BLOCK_S for n in (self._endpoint.span, self._endpoint.voiced))
        if request.grammar is not GrammarKey.WAKE:
            return Evidence(readings_awake(found, fitted), sound_s, voice_s)
        alone, settings = None, self._acceptance
        if found and sound_s > settings.lasting_talk_s:
            phrases, words = self._vocabulary.wake_phrases, found[0].words
            alone = hear_call_alone(
                self._recogniser, fitted, phrases, segment.blocks, words, settings=settings
            )
        return Evidence(readings_asleep(found, fitted, settings), sound_s, voice_s, alone)

    def _is_own(self, segment: Segment, judgement: Decision, evidence: Evidence) -> bool:
        """Whether it was Charley's own voice: by its sound, or by its very words."""
        if not segment.near or self._echo is None:
            return False
        if self._echo.is_own(len(segment.blocks) * BLOCK_S):
            return True
        if segment.said is None or judgement.reading is None:
            return False
        return segment.said.issuperset(evidence.readings[judgement.reading].words.split())

    def _report(self, request: Listen, segment: Segment, at_s: float) -> tuple[Event, ...]:
        assert segment.closed is not None  # noqa: S101 - it is closed before it is reported
        judgement, evidence = segment.closed.judgement, segment.closed.evidence
        if self._on_utterance is not None:
            start_s, end_s = _times(segment, segment.closed)
            told = HeardUtterance(at_s, start_s, end_s, request.grammar, evidence, judgement)
            self._on_utterance(told)
        self._forget()
        if judgement.reading is not None:
            self._signal_quality = signal_quality_of(segment.blocks)
            heard = evidence.readings[judgement.reading].words
            if not self._refractory.believes(judgement, heard, at_s):
                return ()
        if is_believed(judgement) and is_no(judgement.meaning):
            self._correction_until_s = at_s + self._settings.correction_s
        grammar = self._vocabulary[request.grammar].grammar
        return events_of(request, grammar, at_s, judgement, segment)

    def _forget(self) -> None:
        self._segment = None
        self._endpoint.reset()
        self._sense.forget()
        self._recent.clear()


def _times(segment: Segment, closed: Closed) -> tuple[float, float]:
    """When the words that were believed began and ended; else the sound, from its pre-roll on."""
    believed = closed.judgement.reading
    words = () if believed is None else closed.hypotheses[believed].words
    if words:
        return segment.start_s + words[0].start_s, segment.start_s + words[-1].end_s
    return segment.start_s, segment.start_s + len(segment.blocks) * BLOCK_S
