"""``charley bridge``: tells a carer, through an MQTT broker, what they may know."""

from __future__ import annotations

import argparse
import time
from contextlib import closing
from typing import Final

from voice.app.paths import carer_folder, config_file
from voice.app.settings import Settings, load_settings
from voice.app.systemd_notify import READY, WATCHDOG, SystemdNotifier
from voice.carer.alert_book import FILE as ALERTS
from voice.carer.alert_book import AlertBook
from voice.carer.bridge import Bridge
from voice.carer.event_socket import StatusReceiver, socket_path
from voice.carer.mqtt_link import Login, login_of
from voice.carer.settings import what_is_sent
from voice.cli.leaving import Leaving
from voice.cli.main import EXIT_OK, Subparsers
from voice.errors import CarerError

CHECK_S: Final = 20.0
"""How long ``--check`` waits for the broker to take everything over."""


def add_parser(subparsers: Subparsers) -> None:
    """Add ``bridge``."""
    parser = subparsers.add_parser(
        "bridge",
        description=(
            "Send status and alerts to a carer through an MQTT broker, until stopped with Ctrl-C."
            " It is a separate process, the only one with a network, and hears nothing: charley"
            " run, beside it, tells it what it may pass on. The settings under [carer] say where"
            " to; without them nothing is sent."
        ),
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--check",
        action="store_true",
        help="connect once, hand everything over, and say whether the broker took it",
    )
    what.add_argument(
        "--explain", action="store_true", help="say what is sent and where to, and send nothing"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the bridge, try it, or explain it."""
    settings = load_settings()
    if args.explain:
        print(what_is_sent(settings.carer))
        return EXIT_OK
    login = login_of(settings.carer, config_file())
    leaving = None if args.check else Leaving()
    path = socket_path(carer_folder())
    with closing(StatusReceiver(path)) as receiver:
        bridge = Bridge(settings.carer, login, receiver, AlertBook(path.parent / ALERTS))
        print(what_is_sent(settings.carer), flush=True)
        if leaving is None:
            _check(bridge, login)
        else:
            _carry(bridge, leaving, settings)
            return leaving.status
    return EXIT_OK


def _carry(bridge: Bridge, leaving: Leaving, settings: Settings) -> None:
    notifier = SystemdNotifier()
    leaving.in_order()
    notifier.tell(READY, f"STATUS=The bridge of the bed {settings.carer.bed}.")

    def leave() -> bool:
        notifier.tell(WATCHDOG)
        return leaving.asked

    bridge.run(leave)


def _check(bridge: Bridge, login: Login) -> None:
    """Connect once. Raises CarerError if the broker does not accept everything in time."""
    ends_s = time.monotonic() + CHECK_S
    while not bridge.settled:
        if time.monotonic() > ends_s or bridge.complaint:
            raise CarerError(
                f"{login.host}:{login.port}: {bridge.complaint or 'no answer'}",
                remedy="Compare [carer] in the settings with the broker's.",
            )
        bridge.step()
    bridge.close()
    print("The broker has taken everything over.")
