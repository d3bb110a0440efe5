"""Puts Charley together from its settings: for the bedside, a rehearsal, a test of its ears alike.

Each function makes one part and closes nothing; :func:`assemble` makes those
that can be used again and again, and :meth:`Components.assistant` puts them to work
on a speaker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from voice.app.assistant import Assistant, Director, Observer
from voice.app.model_store import ModelStore
from voice.app.night_memory import NightMemory
from voice.app.paths import cache_folder, models_folder, prompts_folder, user_models_folder
from voice.app.settings import Settings
from voice.app.voice_preferences import VoicePreferences
from voice.content.loader import load_script
from voice.content.script import Script
from voice.dialogue import Context, Dialogue
from voice.dialogue.diary import Diary
from voice.dialogue.night import Night
from voice.diary.keeper import DiaryKeeper
from voice.echo.echo_control import AlreadyClean, EchoControl
from voice.engines.pyttsx3_synthesizer import Pyttsx3Synthesizer
from voice.engines.silero_vad import SileroGate
from voice.engines.vosk_recogniser import VoskRecogniser
from voice.engines.webrtc_aec import LivekitCanceller
from voice.listening.grammar_fitting import Vocabulary, fit_script
from voice.listening.listener import Ears, HeardUtterance
from voice.ports import Recogniser, Speaker, Synthesizer
from voice.speech.clip_library import ClipLibrary
from voice.speech.player import Mouth, OnLine
from voice.speech.prerender import render_script

OnUtterance = Callable[[HeardUtterance], None]


def read_script(settings: Settings) -> Script:
    """The content in the language of the settings. Raises ContentError.

    A wake phrase is heard in a conversation, too: there it is the call of another cramp.
    """
    script = load_script(prompts_folder() / settings.general.language)
    return script.with_calls(settings.general.wake_phrases)


def build_dialogue(script: Script, settings: Settings, night: Night | None = None) -> Dialogue:
    """The dialogue, asleep. ``night`` is what it remembers from before it was started.

    Raises ContentError where the script lacks a line it needs.
    """
    return Dialogue(Context(script, settings.general.hold_s), night)


def model_store() -> ModelStore:
    """The models that ship, and those that the person has fetched."""
    return ModelStore(models_folder(), user_models_folder())


def choose_model(settings: Settings) -> Path:
    """The folder of the model that the settings ask for. Raises ModelError."""
    return model_store().choose(settings.model.name)


def open_recogniser(settings: Settings) -> VoskRecogniser:
    """That model, loaded. Raises ModelError."""
    return VoskRecogniser(choose_model(settings))


def fit_vocabulary(script: Script, settings: Settings, recogniser: Recogniser) -> Vocabulary:
    """All that is listened for, in the model's spelling. Raises ModelError."""
    return fit_script(script, settings.general.wake_phrases, recogniser.knows)


def open_clips(settings: Settings, synthesizer: Synthesizer) -> ClipLibrary:
    """The rendered lines, kept in the cache."""
    return ClipLibrary(synthesizer, cache_folder() / "speech", settings.voice.style)


def open_sleepers(settings: Settings) -> ClipLibrary:
    """What sleepers say in rehearsals: in any voice, and the same sound at every rendering."""
    return open_clips(settings, Pyttsx3Synthesizer(afresh=True))


def open_echo(settings: Settings, speaker: Speaker) -> EchoControl | None:
    """What takes Charley's voice out of the microphone; None where nothing can."""
    if not settings.audio.talk_over:
        return None
    if settings.audio.echo_cancelled:
        return EchoControl(AlreadyClean, speaker.take_played)
    try:
        return EchoControl(LivekitCanceller, speaker.take_played)
    except ImportError:
        return None


@dataclass(frozen=True)
class Components:
    """Everything but microphone, speaker and what a conversation remembers."""

    settings: Settings
    script: Script
    recogniser: VoskRecogniser
    vocabulary: Vocabulary
    synthesizer: Synthesizer
    clips: ClipLibrary

    def assistant(
        self,
        speaker: Speaker,
        observers: Iterable[Observer] = (),
        *,
        on_line: OnLine | None = None,
        on_utterance: OnUtterance | None = None,
        kept: VoicePreferences | None = None,
        memory: NightMemory | None = None,
        diary: Diary | None = None,
        director: Director | None = None,
    ) -> Assistant:
        """A new conversation, asleep, on that speaker; ``kept`` is how it speaks.

        ``memory`` is what it remembers of the night; without one, nothing from before.
        ``diary`` is where it keeps what happens; without one, a diary that is thrown away.
        Neither is used where the settings want no diary.

        ``director`` decides instead of the dialogue, for those who measure.
        """
        ears = Ears(
            SileroGate(),
            self.recogniser,
            self.vocabulary,
            self.settings.listening,
            self.settings.acceptance,
            echo=open_echo(self.settings, speaker),
            on_utterance=on_utterance,
        )
        keep = kept.keep if kept else None
        mouth = Mouth(speaker, self.clips, self.script, self.settings.voice, on_line, on_voice=keep)
        if kept is not None:
            mouth.speak_as(kept.volume_db, kept.words_per_minute)
        night = memory.night if memory else None
        decides = director or build_dialogue(self.script, self.settings, night)
        if not self.settings.general.diary:
            diary = None
        elif diary is None:
            diary = DiaryKeeper(None)
        return Assistant(decides, ears, mouth, observers, memory, diary=diary)

    def missing_lines(self) -> int:
        """How many lines have not been rendered yet."""
        return len(self.clips.missing(line.text for line in self.script.lines.values()))

    def render(self) -> None:
        """Render what is missing, with progress on stderr. Raises SynthesisError."""
        render_script(self.script, self.clips)

    def close(self) -> None:
        """End the speech engine. Safe to call twice."""
        self.synthesizer.close()


def assemble(settings: Settings) -> Components:
    """Load content and model, and fit them to each other. Raises CharleyError."""
    script = read_script(settings)
    recogniser = open_recogniser(settings)
    vocabulary = fit_vocabulary(script, settings, recogniser)
    synthesizer = Pyttsx3Synthesizer()
    clips = open_clips(settings, synthesizer)
    return Components(settings, script, recogniser, vocabulary, synthesizer, clips)
