"""Barge-in trials in the simulated room: whether Charley obeys "stop", and how quickly.

Each trial is its own night: the user wakes Charley, lets it speak, and says
"stop" while it speaks, at a level relative to Charley's own voice at
the microphone. Besides these, Charley says everything it can say to an empty
room: whatever it then hears is its own voice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from scripts.corpus.conditions import loud_power
from scripts.progress import progress
from scripts.watching import Watched
from voice.app.assembly import Components
from voice.app.rehearsals import renderer
from voice.audio.frame import Frame
from voice.audio.samples import BLOCK_SAMPLES, RATE_HZ, Samples, samples_of
from voice.content.script import GrammarKey, LineKey
from voice.dialogue.actions import Action, Listen, ListenId, Say, UtteranceId
from voice.dialogue.events import Event, SpeechHeard, SpeechUnclear, UtteranceFinished, WakeHeard
from voice.dialogue.states import Asleep, State
from voice.echo.echo_control import Cleaned, EchoControl, HalfDuplex, Untouched
from voice.engines.silero_vad import SileroGate
from voice.listening.grammar_fitting import Vocabulary
from voice.listening.listener import Ears
from voice.listening.settings import AcceptanceSettings, ListeningSettings
from voice.ports import Recogniser, VoiceGate, VoiceStyle
from voice.simulation.acoustics import Wave, as_wave, ratio
from voice.simulation.room import Acoustics, Room

NEAR: Final = Acoustics(
    echo_gain_db=0.0, echo_delay_s=0.06, reverberation_s=0.3, direct_to_reverberant_db=8.0
)
"""Loudspeaker and microphone on one bedside table: the echo is as loud as the output,
and is delayed by the buffers of both devices."""

OBEYED_WITHIN_S: Final = 2.5

GRAMMARS: Final = (GrammarKey.WAKE, GrammarKey.STRETCH, GrammarKey.ANSWER)
"""Grammars under which Charley must not hear itself: asleep, while it explains, and asking."""

_CALL: Final = "hey charley"
_ONSET_DB: Final = 20.0
"""A voice has begun where it comes within this of its loudest."""
_LONGEST_S: Final = 40.0
_GAP_BLOCKS: Final = 15
_PROFILE: Final = samples_of(0.01)


@dataclass
class _Caller:
    """Wakes Charley, then talks over it, once or twice."""

    call: Wave
    word: Wave
    after_s: float
    tries: int
    began: list[int] = field(default_factory=list)
    _due: list[tuple[int, Wave]] = field(default_factory=list)
    _woken: int | None = None

    def __post_init__(self) -> None:
        self._due = [(RATE_HZ // 2, self.call)]

    def woke(self, at: int) -> None:
        """Charley has heard the call."""
        if self._woken is None:
            self._woken = at

    def talk_over(self, at: int) -> None:
        """Charley is speaking right now: a chance to say the word."""
        if self._woken is None or len(self.began) >= self.tries:
            return
        earliest = self._woken + samples_of(self.after_s)
        if self.began:
            earliest = self.began[-1] + len(self.word) + samples_of(OBEYED_WITHIN_S / 2)
        if at >= earliest:
            self.began.append(at)
            self._due.append((at, self.word))

    def line_begun(self, key: str, at: int) -> None:
        """Ignored."""

    def fell_silent(self, keys: tuple[str, ...], at: int) -> None:
        """Ignored."""

    def speech(self, start: int, count: int) -> Wave | None:
        """The user's voice in those samples."""
        said = None
        for begin, wave in self._due:
            first, last = max(start, begin), min(start + count, begin + len(wave))
            if first < last:
                said = np.zeros(count, np.float32) if said is None else said
                said[first - start : last - start] += wave[first - begin : last - begin]
        return said


@dataclass(frozen=True)
class Trial:
    """The result of one trial: obeyed at the first or second word, and the delay of the pause."""

    obeyed: int | None
    pause_s: float | None


class _Watch:
    """Records what is heard."""

    def __init__(self) -> None:
        self.heard: list[WakeHeard | SpeechHeard | SpeechUnclear] = []

    @property
    def woken(self) -> bool:
        """Whether Charley is awake."""
        return any(isinstance(event, WakeHeard) for event in self.heard)

    @property
    def summary(self) -> tuple[str, ...]:
        """Each event as its type and words, such as "SpeechHeard stop"."""
        return tuple(f"{type(e).__name__} {getattr(e, 'words', '')}".strip() for e in self.heard)

    @property
    def understood(self) -> list[str]:
        """The words understood while awake."""
        return [event.words for event in self.heard if isinstance(event, SpeechHeard)]

    def event(self, event: Event) -> None:
        """Record the event."""
        if isinstance(event, WakeHeard | SpeechHeard | SpeechUnclear):
            self.heard.append(event)

    def action(self, at_s: float, action: Action) -> None:
        """Ignored."""


