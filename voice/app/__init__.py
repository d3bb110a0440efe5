"""Charley assembled from its settings, and everything it keeps on disk.

In: the settings (a file, the environment), the folders of models, prompts and caches. Out: an
:class:`~voice.app.assistant.Assistant` that takes a block of sound and acts on it.

Law: only this room and the command line know all the others, and it alone chooses which
implementation stands behind each Protocol of :mod:`voice.ports`. It decides nothing about a
conversation.
"""
