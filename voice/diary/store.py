"""The diary's file, in SQLite.

It waits for the disk: only the thread of :mod:`voice.diary.keeper` and the command line use it.

The laws of this file:

1. Every change is one transaction, on the disk before it counts as done (WAL, full sync).
2. The schema has a number; an older file is brought up to date in one transaction, and a
   newer one is left alone.
3. A conversation is placed by the uptime of the machine, and the start of the machine by the
   wall clock: once the clock is corrected, so is every row written since the start.
4. What is erased is overwritten.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from voice.content.script import Answer, Level, Part, QuestionKey, Side
from voice.dialogue.diary import Ending, Entry
from voice.errors import DiaryError

FILE: Final = "diary.sqlite"
"""Its name in the state folder."""

BUSY_S: Final = 5.0
"""How long another process may hold the file before a change is given up."""

CLOCK_STEP_S: Final = 2.0
"""A clock that moved by less than this was not set, it only drifted."""

MIGRATIONS: Final = (
    """
    -- A start of the machine. began_at_s: when that was, in seconds since the epoch, as far
    -- as is known by now.
    CREATE TABLE boot (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        began_at_s REAL NOT NULL
    );
    -- A conversation. up_s: seconds from the start of the machine until Charley was called.
    -- steps: a JSON list of the steps of the ladder; answers: a JSON object, by question.
    CREATE TABLE conversation (
        id INTEGER PRIMARY KEY,
        boot INTEGER NOT NULL REFERENCES boot (id),
        up_s REAL NOT NULL,
        cramp INTEGER NOT NULL CHECK (cramp IN (0, 1)),
        bedtime INTEGER NOT NULL CHECK (bedtime IN (0, 1)),
        part TEXT,
        side TEXT,
        relief_s REAL,
        steps TEXT NOT NULL,
        level INTEGER,
        answers TEXT NOT NULL,
        ending TEXT,
        UNIQUE (boot, up_s)
    );
    -- What the person has been told once, and is not told again.
    CREATE TABLE told (what TEXT PRIMARY KEY);
    """,
)
"""What brings a file from one version of the schema to the next, in order."""

_THAT_IT_IS_KEPT: Final = "that it is kept"

_DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class Call(NamedTuple):
    """When Charley was called: in which run of the machine, and how long after its start."""

    boot: str
    up_s: float


@dataclass(frozen=True)
class Kept:
    """All that a diary holds. ``began``: when each run of the machine began, since the epoch."""

    entries: Mapping[Call, Entry]
    began: Mapping[str, float]
    told: bool


class _Keys(msgspec.Struct, frozen=True):
    """What a row holds of the script's keys, checked when it is read."""

    part: Part | None
    side: Side | None
    level: Level | None
    ending: Ending | None
    steps: tuple[str, ...]
    answers: dict[str, Answer]


