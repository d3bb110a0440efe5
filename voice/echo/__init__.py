"""Takes Charley's own voice out of what the microphone heard.

In: a block from the microphone, and the far-end reference: the block that was played. Out: the
block without the echo, and how far it can be trusted. Pure, but for the canceller handed in.

Law: when in doubt it is Charley's own voice. What resembles the reference is never passed on
as somebody else's.
"""
