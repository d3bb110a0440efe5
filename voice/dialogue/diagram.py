"""Draws the dialogue's transition table as a Mermaid state diagram, for the README."""

from __future__ import annotations

import re
from collections import defaultdict

from voice.dialogue.states import (
    AskingRedFlag,
    AskingWhichThigh,
    Asleep,
    ConfirmingSign,
    Emergency,
    Instructing,
    State,
)
from voice.dialogue.transition_table import ARROWS


def mermaid() -> str:
    """The diagram as text, without the transitions that are possible everywhere."""
    labels: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (state, event), ends in ARROWS.items():
        for end in ends:
            if end is not state and not _told_once(state, end):
                labels[state.__name__, end.__name__].append(_words(event.__name__))
    drawn = [
        f"    {start} --> {end}: {', '.join(sorted(set(events)))}"
        for (start, end), events in sorted(labels.items())
    ]
    return "\n".join(["stateDiagram-v2", "    [*] --> Asleep", *drawn])


def _told_once(state: type[State], end: type[State]) -> bool:
    """Whether it is possible everywhere: a danger sign and back, another cramp, goodbye."""
    if state is Asleep:
        return False
    if state is ConfirmingSign:
        return end not in (AskingRedFlag, Emergency)
    if end in (ConfirmingSign, AskingWhichThigh, Asleep):
        return True
    if end is Instructing:
        return state is AskingRedFlag
    return end is Emergency and state is not AskingRedFlag


def _words(name: str) -> str:
    """``SpeechHeard`` as "speech heard"."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()