class DiaryStore:
    """The open file. Raises sqlite3.Error where it cannot be read or written.

    Without ``begin`` the file must be there. Raises DiaryError for a file of a newer
    Charley, and sqlite3.DatabaseError for a damaged one (:func:`is_damaged`).
    """

    def __init__(
        self, path: Path, *, begin: bool = True, migrations: Sequence[str] = MIGRATIONS
    ) -> None:
        if begin:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)  # nobody else's; the files beside it follow its mode
        self._path = path
        uri = f"{path.absolute().as_uri()}?mode=rw"
        self._file = sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None)
        self._file.row_factory = sqlite3.Row
        try:
            self._prepare(migrations)
        except BaseException:
            self._file.close()
            raise

    def _prepare(self, migrations: Sequence[str]) -> None:
        (found,) = self._file.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            fault = sqlite3.DatabaseError(str(found))
            fault.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise fault
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
            with suppress(sqlite3.OperationalError):  # a file that may only be read
                self._file.execute(f"PRAGMA {pragma}")
        self._file.execute("PRAGMA foreign_keys = ON")
        version = self._version()
        if version > len(migrations):
            raise DiaryError(
                f"{self._path}: the diary was written by a newer Charley",
                remedy="Update Charley, or move that file away: a new diary then begins.",
            )
        if version < len(migrations):
            self._migrate(migrations)

    def _version(self) -> int:
        (version,) = self._file.execute("PRAGMA user_version").fetchone()
        return int(version)

    def _migrate(self, migrations: Sequence[str]) -> None:
        """Bring the schema up to date: all of it, or nothing."""
        with self._transaction():
            for number in range(self._version(), len(migrations)):
                for statement in _statements(migrations[number]):
                    self._file.execute(statement)
                self._file.execute(f"PRAGMA user_version = {number + 1}")

    def _transaction(self) -> _Transaction:
        return _Transaction(self._file)

    def probe(self) -> None:
        """Raise sqlite3.Error where the file cannot be written."""
        with self._transaction():
            pass

    def date(self, boot: str, began_at_s: float) -> None:
        """Put right when that run of the machine began, if anything was written in it."""
        self._file.execute(
            "UPDATE boot SET began_at_s = ?2 WHERE name = ?1 AND abs(began_at_s - ?2) > ?3",
            (boot, began_at_s, CLOCK_STEP_S),
        )

    def write(self, entries: Mapping[Call, Entry], began_at_s: float) -> None:
        """Keep entries, each in place of what was kept of that call.

        ``began_at_s``: when the run of the machine began that they belong to.
        """
        with self._transaction():
            for call, entry in entries.items():
                self._file.execute(
                    "INSERT INTO boot (name, began_at_s) VALUES (?, ?) ON CONFLICT DO NOTHING",
                    (call.boot, began_at_s),
                )
                self._file.execute(
                    """
                    INSERT OR REPLACE INTO conversation
                        (boot, up_s, cramp, bedtime, part, side, relief_s, steps, level, answers,
                         ending)
                    SELECT id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM boot WHERE name = ?
                    """,
                    (call.up_s, *_columns(entry), call.boot),
                )

    def tell(self) -> None:
        """Record that the person has been told about the diary."""
        self._file.execute("INSERT OR IGNORE INTO told VALUES (?)", (_THAT_IT_IS_KEPT,))

    def read(self) -> Kept:
        """All that is kept. Raises DiaryError for a row that cannot be read."""
        runs = self._file.execute("SELECT name, began_at_s FROM boot").fetchall()
        rows = self._file.execute(
            """
            SELECT boot.name, conversation.*
            FROM conversation JOIN boot ON boot.id = conversation.boot
            """
        ).fetchall()
        told = self._file.execute("SELECT 1 FROM told").fetchone() is not None
        try:
            entries = {Call(row["name"], row["up_s"]): _entry(row) for row in rows}
        except msgspec.MsgspecError as error:
            raise DiaryError(
                f"{self._path}: an entry cannot be read ({error})",
                remedy="Move that file away: a new diary then begins.",
            ) from error
        return Kept(entries, {run["name"]: run["began_at_s"] for run in runs}, told)

    def erase(self) -> int:
        """Erase every entry, and what was set aside as damaged. Returns how many there were."""
        (count,) = self._file.execute("SELECT count(*) FROM conversation").fetchone()
        with self._transaction():
            self._file.execute("DELETE FROM conversation")
            self._file.execute("DELETE FROM boot")
        self._file.execute("VACUUM")
        self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for damaged in self._path.parent.glob(f"{self._path.name}.damaged*"):
            damaged.unlink()
        return int(count)

    def version_of_data(self) -> int:
        """A number that changes when another process has changed the file."""
        (version,) = self._file.execute("PRAGMA data_version").fetchone()
        return int(version)

    def close(self) -> None:
        """Close the file. Safe to call twice."""
        self._file.close()


