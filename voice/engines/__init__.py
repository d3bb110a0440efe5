"""The speech libraries, one per file: Vosk, Silero, WebRTC's canceller, pyttsx3.

In: samples or text. Out: the words, probabilities and clips that :mod:`voice.ports` describes.

Law: only one module imports a given library, and a file here knows the Protocol that it
implements, never what its results are used for. A library's own errors leave as a
:class:`~voice.errors.CharleyError`.
"""
