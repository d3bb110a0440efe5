"""The ears: microphone blocks in, events out.

A block passes the level gate, the voice gate, the endpoint and the recogniser,
and its utterance the acceptance rule. Laws of this file:

- While Charley can be heard in a block, and shortly after, the ears are deaf. Speech that
  was under way when Charley began to sound is judged as far as it got.
- Where an echo canceller has taken Charley's voice out, they hear through it. Barge-in
  then takes more evidence, an answer given that way is doubtful, since the question was
  not heard out, and a no-match is ignored.
- Audio of the current utterance is kept, so that when the grammar changes in the
  middle of it, all of it is decoded again.
- Time is an argument: the end of the block that is heard.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from voice.audio.frame import Frame, OutputStatus
from voice.audio.samples import BLOCK_S, Samples, blocks_in
from voice.content.script import GrammarKey, is_no
from voice.dialogue.actions import Listen
from voice.dialogue.events import Event, SilenceHeard, SpeechUnclear
from voice.dialogue.voice_status import SignalQuality
from voice.echo.echo_control import Cleaned, EchoControl, HalfDuplex
from voice.listening.decision import Decision, Verdict, is_believed
from voice.listening.decoding import Decoding
from voice.listening.endpointing import Endpoint, Phase, closing_quiet_s
from voice.listening.grammar_fitting import Vocabulary
from voice.listening.hypotheses import Evidence
from voice.listening.refractory import Refractory
from voice.listening.settings import AcceptanceSettings, ListeningSettings
from voice.listening.signal_quality import signal_quality_of
from voice.listening.utterance import Closed, Segment, events_of
from voice.listening.voice_activity import OWN_ONSET_S, Sensed, VoiceActivityDetector
from voice.ports import KeywordSpotter, Recogniser, VoiceGate


@dataclass(frozen=True)
class HeardUtterance:
    """A finished utterance, and its decision; for logs and measuring.

    Times are seconds on the audio clock: of the words believed, otherwise of the audio.
    """

    at_s: float
    start_s: float
    end_s: float
    grammar: GrammarKey
    evidence: Evidence
    decision: Decision


class Ears:
    """Listens for what the dialogue last asked for.

    ``vocabulary`` is that of a script, fitted to the recogniser's model by
    :func:`voice.listening.grammar_fitting.fit_script`.
    ``spotter`` is the second ear; without one the recogniser is believed alone.
    ``on_utterance`` is called with every utterance, accepted or not.
    """

    def __init__(
        self,
        gate: VoiceGate,
        recogniser: Recogniser,
        vocabulary: Vocabulary,
        settings: ListeningSettings | None = None,
        acceptance: AcceptanceSettings | None = None,
        *,
        spotter: KeywordSpotter | None = None,
        echo: EchoControl | HalfDuplex | None = None,
        on_utterance: Callable[[HeardUtterance], None] | None = None,
    ) -> None:
        self._settings = settings or ListeningSettings()
        acceptance = acceptance or AcceptanceSettings()
        self._vocabulary = vocabulary
        self._echo = echo or HalfDuplex()
        self._on_utterance = on_utterance
        self._activity = VoiceActivityDetector(gate, self._settings)
        self._endpoint = Endpoint(self._settings)
        self._decoding = Decoding(recogniser, vocabulary, acceptance, spotter)
        self._recent: deque[Samples] = deque(maxlen=blocks_in(self._settings.pre_roll_s))
        self._wake_blocks = blocks_in(self._settings.wake_s)
        self._segment: Segment | None = None
        self._request: Listen | None = None
        self._own_until_s = 0.0
        self._silent_at_s = 0.0
        self._correction_until_s = 0.0
        self._quiet_s = 0.0
        self._patient = True
        self._refractory = Refractory(self._settings, acceptance.wake_margin)
        self._signal_quality = SignalQuality.WELL

    def listen(self, request: Listen) -> None:
        """Switch to another grammar, and restart the no-input timer."""
        self._request = request
        self._quiet_s, self._patient = 0.0, True
        self._refractory.listening(asleep=request.grammar is GrammarKey.WAKE)
        if self._segment is not None:
            self._decoding.restart(request.grammar, self._segment)

    @property
    def hearing(self) -> bool:
        """Whether the user is speaking."""
        return self._segment is not None

    @property
    def interrupted(self) -> bool:
        """Whether the user is speaking and began while Charley spoke."""
        return self._segment is not None and self._segment.said is not None

    @property
    def signal_quality(self) -> SignalQuality:
        """The signal quality of the last utterance that was believed."""
        return self._signal_quality

    def drop(self) -> None:
        """Drop the current utterance."""
        self._segment = None
        self._endpoint.reset()
        self._activity.forget()
        self._recent.clear()

    def reset_echo_path(self) -> None:
        """The sound devices have changed: learn the room again."""
        self._echo.forget()

    def doubt_echo_delay(self) -> None:
        """The loudspeaker's stream was stopped and restarted: find the echo's delay again."""
        self._echo.doubt_delay()

    def hear(self, frame: Frame) -> tuple[Event, ...]:
        """Hear one block. Returns the events it completes."""
        output, at_s = frame.output, frame.at_s
        self._refractory.pass_time(at_s, busy=output.busy or output.sounding)
        cleaned = self._echo.clean(frame.block, frame.played)
        request = self._request
        if request is None:
            return ()
        if output.sounding:
            self._own_until_s = at_s + self._settings.tail_guard_s
        else:
            self._silent_at_s = at_s
        own = at_s <= self._own_until_s
        if isinstance(cleaned, Cleaned):
            events = self._hear_over(request, frame, cleaned, own=own)
        elif own:
            events = self._cut_off(request, at_s)
        else:
            sensed = self._activity.sense(frame.block, speaking=self._endpoint.speaking)
            events = self._hear_block(request, frame.block, sensed, at_s, said=None)
        if output.busy or output.sounding or events:
            self._quiet_s = 0.0
            return events
        return self._wait(request, at_s)

    def _wait(self, request: Listen, at_s: float) -> tuple[Event, ...]:
        """Count the quiet, and report no-input once it has lasted too long."""
        if self._segment is None:
            self._quiet_s += BLOCK_S
        if request.patience_s is None or not self._patient or self._quiet_s < request.patience_s:
            return ()
        self._patient = False
        return (SilenceHeard(at_s, request.listen),)

    def _hear_over(
        self, request: Listen, frame: Frame, cleaned: Cleaned, *, own: bool
    ) -> tuple[Event, ...]:
        """Hear a block with Charley's voice taken out; ``own``: it is still sounding."""
        output: OutputStatus = frame.output
        own_onset = output.sounding and frame.at_s - self._silent_at_s <= OWN_ONSET_S
        sensed = self._activity.sense_over(
            cleaned.voice,
            cleaned.echo_suppression_db,
            speaking=self._endpoint.speaking,
            own_onset=own_onset,
        )
        said = output.words if own else None
        return self._hear_block(request, cleaned.words, sensed, frame.at_s, said=said)

    def _hear_block(
        self,
        request: Listen,
        block: Samples,
        sensed: Sensed,
        at_s: float,
        *,
        said: frozenset[str] | None,
    ) -> tuple[Event, ...]:
        """``said``: the words that Charley is saying, None while it is silent."""
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
            self._segment = self._begin(request, at_s, said)
            return ()
        segment = self._segment
        assert segment is not None  # noqa: S101 - an endpoint needs a segment
        self._extend(request, segment, block)
        if phase is Phase.OVER:
            return self._report(request, segment, self._close(request, segment), at_s)
        if phase is Phase.ENDPOINT_CANDIDATE:
            return self._perhaps_end(request, segment, at_s)
        return ()

    def _begin(self, request: Listen, at_s: float, said: frozenset[str] | None) -> Segment:
        blocks = list(self._recent)
        began_at_s = at_s - self._endpoint.length * BLOCK_S
        return Segment(
            start_s=at_s - len(blocks) * BLOCK_S,
            began_at_s=began_at_s,
            decoder=self._decoding.begin(request.grammar, blocks),
            said=said,
            corrects=began_at_s <= self._correction_until_s,
            near=self._echo.under_way,
            blocks=blocks,
        )

    def _extend(self, request: Listen, segment: Segment, block: Samples) -> None:
        segment.blocks.append(block)
        if segment.closed is None:
            segment.decoder.accept(block)
        elif self._endpoint.sounding:
            # Not over after all: an utterance closed too early is decoded again.
            self._decoding.restart(request.grammar, segment)

    def _perhaps_end(self, request: Listen, segment: Segment, at_s: float) -> tuple[Event, ...]:
        """A short pause: enough if the utterance is a complete phrase, and believed.

        Awake, the utterance is closed to find out; if it continues, it is decoded again.
        Asleep most speech is not for Charley, so it is closed only once the partial hypothesis
        holds a wake phrase, and the pause after it is long enough.
        """
        if segment.closed is None and request.grammar is GrammarKey.WAKE:
            if self._endpoint.quiet < self._wake_blocks:
                return ()
            if not self._decoding.may_wake(segment):
                return ()
        closed = self._close(request, segment)
        # The second ear hears a word in what may be the beginning of more.
        if not is_believed(closed.decision) or closed.decision.second_ear:
            return ()
        needed_s = closing_quiet_s(self._settings, request.grammar, closed.decision.meaning)
        if self._endpoint.quiet < blocks_in(needed_s):
            return ()
        return self._report(request, segment, closed, at_s)

    def _close(self, request: Listen, segment: Segment) -> Closed:
        """The utterance's result; kept until it continues, so that it is decoded once."""
        if segment.closed is None:
            sound_s, voice_s = self._endpoint.span * BLOCK_S, self._endpoint.voiced * BLOCK_S
            closed = self._decoding.close(request.grammar, segment, sound_s, voice_s)
            if self._is_own(segment, closed):
                closed = replace(closed, decision=Decision(Verdict.NOT_SPEECH))
            segment.closed = closed
        return segment.closed

    def _cut_off(self, request: Listen, at_s: float) -> tuple[Event, ...]:
        """Charley has begun to sound: judge the utterance as far as it got, or drop it."""
        events: tuple[Event, ...] = ()
        segment = self._segment
        if segment is not None:
            found = self._report(request, segment, self._close(request, segment), at_s)
            events = tuple(e for e in found if segment.corrects or not _is_unclear(e))
        self.drop()
        self._activity.rest()
        return events

    def _is_own(self, segment: Segment, closed: Closed) -> bool:
        """Whether it was Charley's own voice: by its sound, or by its words."""
        if not segment.near:
            return False
        if self._echo.is_own(len(segment.blocks) * BLOCK_S):
            return True
        if segment.said is None or closed.believed is None:
            return False
        return segment.said.issuperset(closed.believed)

    def _report(
        self, request: Listen, segment: Segment, closed: Closed, at_s: float
    ) -> tuple[Event, ...]:
        decision = closed.decision
        if self._on_utterance is not None:
            start_s, end_s = _times(segment, closed)
            self._on_utterance(
                HeardUtterance(at_s, start_s, end_s, request.grammar, closed.evidence, decision)
            )
        self.drop()
        if closed.believed is not None:
            self._signal_quality = signal_quality_of(segment.blocks)
            if not self._refractory.believes(decision, " ".join(closed.believed), at_s):
                return ()
        if is_believed(decision) and is_no(decision.meaning):
            self._correction_until_s = at_s + self._settings.correction_s
        grammar = self._vocabulary[request.grammar].grammar
        return events_of(request, grammar, at_s, decision, segment)


def _is_unclear(event: Event) -> bool:
    return isinstance(event, SpeechUnclear)


def _times(segment: Segment, closed: Closed) -> tuple[float, float]:
    """Start and end of the words believed; otherwise of the audio, from its pre-roll on."""
    believed = closed.decision.candidate
    words = () if believed is None else closed.hypotheses[believed].words
    if words:
        return segment.start_s + words[0].start_s, segment.start_s + words[-1].end_s
    return segment.start_s, segment.start_s + len(segment.blocks) * BLOCK_S
