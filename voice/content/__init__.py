"""What can be said, asked and listened for: typed content, read from ``prompts/`` and checked.

Files in, one frozen :class:`~voice.content.script.Script` out. The logic names keys, never words.
"""
