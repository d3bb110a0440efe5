"""The microphone and the loudspeaker, and what survives their faults.

In: the devices of the machine, and tracks to play. Out: blocks of 512 samples (32 ms), the
position of what is playing, and the far-end reference in step with the microphone.

Law: callers never see a device error. While a device is lost the microphone delivers silence
in real time and positions keep advancing, so the sample clock stays true. Nothing here knows
what is said or decided.
"""
