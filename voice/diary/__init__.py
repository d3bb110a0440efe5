"""The diary: a row a conversation, kept on this machine alone, and shown to a doctor.

In: the entries of :mod:`voice.dialogue.diary`, which hold keys, numbers and answers, and no
word of the person. Out: counts and times for the dialogue, a table, and a report to print.

Law: a conversation never waits for it, and nothing is decided by it. A file that is damaged,
locked, full or read-only is a line in the log; the entries are then kept in memory.
"""
