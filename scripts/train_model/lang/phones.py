"""The phones, their position-dependent variants and their output classes.

39 phones of the CMU Pronouncing Dictionary without stress. In the decoding
graph each has four variants by its position in the word (begin, end, internal,
singleton), as Kaldi needs them to find word boundaries. The network has two
classes for each phone, its first 30 ms frame and its later ones, shared
by all four variants, and one class for silence: 79 in all.
"""

from __future__ import annotations

PHONES = (
    "AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G", "HH",
    "IH", "IY", "JH", "K", "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T", "TH", "UH",
    "UW", "V", "W", "Y", "Z", "ZH",
)  # fmt: skip

PHONE_INDEX = {phone: index for index, phone in enumerate(PHONES)}

POSITIONS = "BEIS"

SILENCE_CLASS = 0
N_CLASSES = 1 + 2 * len(PHONES)

SILENCE_VARIANT = 1
N_VARIANTS = 1 + len(POSITIONS) * len(PHONES)

# : Cost of staying in, and of leaving, a phone: both have probability one half.
SELF_LOOP_PROBABILITY = 0.5


def first_class(phone: str) -> int:
    """Output class of the first frame of ``phone``."""
    return 1 + 2 * PHONE_INDEX[phone]


def later_class(phone: str) -> int:
    """Output class of the frames of ``phone`` after the first."""
    return 2 + 2 * PHONE_INDEX[phone]


def variant(phone: str, position: str) -> int:
    """Kaldi phone number of ``phone`` at ``position``, one of "BEIS"."""
    return 2 + len(POSITIONS) * PHONE_INDEX[phone] + POSITIONS.index(position)


def word_variants(pronunciation: tuple[str, ...]) -> tuple[int, ...]:
    """Kaldi phone numbers of a whole word."""
    if len(pronunciation) == 1:
        return (variant(pronunciation[0], "S"),)
    places = "B" + "I" * (len(pronunciation) - 2) + "E"
    return tuple(variant(p, place) for p, place in zip(pronunciation, places, strict=True))


def variant_classes(number: int) -> tuple[int, int]:
    """Output classes (first frame, later frames) of a Kaldi phone number."""
    if number == SILENCE_VARIANT:
        return SILENCE_CLASS, SILENCE_CLASS
    phone = PHONES[(number - 2) // len(POSITIONS)]
    return first_class(phone), later_class(phone)


def stay_transition(number: int) -> int:
    """Kaldi transition id of the self-loop of a Kaldi phone number."""
    return 2 * number - 1


def enter_transition(number: int) -> int:
    """Kaldi transition id of the forward arc of a Kaldi phone number."""
    return 2 * number
