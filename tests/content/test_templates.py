"""Sentence templates, checked against the notation's own parser, hassil, on all that ship."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest
from hassil import parse_sentence
from hassil.sample import sample_sentence

from voice.app.paths import prompts_folder
from voice.content.phrases import UNLISTENED
from voice.content.templates import TemplateError, Templates

PARTS = {
    "leg": "(leg|calf|<foot>)",
    "foot": "foot [too]",
    "round": "a <about>",
    "about": "[<round>]",
}


@pytest.mark.parametrize(
    ("template", "sentences"),
    [
        ("my leg", ("my leg",)),
        ("[my] leg", ("my leg", "leg")),
        ("a (b|c d) [e|f]", ("a b e", "a b f", "a b", "a c d e", "a c d f", "a c d")),
        ("[a [b]] c", ("a b c", "a c", "c")),
        ("it's <leg>", ("it's leg", "it's calf", "it's foot too", "it's foot")),
        ("(a|a) b", ("a b",)),
        ("yes|no", ("yes", "no")),
    ],
)
def test_a_template_expands_to_all_its_sentences(template: str, sentences: tuple[str, ...]) -> None:
    assert Templates(PARTS).expand(template) == sentences


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("a (b|c", r"'\(' is not closed"),
        ("a [b)", r"'\[' is not closed"),
        ("a) b", r"'\)' closes nothing"),
        ("a <nose>", "there is no part <nose>"),
        ("a <round>", "the part <round> contains itself"),
        ("[a] [b]", "all of it may be left out"),
        ("", "all of it may be left out"),
        ("a {b}", r"'\{b\}' is not valid here"),
    ],
)
def test_a_fault_in_a_template_is_reported(template: str, problem: str) -> None:
    with pytest.raises(TemplateError, match=problem):
        Templates(PARTS).expand(template)


def shipped() -> Iterator[tuple[str, dict[str, str]]]:
    """Every template in every language, with the parts that it may name."""

    def within(entry: object) -> Iterator[str]:
        if isinstance(entry, str):
            yield entry
        elif isinstance(entry, list):
            yield from (text for one in entry for text in within(one))
        elif isinstance(entry, dict):
            yield from (text for one in entry.values() for text in within(one))

    for path in sorted(prompts_folder().glob("*/listening.toml")):
        read = tomllib.loads(path.read_text(encoding="utf-8"))
        parts = read["phrases"].pop("parts", {})
        own = [grammar.get("phrases", {}) for grammar in read["grammars"].values()]
        for template in within([read["phrases"], *own]):
            yield template.removeprefix(UNLISTENED), parts


@pytest.mark.slow
def test_hassil_expands_every_shipped_template_the_same_way() -> None:
    count = 0
    for template, parts in shipped():
        rules = {name: parse_sentence(text) for name, text in parts.items()}
        theirs = sample_sentence(parse_sentence(template), expansion_rules=rules)
        assert {" ".join(text.split()) for text in theirs} == set(Templates(parts).expand(template))
        count += 1
    assert count > 500
