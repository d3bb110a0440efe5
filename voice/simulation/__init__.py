"""The simulated night: a room, a person in it, and a conversation on the keyboard.

In: a scenario, or typed lines. Out: what would have happened, as sound, transcript and events,
and a judgement of it.

Law: whatever listens, decides and speaks is what runs at the bedside, and is handed in. Only
microphone, loudspeaker and person are made up, and the clock is the room's samples, so that
the same scenario goes the same way every time.
"""
