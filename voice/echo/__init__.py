"""Takes Charley's own voice out of the microphone signal.

In: a block from the microphone, and the far-end reference: the block that was played. Out: the
block without the echo, and how far it can be trusted. Pure, except for the canceller passed in.

Law: when in doubt, it is Charley's own voice. What resembles the reference is never passed on
as the user's voice.
"""
