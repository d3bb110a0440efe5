"""The datagram: what it may hold, and that nothing else is let through."""

from __future__ import annotations

import json
from typing import Any

import pytest

from voice.carer.status import (
    LARGEST_BYTES,
    Advised,
    Counts,
    Kind,
    Raised,
    Status,
    decode,
    encode,
)
from voice.content.script import Level

FULL = Status(
    cramp=True,
    hears=True,
    advised=Advised(Level.URGENT, 61.5),
    alerts=(Raised("0123abcd-1", Kind.URGENT, 61.5), Raised("0123abcd-2", Kind.HELP, 2.0)),
    counts=Counts(3, 1, 60.0),
)


def changed(**fields: Any) -> bytes:
    return json.dumps(json.loads(encode(FULL)) | fields).encode()


@pytest.mark.parametrize("status", [FULL, Status(cramp=False, hears=False)])
def test_a_status_arrives_as_it_was_sent(status: Status) -> None:
    assert decode(encode(status)) == status


def test_the_longest_status_fits() -> None:
    alerts = tuple(Raised(f"0123abcd-{n}", Kind.EMERGENCY, 1e6 + 0.123456789) for n in range(16))
    assert len(encode(Status(cramp=True, hears=True, alerts=alerts))) < LARGEST_BYTES / 4


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"my leg hurts",
        b"\xff\xfe",
        changed(version=2),
        changed(cramp="my leg hurts"),
        changed(advised={"level": "my leg hurts", "ago_s": 1.0}),
        changed(advised={"level": 4, "ago_s": 1.0}),
        changed(alerts=[{"id": "my leg hurts", "kind": "help", "ago_s": 1.0}]),
        changed(alerts=[{"id": "0123abcd-1", "kind": "my leg hurts", "ago_s": 1.0}]),
        changed(alerts=[{"id": "0123abcd-1", "kind": "help", "ago_s": -1.0}]),
        changed(counts={"lately": "many", "before": 0, "last_ago_s": None}),
    ],
)
def test_anything_else_is_refused(datagram: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(datagram)


def test_a_field_unknown_to_this_version_goes_no_further() -> None:
    assert decode(changed(words="my leg hurts")) == FULL
