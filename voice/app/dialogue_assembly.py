"""Assembles the part that decides: the content and the dialogue, from the settings.

It needs no engine and no device, so a front end without sound of its own starts from here.
"""

from __future__ import annotations

from collections.abc import Iterable

from voice.app.paths import prompts_folder
from voice.app.settings import Settings
from voice.content.loader import load_script
from voice.content.script import Command, Script
from voice.dialogue import Context, Dialogue
from voice.dialogue.night import Night
from voice.errors import ConfigError


def read_script(settings: Settings) -> Script:
    """Load the content in the configured language. Raises ContentError and ConfigError.

    A wake phrase is recognised in a conversation, too: there it reports another cramp.
    """
    script = load_script(prompts_folder() / settings.general.language)
    check_wake_phrases(script, settings.general.wake_phrases)
    return script.with_calls(settings.general.wake_phrases)


def build_dialogue(script: Script, settings: Settings, night: Night | None = None) -> Dialogue:
    """The dialogue, asleep. ``night`` is what it remembers from before the start.

    Raises ContentError if the script lacks a line it needs.
    """
    return Dialogue(Context(script, settings.general.hold_s), night)


def check_wake_phrases(script: Script, wake_phrases: Iterable[str]) -> None:
    """Refuse a wake phrase that means something else in a conversation. Raises ConfigError."""
    meant = {
        known.words
        for grammar in script.grammars.values()
        for known in grammar.phrases
        if known.meaning is not Command.ANOTHER_CRAMP
    }
    for phrase in wake_phrases:
        if phrase in meant:
            raise ConfigError(
                f"general.wake_phrases: {phrase!r} already has a meaning in a conversation,"
                " so ordinary talk would wake Charley, and a call could not be told from"
                " an answer",
                remedy='Choose words that you never say otherwise, such as "hey charley".',
            )
