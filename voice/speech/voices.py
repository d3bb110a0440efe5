"""The voices Charley can speak in, and the one in use, at the current rate.

A change takes effect with the next thing said. Lines not yet rendered in that voice and at that
rate are rendered when they are said; a background thread renders the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from voice.ports import USUAL_VOICE
from voice.speech.clip_library import ClipLibrary
from voice.speech.warming import Warmer

NO_OTHERS: Final[Mapping[str, ClipLibrary]] = MappingProxyType({})


class Voices:
    """The usual voice, the others by their names, and the one in use.

    ``texts`` is all that is ever said. The usual voice has the name :data:`USUAL_VOICE`.
    """

    def __init__(
        self, usual: ClipLibrary, others: Mapping[str, ClipLibrary], texts: Sequence[str]
    ) -> None:
        self._usual = usual
        self._libraries = {USUAL_VOICE: usual, **others}
        self._texts = tuple(texts)
        self._warmer = Warmer()
        self.name = USUAL_VOICE
        self.clips = usual

    @property
    def words_per_minute(self) -> int:
        """The rate of the next line."""
        return self.clips.style.words_per_minute

    @property
    def others(self) -> bool:
        """Whether there is more than one voice."""
        return len(self._libraries) > 1

    @property
    def held_mb(self) -> float:
        """Rendered lines in memory, in MB: those of the usual voice and of the current one."""
        in_use = {id(clips): clips for clips in (self._usual, self.clips)}
        return sum(clips.held_mb for clips in in_use.values())

    def use(self, name: str, words_per_minute: int) -> None:
        """Speak in that voice and at that rate. An unknown name means the usual voice."""
        if name not in self._libraries:
            name = USUAL_VOICE
        if (name, words_per_minute) == (self.name, self.words_per_minute):
            return
        self.name = name
        library = self._libraries[name]
        style = replace(library.style, words_per_minute=words_per_minute)
        # Only the usual clips stay in memory beside the current ones: each set is all lines.
        usual = library is self._usual and style == library.style
        self.clips = library if usual else library.with_style(style)
        self._warmer.warm(self.clips, self._texts)

    def use_next(self) -> None:
        """Speak in the next voice, at the same rate; the first follows the last."""
        names = list(self._libraries)
        place = names.index(self.name) + 1
        self.use(names[place % len(names)], self.words_per_minute)

    def close(self) -> None:
        """End the background work. Safe to call twice."""
        self._warmer.end()
