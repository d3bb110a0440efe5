"""The dialogue: a state machine, and the one place that makes decisions.

In: the events of :mod:`voice.dialogue.events`, each with its time in seconds on the audio
clock. Out: the actions of :mod:`voice.dialogue.actions`.

Law: it uses no sound, clock, file or library. An event that is illegal in a state raises
DialogueError and changes nothing, and a level of advice only ever rises within a check.
"""

from voice.dialogue.machine import Dialogue
from voice.dialogue.state_prompts import Context

__all__ = ["Context", "Dialogue"]
