"""Charley's exceptions: each says what is wrong and what to do.

A :class:`CharleyError` is a fault that the user can fix. The command line prints it as
one line and never shows a traceback for it. A fault that only a programmer can fix is
a :class:`DialogueError` or a built-in exception.
"""


class CharleyError(Exception):
    """A fault with a remedy, reported in one line.

    ``what`` names the fault with its file, key or device; ``remedy`` is one
    sentence in the imperative.
    """

    def __init__(self, what: str, *, remedy: str) -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what.rstrip('.')}. {self.remedy}"


class ConfigError(CharleyError):
    """A setting that is unknown, not allowed or unreadable."""


class ContentError(CharleyError):
    """A file in ``prompts/`` that is missing, malformed or against the rules."""


class ModelError(CharleyError):
    """A Vosk model that is missing or damaged, or lacks a word that Charley listens for."""


class MicrophoneError(CharleyError):
    """A microphone that is missing or has stopped."""


class SpeakerError(CharleyError):
    """A loudspeaker that is missing or has stopped."""


class SynthesisError(CharleyError):
    """A line that could not be synthesised."""


class SpeechEngineError(SynthesisError):
    """A speech engine that hung or died, and would do so again on the next line."""


class RecordingError(CharleyError):
    """A sound file that cannot be read or written."""


class DiaryError(CharleyError):
    """A diary that is missing, damaged, or cannot be written."""


class VoicePackError(CharleyError):
    """Recorded lines that cannot be read or recorded."""


class CarerError(CharleyError):
    """A bridge to a carer that cannot be set up."""


class RehearsalError(CharleyError):
    """A scenario that is malformed."""


class DialogueError(Exception):
    """An event that is illegal in the current state. A bug in the program."""
