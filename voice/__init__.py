"""Charley: a voice by the bed for a leg cramp at night.

Audio flows one way: microphone, voice gate, recogniser, event, dialogue,
action, rendered clips, speaker. Only :mod:`voice.dialogue` decides, and it
knows neither audio nor clock nor file.
"""

__version__ = "0.2.0"
