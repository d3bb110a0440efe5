"""The numbering of phones, classes and transitions, which three files must agree on."""

from scripts.train_model.lang.phones import (
    N_CLASSES,
    N_VARIANTS,
    PHONES,
    enter_transition,
    stay_transition,
    variant_classes,
    word_variants,
)


def test_every_class_but_silence_belongs_to_four_variants() -> None:
    counts = dict.fromkeys(range(N_CLASSES), 0)
    for number in range(1, N_VARIANTS + 1):
        for output_class in set(variant_classes(number)):
            counts[output_class] += 1
    assert counts.pop(0) == 1
    assert set(counts.values()) == {4}


def test_transitions_are_numbered_without_gaps() -> None:
    numbers = sorted(
        transition(number)
        for number in range(1, N_VARIANTS + 1)
        for transition in (stay_transition, enter_transition)
    )
    assert numbers == list(range(1, 2 * N_VARIANTS + 1))


def test_a_word_begins_and_ends_with_its_own_variants() -> None:
    assert len(set(word_variants(("N", "OW")) + word_variants(("N",)))) == 3
    assert len({word_variants((phone,)) for phone in PHONES}) == len(PHONES)
