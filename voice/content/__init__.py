"""What can be said, asked and listened for: typed content, read from ``prompts/`` and checked.

In: the TOML files of a language. Out: one frozen :class:`~voice.content.script.Script`.

Law: the logic names keys, never words, and an unsafe script is refused when it is read.
"""