class _Transaction:
    """A transaction that may write from its beginning, so that two never wait for each other."""

    def __init__(self, file: sqlite3.Connection) -> None:
        self._file = file

    def __enter__(self) -> None:
        self._file.execute("BEGIN IMMEDIATE")

    def __exit__(self, fault: type[BaseException] | None, *_: object) -> None:
        if fault is None:
            self._file.execute("COMMIT")
        elif self._file.in_transaction:
            self._file.execute("ROLLBACK")


def is_damaged(error: Exception) -> bool:
    """Whether an error says that the file is no diary, or no longer one."""
    return isinstance(error, sqlite3.Error) and (_code(error) & 0xFF) in _DAMAGE


def _code(error: sqlite3.Error) -> int:
    """SQLite's own number of an error; 0 where it is one of Python's."""
    return int(getattr(error, "sqlite_errorcode", 0))


def set_aside(path: Path) -> Path:
    """Move a damaged diary away, so that a new one can begin. Returns where it lies."""
    numbers = itertools.count(1)
    names = (f"{path.name}.damaged{number}" for number in numbers)
    aside = next(a for a in map(path.with_name, names) if not a.exists())
    for part in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(f"{path.name}{part}").rename(aside.with_name(f"{aside.name}{part}"))
    return aside


def read_kept(path: Path, boot: str, began_at_s: float) -> Kept:
    """All that the diary of a file holds. Raises DiaryError, also where there is none."""
    with _opened(path) as store:
        with suppress(sqlite3.OperationalError):  # a file that may only be read
            store.date(boot, began_at_s)
        return store.read()


def erase_kept(path: Path) -> int:
    """Erase the diary of a file. Returns how many entries it had. Raises DiaryError."""
    with _opened(path) as store:
        return store.erase()


@contextmanager
def _opened(path: Path) -> Iterator[DiaryStore]:
    """A diary that is there, with its errors in the words of a DiaryError."""
    if not path.is_file():
        raise DiaryError(
            f"There is no diary yet at {path}",
            remedy="It begins with the first cramp that Charley hears of.",
        )
    try:
        with closing(DiaryStore(path, begin=False)) as store:
            yield store
    except (sqlite3.Error, OSError) as error:
        raise _worded(path, error) from error


def _worded(path: Path, error: Exception) -> DiaryError:
    if is_damaged(error):
        remedy = "Charley sets it aside at its next start, and begins a new one."
        return DiaryError(f"{path}: the diary is damaged ({error})", remedy=remedy)
    remedy = "See that the file can be read and written, and that the disk is not full."
    return DiaryError(f"{path}: {error}", remedy=remedy)


def _statements(script: str) -> list[str]:
    """The single statements of a script; ``executescript`` would end the transaction."""
    found, statement = [], ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            found.append(statement)
            statement = ""
    return found


def _columns(entry: Entry) -> tuple[object, ...]:
    """The entry as the columns of its row, from ``cramp`` to ``ending``."""
    answers = {question: answer.value for question, answer in entry.answers}
    return (
        entry.cramp,
        entry.bedtime,
        None if entry.part is None else entry.part.value,
        None if entry.side is None else entry.side.value,
        entry.relief_s,
        msgspec.json.encode(entry.steps).decode(),
        None if entry.level is None else int(entry.level),
        msgspec.json.encode(answers).decode(),
        None if entry.ending is None else entry.ending.value,
    )


def _entry(row: sqlite3.Row) -> Entry:
    """A row as the entry that it was. Raises msgspec.MsgspecError."""
    kept = msgspec.convert(
        {
            "part": row["part"],
            "side": row["side"],
            "level": row["level"],
            "ending": row["ending"],
            "steps": msgspec.json.decode(row["steps"]),
            "answers": msgspec.json.decode(row["answers"]),
        },
        _Keys,
    )
    return Entry(
        cramp=bool(row["cramp"]),
        bedtime=bool(row["bedtime"]),
        part=kept.part,
        side=kept.side,
        relief_s=row["relief_s"],
        steps=kept.steps,
        level=kept.level,
        answers=tuple((QuestionKey(key), answer) for key, answer in kept.answers.items()),
        ending=kept.ending,
    )
