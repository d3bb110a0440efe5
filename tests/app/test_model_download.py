"""Downloads from a local server: complete, cut off, wrong, and malicious."""

from __future__ import annotations

import hashlib
import io
import socket
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from voice.app.model_download import fetch
from voice.app.model_store import Download, ModelEntry
from voice.app.model_sums import faults
from voice.errors import ModelError

NAME = "little-model"


def archive(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, data in files.items():
            opened.writestr(name, data)
    return made.getvalue()


WHOLE = archive(**{f"{NAME}/am/final.mdl": bytes(range(256)) * 400, f"{NAME}/README": b"hello"})


@dataclass
class Server:
    """Answers every request with ``body``, of which it sends only ``sent`` bytes."""

    url: str
    body: bytes = WHOLE
    sent: int | None = None
    status: int = 200
    requests: list[str] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.requests.append(self.path)
            self.send_response(told.status)
            self.send_header("Content-Length", str(len(told.body)))
            self.end_headers()
            self.wfile.write(told.body[: told.sent])

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        told = Server(f"http://127.0.0.1:{served.server_address[1]}/{NAME}.zip")
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield told
        served.shutdown()
        thread.join()


def entry(server: Server, expected: bytes | None = None) -> ModelEntry:
    body = server.body if expected is None else expected
    download = Download(server.url, len(body), hashlib.sha256(body).hexdigest())
    return ModelEntry(NAME, "A little model.", "Apache-2.0", download)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "data" / "models"


def silently(_had: int, _whole: int) -> None:
    """Ignore the progress."""


def everything_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_model_is_fetched_whole(server: Server, own: Path) -> None:
    seen: list[tuple[int, int]] = []
    folder = fetch(entry(server), own, lambda had, whole: seen.append((had, whole)))
    assert folder == own / NAME
    assert (folder / "README").read_bytes() == b"hello"
    assert faults(folder, thorough=True) == []
    assert seen[-1] == (len(WHOLE), len(WHOLE))
    assert [path.name for path in own.iterdir()] == [NAME]


def test_nothing_is_written_outside_the_models_folder(server: Server, tmp_path: Path) -> None:
    fetch(entry(server), tmp_path / "models", silently)
    assert [path.name for path in tmp_path.iterdir()] == ["models"]


def test_an_older_copy_is_replaced(server: Server, own: Path) -> None:
    (own / NAME).mkdir(parents=True)
    (own / NAME / "old").write_text("old", encoding="utf-8")
    folder = fetch(entry(server), own, silently)
    assert not (folder / "old").exists()
    assert [path.name for path in own.iterdir()] == [NAME]


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        ("cut off", "only"),
        ("short", "only"),
        ("long", "more"),
        ("other", "SHA-256"),
        ("no zip", "damaged"),
        ("error", "404"),
    ],
)
def test_a_failed_fetch_leaves_nothing(server: Server, own: Path, harm: str, told: str) -> None:
    wanted = entry(server)
    match harm:
        case "cut off":
            server.sent = len(WHOLE) // 2
        case "short":
            server.body = WHOLE[:-1]
        case "long":
            server.body = WHOLE + b"x"
        case "other":
            server.body = bytes(len(WHOLE))
        case "no zip":
            server.body = b"<html>" * 100
            wanted = entry(server)
        case _:
            server.status = 404
    with pytest.raises(ModelError) as caught:
        fetch(wanted, own, silently)
    assert told in str(caught.value)
    assert everything_in(own) == []


def test_an_older_copy_survives_a_failed_fetch(server: Server, own: Path) -> None:
    folder = fetch(entry(server), own, silently)
    server.sent = 10
    with pytest.raises(ModelError):
        fetch(entry(server), own, silently)
    assert faults(folder, thorough=True) == []


@pytest.mark.parametrize("name", ["../evil"])
def test_a_path_that_leads_outside_is_refused(
    server: Server, own: Path, tmp_path: Path, name: str
) -> None:
    server.body = archive(**{f"{NAME}/README": b"hello", name: b"evil"})
    with pytest.raises(ModelError, match="outside"):
        fetch(entry(server), own, silently)
    assert everything_in(tmp_path) == ["data", "data/models"]


def test_a_link_is_refused(server: Server, own: Path) -> None:
    link = zipfile.ZipInfo(f"{NAME}/link")
    link.external_attr = 0o120777 << 16
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        opened.writestr(link, "/etc")
    server.body = made.getvalue()
    with pytest.raises(ModelError, match="outside"):
        fetch(entry(server), own, silently)
    assert everything_in(own) == []


def test_a_zip_bomb_is_refused(server: Server, own: Path) -> None:
    server.body = archive(**{f"{NAME}/am": bytes(40_000_000)})
    with pytest.raises(ModelError, match="far more"):
        fetch(entry(server), own, silently)
    assert everything_in(own) == []


def test_an_archive_of_something_else_is_refused(server: Server, own: Path) -> None:
    server.body = archive(**{"another-model/README": b"hello"})
    with pytest.raises(ModelError, match="no folder of that name"):
        fetch(entry(server), own, silently)
    assert everything_in(own) == []


def test_an_interrupted_fetch_leaves_nothing(server: Server, own: Path) -> None:
    def interrupt(_had: int, _whole: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(entry(server), own, interrupt)
    assert everything_in(own) == []


def test_what_a_killed_fetch_left_behind_is_tidied_up(server: Server, own: Path) -> None:
    left = own / ".fetching-999999999-abc"
    left.mkdir(parents=True)
    (left / "model.zip").write_bytes(b"half")
    fetch(entry(server), own, silently)
    assert [path.name for path in own.iterdir()] == [NAME]


def test_an_unresponsive_server_is_given_up_on(own: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/{NAME}.zip"
        download = Download(url, 5, "0" * 64)
        with pytest.raises(ModelError, match="could not download"):
            fetch(ModelEntry(NAME, "-", "-", download), own, silently, limit_s=0.2)
    assert everything_in(own) == []


def test_an_unreachable_host_is_named(own: Path) -> None:
    download = Download("http://127.0.0.1:9/model.zip", 5, "0" * 64)
    with pytest.raises(ModelError, match=r"could not download http://127\.0\.0\.1:9/model\.zip"):
        fetch(ModelEntry(NAME, "-", "-", download), own, silently)


def test_a_shipped_model_cannot_be_fetched(server: Server, own: Path) -> None:
    with pytest.raises(ModelError, match="ships"):
        fetch(replace(entry(server), download=None), own, silently)


def test_an_unwritable_folder_is_named(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(ModelError, match="file"):
        fetch(entry(server), tmp_path / "file", silently)
