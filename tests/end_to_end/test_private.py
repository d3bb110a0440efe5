"""Nothing leaves the room, no sound is kept, and the log repeats none of the user's words.

Each is checked on a whole `charley run` with a conversation in it, while a carer's bridge listens:
what it is told goes over a socket on this machine, and contains no words.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.running import MICROPHONE, RunningCharley, charley, tell, wake
from tests.sound_server import SoundServer
from voice.app.conversation_marker import FILE as MARKER
from voice.app.live import LOCK_FILE as LOCK
from voice.carer.event_socket import StatusReceiver, socket_path
from voice.carer.status import decode
from voice.content.script import Part
from voice.diary.store import FILE as DIARY
from voice.diary.store import read_kept

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("real time 1")]

WATCH = """
import logging, os, sys
logging.basicConfig(level=logging.INFO)
told = os.open(os.environ["CHARLEY_TEST_AUDIT"], os.O_WRONLY | os.O_APPEND)

def watch(event, args):
    if event in ("socket.__new__", "socket.connect", "socket.bind", "socket.getaddrinfo"):
        family = args[1] if event == "socket.__new__" else getattr(args[0], "family", "?")
        os.write(told, f"{event} {int(family) if family != '?' else family}\\n".encode())
    elif event == "open" and isinstance(args[0], (str, bytes)):
        if args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            os.write(told, f"write {os.fsdecode(args[0])}\\n".encode())

sys.addaudithook(watch)
"""
"""Run by Python before Charley, and before each Python that Charley starts."""

AF_UNIX = "1"

BROKER = "broker.invalid"
"""Names a carer's broker, so that Charley reports to its bridge; no broker has that name."""


