"""Scenes that only OVOS can show. Runs where OVOS is installed; test_in_ovos.py starts it.

python -m tests.ovos.scenes OUT.json SCENE [ARGUMENT...]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ovos_bus_client.message import Message
from ovos_bus_client.session import Session

from tests.ovos.night import SKILL_ID, Night
from voice.ovos.skill import DANGER


def first_words(*said: str) -> list[str | None]:
    """What is said first in reply to each, with nothing said before; None if nothing is."""
    answers: list[str | None] = []
    night = Night()
    try:
        for words in said:
            night.say(words)
            answers.append(night.said[0][0] if night.said else None)
            night.begin_another()
    finally:
        night.close()
    return answers


def taken_for_danger(words: str) -> str:
    """What is asked if OVOS's parser has taken words for a danger sign that only resemble one."""
    night = Night()
    try:
        night.croft.bus.emit(Message(f"{SKILL_ID}:{DANGER}", {"utterance": words}))
        return night.said[0][0]
    finally:
        night.close()


def stopped(*replies: str) -> dict[str, list[str]]:
    """End a conversation with "stop", and return what is said and played after it."""
    night = Night()
    try:
        night.live_through(replies)
        said, played = len(night.said), len(night.played)
        night.live_through(["stop"])
        return {
            "said": [text for text, _ in night.said[said:]],
            "played": night.played[played:],
        }
    finally:
        night.close()


def from_another_room(words: str) -> dict[str, Any]:
    """A conversation goes on in one session, and someone speaks in another."""
    night = Night()
    try:
        elsewhere = Session("kitchen").serialize()
        night.live_through(["hey charley"])
        before = len(night.said)
        night.say(words, {"session": elsewhere})
        ignored = len(night.said) == before
        night.say("hey charley", {"session": elsewhere})
        night.step()
        assert night.speech is not None
        session = night.speech.context["session"]["session_id"]
        return {"ignored": ignored, "answered in": session}
    finally:
        night.close()


SCENES = {
    scene.__name__: scene for scene in (first_words, taken_for_danger, stopped, from_another_room)
}

if __name__ == "__main__":
    found = SCENES[sys.argv[2]](*sys.argv[3:])
    Path(sys.argv[1]).write_text(json.dumps(found), encoding="utf-8")
