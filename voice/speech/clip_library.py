"""Every line as a clip: rendered once, kept on disk, read into memory before the night.

With all lines on disk, no speech engine is started. With all lines in memory, the user does
not notice a disk that hangs, fills up or is pulled out.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, Protocol

from voice.audio.samples import Clip, Samples, tone
from voice.errors import SpeechEngineError, SynthesisError
from voice.ports import Synthesizer, VoiceStyle
from voice.speech.clip_files import ClipStore

MEMORY_BYTES: Final = 64 * 1024 * 1024
"""Clips in memory: about half an hour of speech, three times what there is to say.
The least recently used are dropped first."""

FALLBACK_TONE: Final = Clip(tone(440.0, 0.5, -24.0))
"""Replaces a line that cannot be spoken, so that the user hears that Charley is there."""

Progress = Callable[[int, int], None]
"""Called with the number of lines rendered so far, and the total."""

_LOG = logging.getLogger(__name__)


class Takes(Protocol):
    """Lines that need no engine: :class:`voice.speech.voice_pack.VoicePack` has them."""

    def holds(self, text: str) -> bool:
        """Whether there is a take of that text."""
        ...

    def load(self, text: str) -> Samples | None:
        """The take; None where there is none."""
        ...


class ClipLibrary:
    """The clips of one :class:`VoiceStyle`. May be used from several threads.

    ``folder`` None keeps clips in memory only. Libraries from
    :meth:`with_style` share the synthesizer and the folder. ``takes`` are recorded lines, which
    come first. ``spare``, of another engine, speaks the lines that this one cannot.
    """

    def __init__(
        self,
        synthesizer: Synthesizer,
        folder: Path | None,
        style: VoiceStyle,
        *,
        takes: Takes | None = None,
        spare: ClipLibrary | None = None,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        self.style = style
        self._synthesizer = synthesizer
        self._store = ClipStore(folder)
        self._memory_bytes = memory_bytes
        self._lock = threading.Lock()
        self._recent: OrderedDict[str, Clip] = OrderedDict()
        self._recent_bytes = 0
        self._failed: set[str] = set()
        self._engine_failed = False
        self._takes = takes
        self._spare = spare
        self._stand_in: ClipLibrary | None = None

    def clip(self, text: str) -> Clip:
        """The clip of a line; never fails.

        If a line cannot be rendered, the library that this one was made from provides it, or
        else the spare; failing that, it is :data:`FALLBACK_TONE`. The log says why,
        and the line is not tried again; nor is any other, once the engine has failed.
        """
        known = self.kept(text)
        if known is None and not self._engine_failed and text not in self._failed:
            try:
                known = self._synthesizer.render(text, self.style)
            except SynthesisError as error:
                # Do not try again: it took twice the time limit, and the user is waiting.
                self._failed.add(text)
                self._engine_failed = isinstance(error, SpeechEngineError)
                _LOG.error("%s", error)
            else:
                self._save_later(text, known)
        if known is None and self._stand_in is not None:
            known = self._stand_in.kept(text)
        if known is None and self._spare is not None:
            known = self._spare.clip(text)
        return known or FALLBACK_TONE

    def prepare(self) -> None:
        """Have the engine ready for lines that are not rendered yet. Never waits."""
        self._synthesizer.prepare()

    def render(self, text: str) -> Clip:
        """The clip of a line, from memory, from disk, or rendered now.

        Raises SynthesisError if rendering fails.
        """
        known = self.kept(text)
        if known is not None:
            return known
        rendered = self._synthesizer.render(text, self.style)
        self._store.save(self._key(text), rendered.samples)
        self._remember(text, rendered)
        return rendered

    def kept(self, text: str) -> Clip | None:
        """The clip of a line that was rendered before; None if it was not."""
        with self._lock:
            clip = self._recent.get(text)
            if clip is not None:
                self._recent.move_to_end(text)
                return clip
        samples = None if self._takes is None else self._takes.load(text)
        if samples is None:
            samples = self._store.load(self._key(text))
        if samples is None:
            return None
        clip = Clip(samples)
        self._remember(text, clip)
        return clip

    @property
    def held_mb(self) -> float:
        """Size of the clips in memory, in MB; never above the library's limit."""
        with self._lock:
            return self._recent_bytes / 1e6

    def load_all(self, texts: Iterable[str]) -> None:
        """Load clips from disk into memory; damaged ones count as missing from now on."""
        for text in texts:
            self.kept(text)

    def missing(self, texts: Iterable[str]) -> tuple[str, ...]:
        """The texts that still have to be rendered, each once. Reads no sound."""
        with self._lock:
            unknown = [text for text in dict.fromkeys(texts) if text not in self._recent]
        takes = self._takes
        return tuple(
            text
            for text in unknown
            if not (takes is not None and takes.holds(text))
            and not self._store.holds(self._key(text))
        )

    def render_all(
        self,
        texts: Iterable[str],
        progress: Progress | None = None,
        stop: threading.Event | None = None,
    ) -> tuple[str, ...]:
        """Render the missing texts, and return those that failed.

        An engine that fails on the very first line would fail on all of them, so its
        SynthesisError is raised. Later failures are logged, and an engine that hangs or dies
        is not used again: the lines rendered by then must do. The spare, if there is one,
        renders what this engine could not. ``stop`` ends the work early;
        its wait lets a line that is needed now go first.
        """
        wanted = tuple(dict.fromkeys(texts))
        missing = self.missing(wanted)
        failed: list[str] = []
        for done, text in enumerate(missing):
            if stop is not None and stop.wait(_LET_OTHERS_S):
                break
            if progress is not None:
                progress(done, len(missing))
            try:
                self.render(text)
            except SynthesisError as error:
                hopeless = done == 0 and len(missing) == len(wanted)
                if hopeless and self._spare is None:
                    raise
                _LOG.error("%s", error)
                failed.append(text)
                if hopeless or isinstance(error, SpeechEngineError):
                    self._engine_failed = True
                    failed += missing[done + 1 :]
                    break
        if missing and progress is not None:
            progress(len(missing), len(missing))
        if failed and self._spare is not None:
            return self._spare.render_all(failed, progress, stop)
        return tuple(failed)

    def with_style(self, style: VoiceStyle) -> ClipLibrary:
        """The same lines in another style, with this library as the fallback."""
        other = ClipLibrary(
            self._synthesizer,
            self._store.folder,
            style,
            takes=self._takes,
            spare=self._spare,
            memory_bytes=self._memory_bytes,
        )
        other._stand_in = self
        return other

    def _save_later(self, text: str, clip: Clip) -> None:
        """Save a clip in the background, because the disk may be slow or hang."""
        self._remember(text, clip)
        threading.Thread(
            target=self._store.save,
            args=(self._key(text), clip.samples),
            name="charley-saving",
            daemon=True,
        ).start()

    def _key(self, text: str) -> str:
        style = self.style
        made_of = [text, style.voice, style.words_per_minute, style.semitones]
        made_of.append(self._synthesizer.version)
        return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:32]

    def _remember(self, text: str, clip: Clip) -> None:
        room = self._memory_bytes if self._store.writable else MEMORY_BYTES
        with self._lock:
            if text not in self._recent:
                self._recent[text] = clip
                self._recent_bytes += clip.samples.nbytes
            while self._recent_bytes > room and len(self._recent) > 1:
                _, oldest = self._recent.popitem(last=False)
                self._recent_bytes -= oldest.samples.nbytes


_LET_OTHERS_S: Final = 0.005
