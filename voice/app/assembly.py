"""Assembles Charley from its settings: for the bedside, a rehearsal or a hearing test.

Each function makes one part and closes nothing; :func:`assemble` makes the reusable
parts, and :meth:`Components.assistant` connects them to a speaker.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from voice.app.assistant import Assistant, Carer, Director, Observer
from voice.app.dialogue_assembly import build_dialogue, read_script
from voice.app.examination import LoadedModel, scaled
from voice.app.hearing_test import require_hearing
from voice.app.model_store import Choice, ModelStore
from voice.app.night_memory import NightMemory
from voice.app.paths import cache_folder, models_folder, user_models_folder
from voice.app.settings import Settings
from voice.app.spotter import open_spotter
from voice.app.voice_preferences import VoicePreferences
from voice.content.script import Script
from voice.dialogue.diary import Diary
from voice.diary.keeper import DiaryKeeper
from voice.echo.echo_control import AlreadyClean, EchoControl
from voice.engines.pyttsx3_synthesizer import Pyttsx3Synthesizer, natural_is_installed
from voice.engines.silero_vad import SileroGate
from voice.engines.vosk_recogniser import VoskRecogniser
from voice.engines.webrtc_aec import LivekitCanceller
from voice.errors import VoicePackError
from voice.listening.grammar_fitting import Vocabulary, fit_script
from voice.listening.listener import Ears, HeardUtterance
from voice.ports import (
    USUAL_VOICE,
    EngineName,
    FarEndReference,
    KeywordSpotter,
    Recogniser,
    Speaker,
    Synthesizer,
)
from voice.speech.clip_library import ClipLibrary
from voice.speech.player import Mouth, OnLine
from voice.speech.prerender import render_script
from voice.speech.voice_pack import VoicePack

RECORDED: Final = "recorded"
"""The name of the voice made of recorded lines."""

_LOG: Final = logging.getLogger(__name__)

OnUtterance = Callable[[HeardUtterance], None]


def model_store() -> ModelStore:
    """The models that ship, and those that the user has downloaded."""
    return ModelStore(models_folder(), user_models_folder())


def choose_model(settings: Settings) -> Choice:
    """The configured model, verified. Raises ModelError."""
    return model_store().choose(settings.model.name)


def open_recogniser(choice: Choice) -> VoskRecogniser:
    """Load that model. Raises ModelError."""
    return VoskRecogniser(choice.folder)


def fit_margins(settings: Settings, scale: float) -> Settings:
    """The settings with acceptance margins scaled as the model's examination found."""
    return replace(
        settings,
        listening=scaled(settings.listening, scale),
        acceptance=scaled(settings.acceptance, scale),
    )


def fit_vocabulary(script: Script, settings: Settings, recogniser: Recogniser) -> Vocabulary:
    """Everything Charley listens for, in the model's spelling. Raises ModelError."""
    return fit_script(script, settings.general.wake_phrases, recogniser.knows)


def load_model(settings: Settings, folder: Path, script: Script | None = None) -> LoadedModel:
    """Load a model with the vocabulary and settings to try it with. Raises ModelError."""
    recogniser = VoskRecogniser(folder)
    vocabulary = fit_vocabulary(script or read_script(settings), settings, recogniser)
    return LoadedModel(
        recogniser, vocabulary, settings.listening, settings.acceptance, open_spotter(settings)
    )


def choose_engine(settings: Settings) -> EngineName:
    """The configured engine, or else the natural voice if it is installed.

    A voice named without an engine is a voice of espeak-ng.
    """
    voice = settings.voice
    if voice.engine is not None:
        return voice.engine
    return "natural" if voice.name is None and natural_is_installed() else "espeak"


@dataclass(frozen=True)
class Speech:
    """Every voice available here, and the engines behind them.

    ``usual`` names the configured voice, whose lines are ``clips``; ``others`` are the voices
    that "another voice" switches to.
    """

    usual: str
    clips: ClipLibrary
    others: Mapping[str, ClipLibrary]
    engine: Synthesizer
    spares: tuple[Synthesizer, ...]

    def close(self) -> None:
        """Shut the engines down. Safe to call twice."""
        for engine in (self.engine, *self.spares):
            engine.close()


def open_engine(settings: Settings) -> Synthesizer:
    """The configured engine; it starts with its first line."""
    return Pyttsx3Synthesizer(choose_engine(settings))


def open_speech(settings: Settings, script: Script) -> Speech:
    """The voices, with their lines cached on disk. Raises VoicePackError."""
    usual = choose_engine(settings)
    folder = cache_folder() / "speech"
    engine = open_engine(settings)
    style = settings.voice.style
    spares: list[Synthesizer] = []
    others: dict[str, ClipLibrary] = {}
    spare = None
    other: EngineName = "espeak" if usual == "natural" else "natural"
    if other == "espeak" or natural_is_installed():
        spares.append(Pyttsx3Synthesizer(other))
        others[other] = ClipLibrary(spares[0], folder, replace(style, voice=USUAL_VOICE))
        # If the other engine fails, espeak-ng speaks.
        spare = others[other] if other == "espeak" else None
    clips = ClipLibrary(engine, folder, style, spare=spare)
    pack = open_recordings(settings, script)
    if pack is None:
        return Speech(usual, clips, others, engine, tuple(spares))
    recorded = ClipLibrary(engine, folder, style, takes=pack, spare=spare)
    return Speech(RECORDED, recorded, {usual: clips, **others}, engine, tuple(spares))


