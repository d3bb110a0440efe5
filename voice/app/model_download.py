"""Downloads a model into the user's own models folder.

Everything happens in a temporary folder inside the models folder: the download, the check
of size and SHA-256, and unpacking. A single rename then puts the model in place. If
anything fails before that, the temporary folder is removed and nothing is left behind.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import queue
import shutil
import stat
import tempfile
import threading
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from voice.app.model_store import Download, ModelEntry
from voice.app.model_sums import write_sums
from voice.errors import ModelError

CONNECT_LIMIT_S: Final = 10.0
"""Time limit for connecting, and for each wait for more bytes."""

_CHUNK_BYTES: Final = 1 << 16
_LARGEST_UNPACKED: Final = 4
"""Refuse an archive that unpacks to more than this many times its size, plus 1 MiB."""

Progress = Callable[[int, int], None]
"""Called now and then with the bytes received and the total."""

_AGAIN: Final = "Try again later, or use the built-in model."


def fetch(
    entry: ModelEntry, own: Path, progress: Progress, limit_s: float = CONNECT_LIMIT_S
) -> Path:
    """Download a model into the folder ``own`` and return the model's folder.

    An older copy is replaced only by a complete new one. Raises ModelError.
    """
    if entry.download is None:
        raise ModelError(
            f"the model {entry.name!r} ships with Charley", remedy="There is nothing to fetch."
        )
    try:
        own.mkdir(parents=True, exist_ok=True)
        with _scratch(own) as scratch:
            archive = scratch / "model.zip"
            _download(entry.download, archive, progress, limit_s)
            unpacked = _unpack(archive, scratch / "unpacked", entry)
            write_sums(unpacked)
            return _put_in_place(unpacked, own / entry.name, scratch)
    except OSError as error:
        raise ModelError(
            f"could not write the model to {own}: {error.strerror or error}",
            remedy="Free some disk space, or make the folder writable.",
        ) from error


@contextmanager
def _scratch(own: Path) -> Iterator[Path]:
    for left in own.glob(".fetching-*"):
        # Left by a process that was killed before it could clean up.
        if not Path("/proc", left.name.split("-")[1]).exists():
            shutil.rmtree(left, ignore_errors=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".fetching-{os.getpid()}-", dir=own))
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _download(download: Download, to: Path, progress: Progress, limit_s: float) -> None:
    digest, had = hashlib.sha256(), 0
    with to.open("wb") as out, _connect(download.url, limit_s) as answer:
        for chunk in _chunks(answer, download.url):
            had += len(chunk)
            if had > download.size_bytes:
                break
            out.write(chunk)
            digest.update(chunk)
            progress(had, download.size_bytes)
    if had != download.size_bytes:
        many = "more" if had > download.size_bytes else f"only {had}"
        raise ModelError(
            f"{download.url} sent {many} of the {download.size_bytes} bytes expected",
            remedy=_AGAIN,
        )
    if digest.hexdigest() != download.sha256:
        raise ModelError(
            f"{download.url} is not the expected file: its SHA-256 is {digest.hexdigest()}",
            remedy=_AGAIN,
        )


def _connect(url: str, limit_s: float) -> http.client.HTTPResponse:
    """Request the file, with one limit for DNS, every address and the first response.

    A socket's own timeout restarts for each address and does not cover the DNS look-up, so
    the request runs in a thread.
    """
    found: queue.SimpleQueue[http.client.HTTPResponse | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            # The URL comes from the manifest, which allows only http and https.
            found.put(urllib.request.urlopen(url, timeout=limit_s))  # noqa: S310
        except (OSError, http.client.HTTPException, ValueError) as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            found.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = found.get(timeout=limit_s)
    except queue.Empty:
        raise _not_had(url, TimeoutError(f"no answer within {limit_s:g} s")) from None
    if isinstance(answer, Exception):
        raise _not_had(url, answer) from answer
    return answer


def _chunks(answer: http.client.HTTPResponse, url: str) -> Iterator[bytes]:
    while True:
        try:
            chunk = answer.read(_CHUNK_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise _not_had(url, error) from error
        if not chunk:
            return
        yield chunk


def _not_had(url: str, error: Exception) -> ModelError:
    cause = error
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, Exception):
        cause = error.reason
    why = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    return ModelError(f"could not download {url}: {why}", remedy=_AGAIN)


def _unpack(archive: Path, to: Path, entry: ModelEntry) -> Path:
    """Unpack the one folder in the archive and return it."""
    try:
        with zipfile.ZipFile(archive) as opened:
            members = opened.infolist()
            _check_members(members, archive.stat().st_size, entry)
            opened.extractall(to)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise ModelError(
            f"the archive of {entry.name!r} is damaged: {error}", remedy=_AGAIN
        ) from error
    folder = to / entry.name
    if not folder.is_dir():
        raise ModelError(f"the archive of {entry.name!r} has no folder of that name", remedy=_AGAIN)
    return folder


def _check_members(members: list[zipfile.ZipInfo], size: int, entry: ModelEntry) -> None:
    """Refuse paths outside the folder, links, and archive bombs."""
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        linked = stat.S_ISLNK(member.external_attr >> 16)
        if path.is_absolute() or ".." in path.parts or linked or ":" in member.filename:
            raise ModelError(
                f"the archive of {entry.name!r} contains {member.filename!r}, "
                "which would be unpacked outside its folder",
                remedy="Do not use it; tell the maintainer of the manifest.",
            )
    if sum(member.file_size for member in members) > _LARGEST_UNPACKED * size + (1 << 20):
        raise ModelError(
            f"the archive of {entry.name!r} unpacks to far more than a model holds",
            remedy="Do not use it; tell the maintainer of the manifest.",
        )


def _put_in_place(unpacked: Path, place: Path, scratch: Path) -> Path:
    if place.exists():
        place.rename(scratch / "replaced")
    unpacked.rename(place)
    return place
