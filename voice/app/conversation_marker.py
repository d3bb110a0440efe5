"""What Charley was in the middle of, so that a sudden end does not go without a word.

While a conversation lasts a file in the state folder says whether a stretch is being
held, a check is under way, or there is talk. It holds none of the person's words and no
answer. It goes when the conversation ends, and when Charley is told to leave: if it is
there at the next start, Charley was killed, or the power failed.
"""

from __future__ import annotations

import enum
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from voice.app.state_file import StateFile
from voice.dialogue.states import (
    AskingRedFlag,
    Asleep,
    ConfirmingSign,
    Holding,
    Paused,
    State,
)

FILE: Final = "conversation.json"
"""Its name in the state folder."""

LASTS_S: Final = 900.0
"""After this long nobody waits for an answer any more."""

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_LOG: Final = logging.getLogger(__name__)


class Activity(enum.Enum):
    """What a conversation is at."""

    HOLD = "hold"
    CHECK = "check"
    TALK = "talk"


@dataclass(frozen=True)
class Interrupted:
    """What was broken off. ``ago_s`` is None where the machine itself was started anew."""

    activity: Activity
    ago_s: float | None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``at_s``: seconds since the machine with this ``boot`` was started."""

    activity: Activity
    boot: str
    at_s: float


class ConversationMarker:
    """Keeps the file up to date. ``interrupted`` is what the last one left; None if it ended well.

    ``uptime_s`` tells seconds since the machine was started.
    """

    def __init__(self, path: Path, uptime_s: float | None = None) -> None:
        self._file = StateFile(path, "the marker of a conversation")
        self._boot = _boot()
        self._activity: Activity | None = None
        self.interrupted = self._read(path, _uptime_s() if uptime_s is None else uptime_s)
        self._left_over = self.interrupted is not None or path.exists()

    def note(self, state: State) -> None:
        """This is the state of the dialogue now. Costs nothing where the activity is the same."""
        activity = activity_of(state)
        if activity is self._activity and not self._left_over:
            return
        self._activity, self._left_over = activity, False
        if activity is None:
            self._file.write(None)
        else:
            marked = _File(activity, self._boot, round(_uptime_s(), 1))
            self._file.write(msgspec.json.encode(marked))

    def forget(self) -> None:
        """The conversation is left on purpose: the next start need not speak of it."""
        self.note(Asleep())

    def close(self) -> None:
        """Write what is not written yet, if the disk lets it. Safe to call twice."""
        self._file.close()

    def _read(self, path: Path, uptime_s: float) -> Interrupted | None:
        try:
            marked = msgspec.json.decode(path.read_bytes(), type=_File)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            _LOG.warning("%s: what Charley was in the middle of is lost (%s)", path, error)
            return None
        if marked.boot != self._boot:
            return Interrupted(marked.activity, None)
        ago_s = max(0.0, uptime_s - marked.at_s)
        return Interrupted(marked.activity, ago_s) if ago_s <= LASTS_S else None


def activity_of(state: State) -> Activity | None:
    """What a conversation in that state is at; None where there is none."""
    match state:
        case Asleep():
            return None
        case Holding() | Paused():
            return Activity.HOLD
        case AskingRedFlag() | ConfirmingSign():
            return Activity.CHECK
        case _:
            return Activity.TALK


def _boot() -> str:
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _uptime_s() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)
