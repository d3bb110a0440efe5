"""Every line as a clip: rendered once, kept on disk, read when it is needed.

With all lines on disk nothing is decoded and no speech engine is started
before somebody asks for a line.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from voice.audio import Clip, tone
from voice.clip_store import ClipStore
from voice.errors import SynthesisError
from voice.ports import Synthesizer, VoiceStyle

MEMORY_BYTES: Final = 16 * 1024 * 1024
"""Clips in memory; those not used for longest leave first."""

MEMORY_BYTES_WITHOUT_DISK: Final = 64 * 1024 * 1024
"""The same where nothing can be kept on disk: about half an hour of speech."""

FALLBACK_TONE: Final = Clip(tone(440.0, 0.5, -20.0))
"""Stands in for a line that cannot be spoken, so that the person hears that Charley is there."""

Progress = Callable[[int, int], None]
"""Called with the number of lines rendered so far, and of all to be rendered."""

_LOG = logging.getLogger(__name__)


class ClipLibrary:
    """The clips of one :class:`VoiceStyle`. May be used from several threads.

    ``folder`` None keeps clips in memory only. Libraries made by
    :meth:`with_style` share the synthesizer and the folder.
    """

    def __init__(
        self,
        synthesizer: Synthesizer,
        folder: Path | None,
        style: VoiceStyle,
        *,
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
        self._stand_in: ClipLibrary | None = None

    def clip(self, text: str) -> Clip:
        """The clip of a line, whatever happens.

        A line that cannot be rendered is taken from the library that this one
        was made from; failing that, it is :data:`FALLBACK_TONE`. The log says why,
        and the line is not tried again.
        """
        if text not in self._failed:
            try:
                return self.render(text)
            except SynthesisError as error:
                # Not tried again: it took twice the time limit, and somebody is waiting.
                self._failed.add(text)
                _LOG.error("%s", error)
        known = self._stand_in.kept(text) if self._stand_in else None
        return known or FALLBACK_TONE

    def render(self, text: str) -> Clip:
        """The clip of a line, from memory, from disk, or rendered now.

        Raises SynthesisError where it cannot be rendered.
        """
        known = self.kept(text)
        if known is not None:
            return known
        rendered = self._synthesizer.render(text, self.style)
        key = self._key(text)
        self._store.save(key, rendered.samples)
        self._remember(key, rendered)
        return rendered

    def kept(self, text: str) -> Clip | None:
        """The clip of a line that was rendered before; None where it was not."""
        key = self._key(text)
        with self._lock:
            clip = self._recent.get(key)
            if clip is not None:
                self._recent.move_to_end(key)
                return clip
        samples = self._store.load(key)
        if samples is None:
            return None
        clip = Clip(samples)
        self._remember(key, clip)
        return clip

    def missing(self, texts: Iterable[str]) -> tuple[str, ...]:
        """Those of the texts that would have to be rendered, each once. Reads no sound."""
        keys = {text: self._key(text) for text in texts}
        with self._lock:
            unknown = {text: key for text, key in keys.items() if key not in self._recent}
        return tuple(text for text, key in unknown.items() if not self._store.holds(key))

    def render_all(
        self,
        texts: Iterable[str],
        progress: Progress | None = None,
        stop: threading.Event | None = None,
    ) -> tuple[str, ...]:
        """Render what is missing, and return the texts that could not be.

        An engine that fails at the very first line would fail at all: that
        raises its SynthesisError. Later failures are logged. ``stop`` ends the
        work early; its waiting lets a line that is needed now go first.
        """
        missing = self.missing(texts)
        failed: list[str] = []
        for done, text in enumerate(missing):
            if stop is not None and stop.wait(_LET_OTHERS_S):
                break
            if progress is not None:
                progress(done, len(missing))
            try:
                self.render(text)
            except SynthesisError as error:
                if done == 0:
                    raise
                _LOG.error("%s", error)
                failed.append(text)
        if missing and progress is not None:
            progress(len(missing), len(missing))
        return tuple(failed)

    def with_style(self, style: VoiceStyle) -> ClipLibrary:
        """The same lines spoken otherwise; where a line fails, this library stands in."""
        other = ClipLibrary(
            self._synthesizer, self._store.folder, style, memory_bytes=self._memory_bytes
        )
        other._stand_in = self
        return other

    def _key(self, text: str) -> str:
        made_of = [text, self.style.voice, self.style.words_per_minute, self._synthesizer.version]
        return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:32]

    def _remember(self, key: str, clip: Clip) -> None:
        room = self._memory_bytes if self._store.writable else MEMORY_BYTES_WITHOUT_DISK
        with self._lock:
            if key not in self._recent:
                self._recent[key] = clip
                self._recent_bytes += clip.samples.nbytes
            while self._recent_bytes > room and len(self._recent) > 1:
                _, oldest = self._recent.popitem(last=False)
                self._recent_bytes -= oldest.samples.nbytes


_LET_OTHERS_S: Final = 0.005
