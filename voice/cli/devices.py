"""``charley devices``: the available microphones and speakers."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from voice.cli.main import EXIT_FAILED, EXIT_OK, Subparsers
from voice.cli.output import print_json
from voice.devices.sounddevice_streams import Device, list_devices


def add_parser(subparsers: Subparsers) -> None:
    """Add ``devices``."""
    parser = subparsers.add_parser(
        "devices",
        description="List the microphones and speakers, with the number and name for the settings.",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List them; fail if there is no microphone or no speaker."""
    devices = list_devices()
    microphones = [d for d in devices if d.inputs]
    speakers = [d for d in devices if d.outputs]
    if args.json:
        print_json({"devices": [asdict(device) for device in devices]})
        return EXIT_OK if microphones and speakers else EXIT_FAILED
    for device in microphones:
        print(_described("Microphone", device, usual=device.default_input))
    for device in speakers:
        print(_described("Speaker", device, usual=device.default_output))
    if not microphones:
        print("There is no microphone. Plug one in, then try again.")
    if not speakers:
        print("There is no speaker. Plug one in, then try again.")
    if not microphones or not speakers:
        return EXIT_FAILED
    print("To choose, set audio.input_device and audio.output_device to a number or a name.")
    return EXIT_OK


def _described(kind: str, device: Device, *, usual: bool) -> str:
    channels = device.inputs if kind == "Microphone" else device.outputs
    default = ". Used unless you choose another" if usual else ""
    plural = "channel" if channels == 1 else "channels"
    return f"{kind} {device.index}: {device.name}, {channels} {plural}{default}."
