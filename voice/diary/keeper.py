"""The diary as the assistant has it: never waits, never fails, and is written by a thread.

The laws of this file:

1. What is written or erased is so at once in memory; the file follows. Where it cannot, one
   line of the log says so, the entries stay in memory, and the thread tries again.
2. A damaged file is set aside, and a new one begun. One that is locked, full, read-only or
   of a newer Charley is left as it is.
3. Another process may erase the same file at any time; that is seen within half a minute.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from voice.clocks import Clocks
from voice.dialogue.diary import Entry, Readable, Summary
from voice.diary.record import records_of, summarise
from voice.diary.store import Call, DiaryStore, Kept, is_damaged, set_aside
from voice.errors import DiaryError

LOOK_S: Final = 30.0
"""How often the file is looked at when nothing is to be written."""

PATIENCE_S: Final = 0.5
"""How long the disk may take at the end; then what was written last is not kept."""

_LOG: Final = logging.getLogger(__name__)


@dataclass
class _Todo:
    """What is not in the file yet: first to erase all, then to write."""

    erase: bool = False
    entries: dict[Call, Entry] = field(default_factory=dict)
    told: bool = False

    def __bool__(self) -> bool:
        return self.erase or self.told or bool(self.entries)

    def then(self, later: _Todo) -> _Todo:
        """This, and after it ``later``."""
        if later.erase:
            return _Todo(erase=True, entries=later.entries, told=self.told or later.told)
        entries = {**self.entries, **later.entries}
        return _Todo(self.erase, entries, self.told or later.told)

    def applied_to(self, kept: Kept) -> Kept:
        """What a diary holds once this is done."""
        entries = {} if self.erase else kept.entries
        return Kept({**entries, **self.entries}, kept.began, kept.told or self.told)


class DiaryKeeper:
    """Implements :class:`voice.dialogue.diary.Diary` on a file, or in memory alone.

    Without a ``path`` it is thrown away in the end, as in a typed or rehearsed night, and Charley
    does not mention it.
    """

    def __init__(
        self, path: Path | None, clocks: Clocks | None = None, *, look_s: float = LOOK_S
    ) -> None:
        self._path = path
        self._clocks = clocks or Clocks()
        self._look_s = look_s
        self._changed = threading.Condition()
        self._stored = Kept({}, {}, told=path is None)
        self._doing = self._todo = _Todo()
        self._readable = self._writable = path is None
        self._over = False
        self._call: tuple[float, Call] | None = None
        self._store: DiaryStore | None = None
        self._data_version = 0
        self._complained = False
        self._thread: threading.Thread | None = None
        if path is not None:
            self._thread = threading.Thread(target=self._work, name="charley-diary", daemon=True)
            self._thread.start()

    def summary(self) -> Summary:
        """What the entries come to now."""
        up, began_at_s = self._clocks.run()
        with self._changed:
            if not self._readable:
                return Summary(Readable.NO)
            kept = self._stored
            if self._doing or self._todo:
                kept = self._doing.then(self._todo).applied_to(kept)
            writable = self._writable
        records = records_of(kept, {**kept.began, up.boot: began_at_s})
        return summarise(records, self._clocks.wall(), writable=writable, told=kept.told)

    def write(
        self, entry: Entry, called_at_s: float, now_s: float, *, spoken_of: bool = False
    ) -> None:
        """Keep an entry; the file follows."""
        entries = {self._call_at(called_at_s, now_s): entry}
        self._do(_Todo(entries=entries, told=spoken_of))

    def erase(self) -> None:
        """Erase every entry; the file follows."""
        self._do(_Todo(erase=True))

    def close(self) -> None:
        """Write what is not written yet, if the disk lets it. Safe to call twice."""
        with self._changed:
            self._over = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(PATIENCE_S)

    def _call_at(self, called_at_s: float, now_s: float) -> Call:
        """The call at that time of the audio clock: the same one whenever it is asked for."""
        if self._call is None or self._call[0] != called_at_s:
            up, _ = self._clocks.run()
            self._call = called_at_s, Call(up.boot, round(up.up_s - (now_s - called_at_s), 3))
        return self._call[1]

    def _do(self, todo: _Todo) -> None:
        with self._changed:
            self._todo = self._todo.then(todo)
            if self._path is None:
                self._stored, self._todo = self._todo.applied_to(self._stored), _Todo()
            self._changed.notify()

    # In the thread -------------------------------------------------------------------------

    def _work(self) -> None:
        assert self._path is not None  # noqa: S101 - without a file there is no thread
        while True:
            with self._changed:
                self._doing, self._todo = self._todo, _Todo()
            done = self._try(self._path, self._doing)
            with self._changed:
                if not done:
                    self._todo = self._doing.then(self._todo)
                self._doing = _Todo()
                if self._over and (not done or not self._todo):
                    break
                # What has failed is not tried again at once.
                ready = (lambda: self._over or bool(self._todo)) if done else (lambda: self._over)
                self._changed.wait_for(ready, self._look_s)
        self._let_go()

    def _try(self, path: Path, todo: _Todo) -> bool:
        """Do what is to be done. False where the disk does not let it be done."""
        try:
            self._carry_out(path, todo)
        except (sqlite3.Error, OSError, DiaryError) as error:
            self._let_go()
            with self._changed:
                self._writable = False
            if is_damaged(error) and self._set_aside(path, error):
                return self._try(path, todo)
            if not self._complained:
                _LOG.warning("%s: the diary is kept in memory only (%s)", path, error)
            self._complained = True
            return False
        return True

    def _carry_out(self, path: Path, todo: _Todo) -> None:
        store = self._store
        if store is None:
            self._store = store = DiaryStore(path)
            self._data_version = -1
        up, began_at_s = self._clocks.run()
        seen = store.version_of_data()
        if todo or seen != self._data_version:
            self._publish(store.read())  # it may be read even if it cannot be written
        store.date(up.boot, began_at_s)
        if self._data_version == -1:
            store.probe()
        if todo.erase:
            store.erase()
        if todo.entries:
            store.write(todo.entries, began_at_s)
        if todo.told:
            store.tell()
        if todo:
            self._publish(store.read())
        self._data_version = seen
        with self._changed:
            self._writable = True

    def _publish(self, kept: Kept) -> None:
        with self._changed:
            self._stored, self._readable = kept, True

    def _set_aside(self, path: Path, error: Exception) -> bool:
        """Move a damaged file away. Returns whether that could be done."""
        try:
            aside = set_aside(path)
        except OSError:
            return False
        _LOG.warning("%s is damaged (%s): set aside as %s, and begun again", path, error, aside)
        return True

    def _let_go(self) -> None:
        if self._store is not None:
            self._store.close()
        self._store = None
