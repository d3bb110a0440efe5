"""Charley with OVOS's ears and mouth: a skill that holds the same conversation there.

In: what OVOS has recognised, and when it speaks and records. Out: the lines to speak, and when.

Law: the dialogue decides, as everywhere, and all words come from the prompts. This room adds a
clock and carries actions out. It uses none of Charley's own ears, voices or devices, and only
:mod:`voice.ovos.skill` knows OVOS.
"""