def open_recordings(settings: Settings, script: Script) -> VoicePack | None:
    """The recorded lines, if the settings name a folder. Logs a warning if any are stale.

    Raises VoicePackError.
    """
    if settings.voice.pack is None:
        return None
    folder = Path(settings.voice.pack).expanduser()
    if not folder.is_dir():
        raise VoicePackError(
            f"voice.pack: there is no folder {folder}",
            remedy="Record it with: charley voice record DIR; or leave voice.pack out.",
        )
    pack = VoicePack(folder, script.lines.values())
    if pack.stale:
        _LOG.warning(
            "%s: the words of %d recorded lines have changed, so an engine speaks these. To"
            " record them again: charley voice record %s",
            folder,
            len(pack.stale),
            folder,
        )
    return pack


def open_sleepers(settings: Settings) -> ClipLibrary:
    """What simulated users say in rehearsals: any voice, with identical sound every time."""
    synthesizer = Pyttsx3Synthesizer(afresh=True)
    return ClipLibrary(synthesizer, cache_folder() / "speech", settings.voice.style)


def open_echo(settings: Settings) -> EchoControl | None:
    """The echo control; None if it is turned off or no canceller is installed."""
    if not settings.audio.talk_over:
        return None
    if settings.audio.echo_cancelled:
        return EchoControl(AlreadyClean)
    try:
        return EchoControl(LivekitCanceller)
    except ImportError:
        return None


@dataclass(frozen=True)
class Components:
    """Everything except the microphone, the speaker and what a conversation remembers."""

    settings: Settings
    script: Script
    recogniser: VoskRecogniser
    vocabulary: Vocabulary
    spotter: KeywordSpotter | None
    speech: Speech

    @property
    def clips(self) -> ClipLibrary:
        """The lines in the usual voice."""
        return self.speech.clips

    def assistant(
        self,
        speaker: Speaker,
        observers: Iterable[Observer] = (),
        *,
        reference: FarEndReference,
        on_line: OnLine | None = None,
        on_utterance: OnUtterance | None = None,
        kept: VoicePreferences | None = None,
        memory: NightMemory | None = None,
        diary: Diary | None = None,
        carer: Carer | None = None,
        director: Director | None = None,
        make_ears: Callable[..., Ears] = Ears,
    ) -> Assistant:
        """A new conversation, asleep, on that speaker.

        ``diary`` is where it keeps what happens; without one, a diary that is thrown away. It is
        not used if the settings want no diary.

        ``reference`` is what the speaker plays, for the echo canceller. ``kept`` is how it
        speaks. ``memory`` is what it remembers of the night; without one, nothing from before.
        ``carer`` informs someone in another room.
        ``director`` decides instead of the dialogue, and ``make_ears`` makes other ears, for
        those who measure.
        """
        echo = open_echo(self.settings)
        ears = make_ears(
            SileroGate(),
            self.recogniser,
            self.vocabulary,
            self.settings.listening,
            self.settings.acceptance,
            spotter=self.spotter,
            echo=echo,
            on_utterance=on_utterance,
        )
        keep = kept.keep if kept else None
        mouth = Mouth(
            speaker,
            self.clips,
            self.script,
            self.settings.voice,
            on_line,
            others=self.speech.others,
            on_voice=keep,
        )
        if kept is not None:
            mouth.speak_as(kept.volume_db, kept.words_per_minute, kept.voice)
        night = memory.night if memory else None
        decides = director or build_dialogue(self.script, self.settings, night)
        if not self.settings.general.diary:
            diary = None
        elif diary is None:
            diary = DiaryKeeper(None)
        take_played = None if echo is None else reference.take_played
        return Assistant(
            decides,
            ears,
            mouth,
            observers,
            memory=memory,
            take_played=take_played,
            diary=diary,
            carer=carer,
        )

    def missing_lines(self) -> int:
        """The number of lines not rendered yet."""
        return len(self.clips.missing(line.text for line in self.script.lines.values()))

    def render(self) -> None:
        """Render the missing lines, with progress on stderr. Raises SynthesisError."""
        render_script(self.script, self.clips)

    def close(self) -> None:
        """Shut the speech engines down. Safe to call twice."""
        self.speech.close()


def assemble(settings: Settings) -> Components:
    """Load content and model, and fit them to each other. Raises CharleyError."""
    script = read_script(settings)
    choice = choose_model(settings)
    level = logging.WARNING if choice.to_do else logging.INFO
    _LOG.log(level, "using the model %s. %s", choice.folder.name, choice.why)
    settings = fit_margins(settings, choice.margin_scale)
    candidate = load_model(settings, choice.folder, script)
    require_hearing(candidate, script, choice.folder)
    return Components(
        settings,
        script,
        candidate.recogniser,
        candidate.vocabulary,
        candidate.spotter,
        open_speech(settings, script),
    )
