"""Blocks of audio in, events out: recognised speech, no-match, or no-input.

In: a microphone block, its time on the audio clock, and the active grammar. Out: the events of
:mod:`voice.dialogue.events`.

Law: time is counted in blocks and never read from a clock. Only the rule in
:mod:`voice.listening.acceptance` accepts, doubts or refuses an utterance, and a doubtful
utterance is never passed on as certain.
"""
