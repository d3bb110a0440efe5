"""Who may speak: the one place where barge-in is decided.

Charley does not speak to somebody who is speaking: words that are due while a voice is
heard wait until it ends. Where Charley's own voice can be taken out of what the microphone
hears, it gives way at once to a person who talks over it. What they said is for the
dialogue; if it was nothing, Charley goes on.
"""

from __future__ import annotations

from typing import Final

from voice.listening.listener import Ears
from voice.speech.player import Mouth

MOST_PAUSES: Final = 2
"""How often Charley gives way within one utterance or hold: a television in the next room
must not silence it."""


class TurnTaking:
    """Lets the mouth give way to whom the ears hear, and go on when they have finished."""

    def __init__(self, ears: Ears, mouth: Mouth) -> None:
        self._ears = ears
        self._mouth = mouth
        self._pauses = 0

    def begin(self) -> None:
        """Charley begins to say something else."""
        self._pauses = 0

    def update(self) -> None:
        """After each block, and all that followed from it."""
        ears, mouth = self._ears, self._mouth
        if not ears.hearing:
            if mouth.paused:
                mouth.resume()
        elif self._pauses < MOST_PAUSES:
            self._pauses += mouth.pause()
        elif ears.interrupted and mouth.output.sounding:
            # It gave way too often for nothing: what is heard now may be Charley itself.
            ears.drop()
