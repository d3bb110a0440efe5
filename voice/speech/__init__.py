"""Actions in, sound out: lines rendered ahead of time and played on the sample.

In: the actions of :mod:`voice.dialogue.actions`. Out: tracks for the loudspeaker, and events
when they have finished.

Law: nothing is synthesised while the user waits for it, and each number of a count belongs to
its sample: it is said on time or dropped.
"""
