"""Who may speak: the one place that decides about barge-in.

Charley does not talk over the user: words that are due while a voice is heard wait until it
ends. With echo cancellation, Charley stops at once when the user barges in. The dialogue
handles what they said; if it was nothing, Charley goes on.
"""

from __future__ import annotations

from typing import Final

from voice.listening.listener import Ears
from voice.speech.player import Mouth

MOST_PAUSES: Final = 2
"""How often Charley gives way within one utterance or hold, so that a television in the next
room cannot silence it."""


class TurnTaking:
    """Pauses the mouth while the ears hear a voice, and resumes it afterwards."""

    def __init__(self, ears: Ears, mouth: Mouth) -> None:
        self._ears = ears
        self._mouth = mouth
        self._pauses = 0

    def begin(self) -> None:
        """Note that Charley begins to say something new."""
        self._pauses = 0

    def update(self) -> None:
        """Update after each block, once everything that follows from it is done."""
        ears, mouth = self._ears, self._mouth
        if not ears.hearing:
            if mouth.paused:
                mouth.resume()
        elif self._pauses < MOST_PAUSES:
            self._pauses += mouth.pause()
        elif ears.interrupted and mouth.output.sounding:
            # It gave way too often for nothing: this voice may be the residual echo.
            ears.drop()