def try_stop(
    parts: Components,
    word: Samples,
    *,
    over_echo_db: float,
    seed: int,
    tries: int = 1,
    then_in_a_gap: bool = False,
) -> Trial:
    """One night in which ``word`` is said over Charley's voice, ``over_echo_db`` above it.

    ``then_in_a_gap``: if not obeyed, the user waits until Charley has been silent for a moment.
    """
    draw = np.random.default_rng(seed)
    call = as_wave(renderer(parts)(_CALL, VoiceStyle("en-us+f3", 150)).samples)
    own = loud_power(as_wave(parts.clips.clip(_some_line(parts)).samples).astype(np.float64))
    wave = as_wave(word).astype(np.float64)
    wave *= np.sqrt(own / loud_power(wave)) * ratio(over_echo_db)
    caller = _Caller(call, wave.astype(np.float32), 6.0 + 4.0 * draw.random(), tries)
    room = Room(caller, NEAR, _hiss(draw), draw, record=False)
    watched = Watched(room)
    watch = _Watch()
    assistant = parts.assistant(watched, (watch,), reference=room)
    assistant.start()
    onset = _onset(wave)
    quiet = 0
    while room.clock < samples_of(_LONGEST_S) and not watch.understood:
        assistant.step(room.read())
        if watch.woken:
            caller.woke(room.clock)
        quiet = 0 if room.take_played().any() else quiet + 1
        waits = then_in_a_gap and bool(caller.began)
        if quiet == (_GAP_BLOCKS if waits else 0):
            caller.talk_over(room.clock + int(draw.integers(0, BLOCK_SAMPLES)))
        if len(caller.began) == tries:
            end = caller.began[-1] + len(wave) + samples_of(OBEYED_WITHIN_S)
            if room.clock > end:
                break
    obeyed = len(caller.began) if watch.understood == ["stop"] else None
    silenced = [s for s in watched.silenced if caller.began and s >= caller.began[0]]
    pause_s = (silenced[0] - caller.began[0] - onset) / RATE_HZ if silenced else None
    return Trial(obeyed, pause_s)


@dataclass(frozen=True)
class OwnVoice:
    """What Charley heard of its own voice alone: nothing, if all is well.

    ``heard`` holds what was heard under each grammar.
    """

    lines: int
    duration_s: float
    pauses: int
    heard: Mapping[GrammarKey, tuple[str, ...]]


def hear_own_voice(
    parts: Components,
    grammars: Sequence[GrammarKey] = GRAMMARS,
    lines: Sequence[LineKey] = (),
    seed: int = 0,
) -> OwnVoice:
    """Let Charley say every line of the script to an empty room, listening for each grammar.

    ``lines``: only these. The first grammar is listened for by ears that Charley heeds, the others
    by ears beside them.
    """
    draw = np.random.default_rng(seed)
    room = Room(_Nobody(), NEAR, _hiss(draw), draw, record=False)
    watched = Watched(room)
    watch = _Watch()
    first, *others = grammars
    reader = _Reader(tuple(lines or parts.script.lines), first)
    beside = {key: _Watch() for key in others}
    assistant = parts.assistant(
        watched,
        (watch,),
        reference=room,
        director=reader,
        make_ears=partial(_SeveralEars, beside=beside),
    )
    assistant.start()
    for number, _ in enumerate(progress("its own voice", reader.lines), 1):
        while reader.said <= number:
            assistant.step(room.read())
    heard = {key: each.summary for key, each in {first: watch, **beside}.items()}
    return OwnVoice(len(reader.lines), room.clock / RATE_HZ, len(watched.silenced), heard)


class _SeveralEars(Ears):
    """Ears, and others beside them that listen for another grammar in the same sound.

    Removing the echo takes most of the time, so it is removed once for all of them.
    """

    def __init__(
        self,
        gate: VoiceGate,
        recogniser: Recogniser,
        vocabulary: Vocabulary,
        listening: ListeningSettings,
        acceptance: AcceptanceSettings,
        *,
        beside: Mapping[GrammarKey, _Watch],
        echo: EchoControl | HalfDuplex | None,
        **others: Any,
    ) -> None:
        once = _CleanedOnce(echo or HalfDuplex())
        super().__init__(gate, recogniser, vocabulary, listening, acceptance, echo=once, **others)
        self._beside: list[tuple[Ears, _Watch]] = []
        for grammar, watch in beside.items():
            again = _CleanedAlready(once)
            ears = Ears(
                SileroGate(), recogniser, vocabulary, listening, acceptance, echo=again, **others
            )
            ears.listen(Listen(ListenId(0), grammar))
            self._beside.append((ears, watch))

    def hear(self, frame: Frame) -> tuple[Event, ...]:
        """Hear one block with all ears; what the others hear is recorded, and not heeded."""
        events = super().hear(frame)
        for ears, watch in self._beside:
            for event in ears.hear(frame):
                watch.event(event)
        return events


