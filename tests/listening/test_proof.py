"""Whether a line was read as written: the share of its words heard, in order."""

from __future__ import annotations

import pytest

from tests.fakes import ScriptedRecogniser
from voice.audio.samples import silence
from voice.listening.proof import DECOYS, common_words, share_read

LINE = "Pull your toes up toward your shin."


class Forgetting(ScriptedRecogniser):
    """A recogniser that does not know any word of the line."""

    def knows(self, word: str) -> bool:
        return word not in LINE.lower()


def share(heard: str, decoys: tuple[str, ...] = ("pull", "hold", "breathe")) -> float:
    recogniser = ScriptedRecogniser()
    recogniser.next = heard
    return share_read(silence(1.0), LINE, recogniser, decoys)


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ("pull your toes up toward your shin", 1.0),
        ("pull your hold toward your breathe", 4 / 7),
        ("shin your toward up toes your pull", 3 / 7),
        ("", 0.0),
    ],
)
def test_words_count_only_in_their_order(heard: str, expected: float) -> None:
    assert share(heard) == pytest.approx(expected)


def test_words_beyond_the_decoy_limit_are_ignored() -> None:
    many = tuple(f"word{n}" for n in range(2 * DECOYS))
    assert share("pull your toes up toward your shin", many) == 1.0


def test_a_line_of_words_unknown_to_the_model_cannot_be_misread() -> None:
    assert share_read(silence(1.0), LINE, Forgetting(), ()) == 1.0


def test_the_most_frequent_words_come_first() -> None:
    assert common_words(["No, no.", "Yes, no."]) == ("no", "yes")
