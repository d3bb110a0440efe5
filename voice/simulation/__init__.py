"""The simulated night: a room, a person in it, and a conversation on the keyboard.

In: a scenario, or typed lines. Out: what would have happened, as sound, transcript and events,
with a verdict on it.

Law: the parts that listen, decide and speak are those that run at the bedside, and are passed in.
Only the microphone, loudspeaker and person are simulated, and the clock is the room's samples, so
the same scenario always goes the same way.
"""
