"""The exceptions of Charley: each says what is wrong, and what to do.

A :class:`CharleyError` is something that a person can mend. The command line
prints it as one line and never shows a traceback for it. What only a
programmer can mend is a :class:`DialogueError` or a built-in exception.
"""


class CharleyError(Exception):
    """A fault with a remedy, told in one line.

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
    """A setting that is not known, not allowed, or not readable."""


class ContentError(CharleyError):
    """A file of ``prompts/`` that is missing, malformed or against the rules."""


class ModelError(CharleyError):
    """A Vosk model that is missing, damaged, or lacks a word that is listened for."""


class MicrophoneError(CharleyError):
    """A microphone that is not there, or that has stopped."""


class SpeakerError(CharleyError):
    """A loudspeaker that is not there, or that has stopped."""


class SynthesisError(CharleyError):
    """A line that could not be turned into speech."""


class SpeechEngineError(SynthesisError):
    """A speech engine that hung or died, and would with the next line too."""


class RecordingError(CharleyError):
    """A sound file that cannot be read or written."""


class DiaryError(CharleyError):
    """A diary that is missing, damaged, or cannot be written."""


class RehearsalError(CharleyError):
    """A scenario that is malformed."""


class DialogueError(Exception):
    """An event that is not legal in the present state. A fault of the program."""