@pytest.fixture(scope="module")
def cache(rendered: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that Charley says, rendered, as it is from the second night on."""
    return Path(shutil.copytree(rendered, tmp_path_factory.mktemp("private") / "cache"))


def converse(running: RunningCharley, server: SoundServer) -> None:
    """What a night consists of: a wake, a word about where it hurts, a command, an end."""
    wake(running, server)
    tell(running, server, "my foot")
    running.until("Charley: Now.")
    tell(running, server, "stop")


class Told:
    """What a carer's bridge would read, in the folder that it shares with Charley."""

    def __init__(self, folder: Path, receiver: StatusReceiver) -> None:
        self.folder = str(folder)
        self._receiver = receiver

    def assert_a_cramp_without_words(self) -> None:
        datagrams = list(self._receiver.take())
        assert any(decode(datagram).cramp for datagram in datagrams)
        assert not [d for d in datagrams if re.search(rb"hey|charley|foot|stop", d, re.IGNORECASE)]


@contextmanager
def bridge(folder: Path) -> Iterator[Told]:
    """A bridge that listens in that folder."""
    with closing(StatusReceiver(socket_path(folder))) as receiver:
        yield Told(folder, receiver)


@dataclass(frozen=True)
class Watched:
    audit: list[str]
    while_listening: list[str]
    log: list[str]
    before: dict[Path, int]
    after: dict[Path, int]


def files(*folders: Path) -> dict[Path, int]:
    return {p: p.stat().st_mtime_ns for f in folders for p in f.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def watched(server: SoundServer, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Watched:
    folder = tmp_path_factory.mktemp("watch")
    (folder / "sitecustomize.py").write_text(WATCH)
    audit = folder / "audit"
    audit.touch()
    home, own = Path(server.environment["HOME"]), cache.parent
    before = files(home, own)
    path = os.pathsep.join([str(folder), server.environment["PYTHONPATH"]])
    with (
        bridge(folder / "carer") as carer,
        charley(
            server,
            cache,
            *MICROPHONE,
            PYTHONPATH=path,
            CHARLEY_TEST_AUDIT=str(audit),
            CHARLEY_CARER=carer.folder,
            CHARLEY_CARER_BROKER=BROKER,
        ) as running,
    ):
        at_first = len(audit.read_text().splitlines())
        converse(running, server)
        running.leave()
        carer.assert_a_cramp_without_words()
    told = audit.read_text().splitlines()
    return Watched(told, told[at_first:], running.errors, before, files(home, own))


def test_python_opens_only_sockets_on_this_machine(watched: Watched) -> None:
    sockets = [line for line in watched.audit if line.startswith("socket")]
    assert not [line for line in sockets if line.split()[-1] != AF_UNIX]


def test_no_sound_is_kept(watched: Watched) -> None:
    assert not set(watched.before) - set(watched.after)
    changed = [path for path, at_ns in watched.after.items() if watched.before.get(path) != at_ns]
    for path in changed:
        if path.name.startswith(DIARY):
            # Keys and numbers, in a file too small to hold a second of sound beside its tables.
            assert path.stat().st_size < 64_000
            assert not re.search(rb"hey|charley", path.read_bytes(), re.IGNORECASE)
            continue
        # That a Charley is running, and its process id.
        assert path.name.endswith("lock")
        assert path.read_text().strip().isdecimal()
    written = [line for line in watched.while_listening if line.startswith("write")]
    # The speech engine's own file is in memory, and has no name in any folder. A marker notes
    # that there is a conversation, in none of its words, and is removed when it ends.
    kept = f"{re.escape(MARKER)}\\.new|{re.escape(DIARY)}"
    usual = rf"write (/dev/|/proc/self/fd/|.*/state/({kept})$)"
    assert not [line for line in written if not re.match(usual, line)]


def test_a_diary_row_is_kept(watched: Watched) -> None:
    (diary,) = (path for path in watched.after if path.name == DIARY)
    (entry,) = read_kept(diary, "", 0.0).entries.values()
    assert (entry.cramp, entry.part, entry.ending) == (True, Part.FOOT, None)


def test_the_log_repeats_none_of_the_users_words(watched: Watched) -> None:
    log = "\n".join(watched.log)
    assert not re.search(r"\b(hey|foot|stop)\b", log, re.IGNORECASE), log


def test_everything_works_without_any_network(
    server: SoundServer, cache: Path, tmp_path: Path
) -> None:
    before = ("unshare", "-rn")
    if subprocess.run([*before, "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("no network namespaces for this user")
    with (
        bridge(tmp_path) as carer,
        charley(
            server,
            cache,
            *MICROPHONE,
            before=before,
            CHARLEY_CARER=carer.folder,
            CHARLEY_CARER_BROKER=BROKER,
        ) as running,
    ):
        converse(running, server)
        assert running.leave() < 2.0
        assert not running.errors
        carer.assert_a_cramp_without_words()


def test_the_kernel_is_asked_for_no_other_socket_and_no_file_to_write(
    server: SoundServer, cache: Path, tmp_path: Path
) -> None:
    """This covers the C libraries, and every process that Charley starts."""
    if shutil.which("strace") is None:
        pytest.skip("no strace: apt-get install strace")
    calls = tmp_path / "calls"
    strace = ("strace", "-D", "-f", "--seccomp-bpf", "-e", "trace=socket,open,openat,creat")
    if subprocess.run([*strace, "-o", str(calls), "true"], check=False).returncode != 0:
        pytest.skip("strace may not trace here")
    passing = tmp_path / "passing"
    passing.mkdir()
    before = (*strace, "-o", str(calls))
    with (
        bridge(tmp_path / "carer") as carer,
        charley(
            server,
            cache,
            *MICROPHONE,
            before=before,
            TMPDIR=str(passing),
            CHARLEY_CARER=carer.folder,
            CHARLEY_CARER_BROKER=BROKER,
        ) as running,
    ):
        converse(running, server)
        running.leave()
        carer.assert_a_cramp_without_words()
    asked = calls.read_text()
    families = set(re.findall(r"socket\((\w+)", asked))
    assert families <= {"AF_UNIX", "AF_LOCAL"}
    assert families
    opened = re.findall(r'"([^"]+)", ([A-Z_|]+)', asked)
    written = {path for path, how in opened if re.search("O_WRONLY|O_RDWR|O_CREAT", how)}
    # Coverage measures this process too, when the whole suite is run.
    written = {path for path in written if not Path(path).name.startswith(".coverage")}
    # The sound server's own folder, and what Vosk prints as it is loaded.
    own = (server.environment["HOME"], str(passing), "/dev/", "/proc/")
    state = cache.parent / "state"
    written -= {str(state / LOCK), str(state / f"{MARKER}.new")}
    written -= {str(state / f"{DIARY}{part}") for part in ("", "-journal", "-wal", "-shm")}
    assert {path for path in written if not path.startswith(own)} == set()
    assert not list(passing.iterdir())


_NEURAL = """
import sys, time
from pathlib import Path
import numpy as np
from voice.app.paths import models_folder
from voice.app.spotter import SPOTTER
from voice.engines.keyword_spotter import EmbeddingSpotter
from voice.engines.pyttsx3_synthesizer import Pyttsx3Synthesizer
from voice.ports import USUAL_VOICE, VoiceStyle
noise = np.random.default_rng(1).normal(scale=300.0, size=16000).astype(np.int16)
spotter = EmbeddingSpotter(models_folder() / SPOTTER)
spotter.spot(noise)
engine = Pyttsx3Synthesizer("natural")
engine.render("Good night.", VoiceStyle(USUAL_VOICE, 150))
time.sleep(12.0)
engine.close()
"""
"""What reports its use does so some seconds after it was loaded."""


def test_the_neural_parts_report_to_nobody(tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.skip("no strace: apt-get install strace")
    calls = tmp_path / "calls"
    strace = ("strace", "-D", "-f", "--seccomp-bpf", "-e", "trace=socket", "-o", str(calls))
    if subprocess.run([*strace, "true"], check=False).returncode != 0:
        pytest.skip("strace may not trace here")
    subprocess.run([*strace, sys.executable, "-c", _NEURAL], check=True, timeout=120)
    assert "socket(AF_INET" not in calls.read_text()