class _CleanedOnce(HalfDuplex):
    """Echo control that can be asked again for the block that it cleaned last."""

    def __init__(self, inner: EchoControl | HalfDuplex) -> None:
        self.inner = inner
        self.last: Cleaned | Untouched = Untouched.NO_ECHO

    def clean(self, heard: Samples, played: Samples | None) -> Cleaned | Untouched:
        """Clean the block, and keep it."""
        self.last = self.inner.clean(heard, played)
        return self.last

    def is_own(self, duration_s: float) -> bool:
        """Whether it is Charley's own voice."""
        return self.inner.is_own(duration_s)

    def forget(self) -> None:
        """Learn the room from the start."""
        self.inner.forget()

    def doubt_delay(self) -> None:
        """Find the delay again."""
        self.inner.doubt_delay()


class _CleanedAlready(HalfDuplex):
    """Echo control for further ears: the block has been cleaned for the first."""

    def __init__(self, once: _CleanedOnce) -> None:
        self._once = once

    def clean(self, heard: Samples, played: Samples | None) -> Cleaned | Untouched:  # noqa: ARG002 - the names of EchoControl
        """The block as it was cleaned for the first ears."""
        return self._once.last

    def is_own(self, duration_s: float) -> bool:
        """Whether it is Charley's own voice."""
        return self._once.is_own(duration_s)


class _Nobody:
    """An empty room."""

    def line_begun(self, key: str, at: int) -> None:
        """Ignored: no user."""

    def fell_silent(self, keys: tuple[str, ...], at: int) -> None:
        """Ignored: no user."""

    def speech(self, start: int, count: int) -> Wave | None:  # noqa: ARG002 - the port's names
        """None: no user."""
        return None


@dataclass
class _Reader:
    """Says one line after the other, whatever it hears."""

    lines: tuple[LineKey, ...]
    grammar: GrammarKey
    said: int = 0

    @property
    def state(self) -> State:
        """Ignored."""
        return Asleep()

    @property
    def done(self) -> bool:
        """Whether every line has been said."""
        return self.said > len(self.lines)

    def start(self) -> tuple[Action, ...]:
        """Begin."""
        return (Listen(ListenId(0), self.grammar), *self._next())

    def handle(self, event: Event) -> tuple[Action, ...]:
        """Go on after each line."""
        return self._next() if isinstance(event, UtteranceFinished) else ()

    def _next(self) -> tuple[Action, ...]:
        self.said += 1
        if self.done:
            return ()
        return (Say(UtteranceId(self.said), (self.lines[self.said - 1],)),)


@dataclass(frozen=True)
class Obedience:
    """The results of many trials at one level."""

    over_echo_db: float
    tries: int
    trials: tuple[Trial, ...]

    @property
    def obeyed(self) -> float:
        """Share of the trials in which the word was obeyed."""
        return sum(trial.obeyed is not None for trial in self.trials) / len(self.trials)

    @property
    def pause_s(self) -> float:
        """Median from the beginning of the voice to Charley's silence; infinite without any."""
        paused = [trial.pause_s for trial in self.trials if trial.pause_s is not None]
        return float(np.median(paused)) if paused else float("inf")


def obedience(
    parts: Components,
    words: Sequence[Samples],
    *,
    over_echo_db: float,
    tries: int,
    then_in_a_gap: bool = False,
) -> Obedience:
    """Try every one of ``words``, recordings of "stop", each in its own night."""
    title = f"stop at {over_echo_db:+.0f} dB, said at most {tries} times"
    trials = [
        try_stop(
            parts,
            word,
            over_echo_db=over_echo_db,
            seed=seed,
            tries=tries,
            then_in_a_gap=then_in_a_gap,
        )
        for seed, word in enumerate(progress(title, words))
    ]
    return Obedience(over_echo_db, tries, tuple(trials))


def _some_line(parts: Components) -> str:
    return max((line.text for line in parts.script.lines.values()), key=len)


def _hiss(draw: np.random.Generator) -> Wave:
    return (draw.standard_normal(RATE_HZ * 5) * ratio(-66.0)).astype(np.float32)


def _onset(wave: npt.NDArray[np.float64]) -> int:
    frames = wave[: len(wave) // _PROFILE * _PROFILE].reshape(-1, _PROFILE)
    levels = 10.0 * np.log10(np.mean(frames**2, axis=1) + 1e-12)
    return int(np.argmax(levels > levels.max() - _ONSET_DB)) * _PROFILE
