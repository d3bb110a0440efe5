"""The real pyttsx3 and espeak-ng; children that misbehave are small test programs."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from voice.audio.normalise import LEVEL_LUFS, PEAK_DBFS
from voice.audio.samples import level_dbfs, peak_dbfs
from voice.engines import pyttsx3_worker
from voice.engines.pyttsx3_synthesizer import Pyttsx3Synthesizer
from voice.errors import SynthesisError
from voice.ports import VoiceStyle

WORKER = Path(pyttsx3_worker.__file__)
CHARLEY = VoiceStyle("en-us", 150)
LINE = "Pull your toes up toward your shin."


def program(code: str) -> tuple[str, ...]:
    """The command for a child that runs ``code``, with WORKER and ``os`` in scope."""
    return (sys.executable, "-c", f"import os, runpy, sys, time\nWORKER = {str(WORKER)!r}\n{code}")


def first_time(folder: Path, code: str) -> tuple[str, ...]:
    """A child that runs ``code`` the first time it is started, and does its work after that."""
    mark = str(folder / "been_here")
    return program(
        f"if not os.path.exists({mark!r}):\n"
        f"    open({mark!r}, 'w').close()\n"
        f"    {code}\n"
        "runpy.run_path(WORKER, run_name='__main__')"
    )


@pytest.fixture(scope="module")
def synthesizer() -> Iterator[Pyttsx3Synthesizer]:
    made = Pyttsx3Synthesizer(time_limit_s=30.0)
    yield made
    made.close()


def test_a_line_is_spoken_at_charleys_level_and_starts_at_once(
    synthesizer: Pyttsx3Synthesizer,
) -> None:
    clip = synthesizer.render(LINE, CHARLEY)
    assert 1.2 < clip.duration_s < 4.0
    assert LEVEL_LUFS - 4.0 < level_dbfs(clip.samples) < LEVEL_LUFS + 1.0
    assert peak_dbfs(clip.samples) <= PEAK_DBFS + 0.01
    assert level_dbfs(clip.samples[:800]) > -45.0


def test_a_faster_line_is_shorter_and_another_voice_sounds_different(
    synthesizer: Pyttsx3Synthesizer,
) -> None:
    usual = synthesizer.render(LINE, CHARLEY)
    fast = synthesizer.render(LINE, VoiceStyle("en-us", 220))
    other = synthesizer.render(LINE, VoiceStyle("en-us+f3", 150))
    assert fast.duration_s < 0.8 * usual.duration_s
    assert not np.array_equal(other.samples, usual.samples)


def test_lines_keep_their_whole_length_when_rates_alternate(
    synthesizer: Pyttsx3Synthesizer,
) -> None:
    lengths: dict[int, set[int]] = {130: set(), 190: set()}
    for _ in range(10):
        for rate, seen in lengths.items():
            seen.add(len(synthesizer.render(LINE, VoiceStyle("en-us", rate)).samples))
    for seen in lengths.values():
        assert max(seen) < 1.02 * min(seen)


def test_an_unknown_voice_is_named_with_the_available_ones(
    synthesizer: Pyttsx3Synthesizer,
) -> None:
    with pytest.raises(SynthesisError, match="'martian'") as caught:
        synthesizer.render(LINE, VoiceStyle("martian", 150))
    assert "voice.name" in caught.value.remedy
    assert "en-us" in caught.value.remedy
    assert synthesizer.render(LINE, CHARLEY).duration_s > 1.2


def test_a_line_without_sound_is_refused(synthesizer: Pyttsx3Synthesizer) -> None:
    with pytest.raises(SynthesisError, match="produces no sound"):
        synthesizer.render("...", CHARLEY)


def test_the_version_names_both_engines_and_needs_no_child() -> None:
    version = Pyttsx3Synthesizer(worker=("/nowhere",)).version
    assert version.startswith("pyttsx3 2.")
    assert "espeak-ng 1." in version


@pytest.mark.slow
def test_a_child_that_hangs_is_replaced(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    # The limit must leave a healthy child time to start on a busy machine.
    made = Pyttsx3Synthesizer(time_limit_s=5.0, worker=first_time(tmp_path, "time.sleep(600)"))
    assert made.render(LINE, CHARLEY).duration_s > 1.2
    made.close()
    assert "try 1 of 2: the child did not answer in time" in caplog.text


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("os._exit(3)", "the child died"),
        ("os.kill(os.getpid(), 11)", "the child died"),
        ("print('Hello!', flush=True); time.sleep(600)", "nonsense"),
        ("print('[1]', flush=True); time.sleep(600)", "replied [1]"),
        ("print('{\"done\": true}', flush=True); time.sleep(600)", "wrote no sound"),
    ],
)
def test_a_child_that_dies_or_talks_nonsense_is_replaced(
    code: str, told: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = Pyttsx3Synthesizer(time_limit_s=30.0, worker=first_time(tmp_path, code))
    assert made.render(LINE, CHARLEY).duration_s > 1.2
    made.close()
    assert told in caplog.text


def test_two_failures_in_a_row_are_an_error_in_one_line() -> None:
    made = Pyttsx3Synthesizer(time_limit_s=0.3, worker=program("time.sleep(600)"))
    with pytest.raises(SynthesisError, match="failed twice on") as caught:
        made.render(LINE * 9, CHARLEY)
    made.close()
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250


@pytest.mark.slow
def test_what_a_hanging_child_started_ends_with_it(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    code = (
        "import subprocess\n"
        "p = subprocess.Popen(['sleep', '600'])\n"
        f"open({str(pid_file)!r}, 'w').write(str(p.pid))\n"
        "time.sleep(600)"
    )
    made = Pyttsx3Synthesizer(time_limit_s=3.0, worker=program(code))
    with pytest.raises(SynthesisError):
        made.render(LINE, CHARLEY)
    made.close()
    assert _ends(int(pid_file.read_text()))


def test_without_espeak_ng_the_error_says_what_to_install() -> None:
    code = (
        "import ctypes\n"
        "def missing(path): raise OSError(path)\n"
        "ctypes.cdll.LoadLibrary = missing\n"
        "runpy.run_path(WORKER, run_name='__main__')"
    )
    made = Pyttsx3Synthesizer(time_limit_s=30.0, worker=program(code))
    with pytest.raises(SynthesisError) as caught:
        made.render(LINE, CHARLEY)
    made.close()
    assert "apt-get install espeak-ng" in caught.value.remedy


def test_a_child_that_cannot_be_started_is_an_error() -> None:
    made = Pyttsx3Synthesizer(worker=("/nowhere/worker",))
    with pytest.raises(SynthesisError, match="could not be started"):
        made.render(LINE, CHARLEY)
    made.close()
    made.close()


def test_a_closed_synthesizer_starts_a_new_child_when_asked_again() -> None:
    made = Pyttsx3Synthesizer(time_limit_s=30.0)
    made.render(LINE, CHARLEY)
    made.close()
    assert made.render(LINE, CHARLEY).duration_s > 1.2
    made.close()


def test_a_fresh_child_renders_a_word_the_same_whatever_came_before() -> None:
    made = Pyttsx3Synthesizer(time_limit_s=30.0, afresh=True)
    first = made.render("No.", CHARLEY).samples
    made.render(LINE, CHARLEY)
    assert np.array_equal(made.render("No.", CHARLEY).samples, first)
    assert made._child is None


def test_fresh_renderings_have_a_version_of_their_own() -> None:
    assert Pyttsx3Synthesizer(afresh=True).version != Pyttsx3Synthesizer().version


def test_the_child_ends_with_its_parent_even_in_the_middle_of_a_line() -> None:
    # A killed parent closes nothing itself: the kernel closes its end of the socket.
    code = (
        "import sys\n"
        f"sys.path[:0] = {sys.path!r}\n"
        "from voice.engines.pyttsx3_synthesizer import Pyttsx3Synthesizer\n"
        "from voice.ports import VoiceStyle\n"
        "made = Pyttsx3Synthesizer(time_limit_s=60)\n"
        f"made.render({LINE!r}, VoiceStyle('en-us', 150))\n"
        "print(made._child._process.pid, flush=True)\n"
        "made.render('hello ' * 20000, VoiceStyle('en-us', 150))\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert _ends(child)


def test_the_worker_keeps_pyttsx3s_prints_apart_from_its_replies(tmp_path: Path) -> None:
    path = tmp_path / "line.wav"
    request = {"text": "Five.", "voice": "en-us", "words_per_minute": 150, "path": str(path)}
    with subprocess.Popen(
        [sys.executable, "-P", str(WORKER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(json.dumps(request) + "\n")
        worker.stdin.flush()
        assert json.loads(worker.stdout.readline()) == {"done": True}
        worker.stdin.close()
        assert worker.wait(timeout=20) == 0
        assert worker.stdout.read() == ""
    assert path.read_bytes().startswith(b"RIFF")


def _ends(pid: int) -> bool:
    """Whether a process has ended or soon does: a busy machine takes its time."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ended, _, _ = select.select([process], [], [], 20.0)
    os.close(process)
    return bool(ended)


@pytest.mark.parametrize("reply_is_waited_for", [True, False])
def test_the_worker_ends_with_its_parent_even_if_a_reply_is_unread(
    tmp_path: Path, reply_is_waited_for: bool
) -> None:
    request = {
        "text": "Five.",
        "voice": "en-us",
        "words_per_minute": 150,
        "path": str(tmp_path / "five.wav"),
    }
    ours, theirs = socket.socketpair()
    command = [sys.executable, str(WORKER)]
    with subprocess.Popen(command, stdin=theirs.fileno(), stdout=theirs.fileno()) as worker:
        theirs.close()
        try:
            ours.sendall(json.dumps(request).encode() + b"\n")
            if reply_is_waited_for:
                assert select.select([ours], [], [], 20.0)[0]
            ours.close()
            assert worker.wait(timeout=20) == 0
        finally:
            worker.kill()
