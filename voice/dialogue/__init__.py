"""The dialogue: a state machine, and the one place where anything is decided."""

from voice.dialogue.machine import Dialogue
from voice.dialogue.state_prompts import Context

__all__ = ["Context", "Dialogue"]
