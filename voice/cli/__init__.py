"""The commands of ``charley``, one module each; :mod:`voice.cli.main` lists them.

In: the words of a command line. Out: plain sentences for a terminal or a screen reader, and an
exit status.

Law: no other room imports this one, and only this one prints.
"""
