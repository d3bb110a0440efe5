"""The discovery messages that make the bed appear in Home Assistant as a device. Pure.

The alerts, the call for help and the last advice have no availability: what stands there must
be seen most of all when Charley's machine has lost its power.
"""

from __future__ import annotations

import json
from typing import Any, Final

from voice import __version__
from voice.carer.settings import CarerSettings
from voice.carer.status import Kind
from voice.carer.topics import NO_ALERT, READ_ALL, Topics, level_name
from voice.content.script import Level

_ALWAYS: Final = frozenset({"help", "advice", "alert", "last_alert"})
"""Entities that are shown whether or not the bridge is connected."""


def discovery(settings: CarerSettings, topics: Topics) -> dict[str, str]:
    """A retained message for each entity of the bed: its topic, and its JSON."""
    bridge = {"topic": topics.availability}
    both = [bridge, {"topic": topics.listening}]
    device = {
        "identifiers": [f"charley_{settings.bed}"],
        "name": f"Charley {settings.bed}",
        "manufacturer": "Charley",
        "model": "Voice by the bed",
        "sw_version": __version__,
    }
    messages = {}
    for (component, key), own in _entities(topics).items():
        config = {
            "unique_id": f"charley_{settings.bed}_{key}",
            **own,
            "qos": 1,
            "device": device,
            "origin": {"name": "Charley", "sw_version": __version__},
        }
        if key not in _ALWAYS:
            config["availability"] = [bridge] if key in ("listening", "read") else both
            config["availability_mode"] = "all"
        topic = f"{settings.discovery}/{component}/charley_{settings.bed}/{key}/config"
        messages[topic] = json.dumps(config)
    return messages


def _entities(topics: Topics) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        ("binary_sensor", "cramp"): {
            "name": "Cramp now",
            "state_topic": topics.cramp,
            "icon": "mdi:lightning-bolt",
        },
        ("binary_sensor", "help"): {
            "name": "Asked for help",
            "state_topic": topics.help,
            "device_class": "problem",
        },
        ("binary_sensor", "listening"): {
            "name": "Listening",
            "state_topic": topics.listening,
            "payload_on": "online",
            "payload_off": "offline",
            "device_class": "running",
            "entity_category": "diagnostic",
        },
        ("sensor", "advice"): {
            "name": "Last advice",
            "state_topic": topics.advice,
            "value_template": "{{ value_json.level }}",
            "json_attributes_topic": topics.advice,
            "device_class": "enum",
            "options": [level_name(level) for level in Level],
        },
        ("sensor", "alert"): {
            "name": "Alert",
            "state_topic": topics.alert,
            "value_template": "{{ value_json.kind }}",
            "json_attributes_topic": topics.alert,
            "device_class": "enum",
            "options": [NO_ALERT, *(kind.value for kind in Kind)],
        },
        ("sensor", "last_alert"): {
            "name": "Latest unread alert",
            "state_topic": topics.alert,
            "value_template": "{{ value_json.latest }}",
            "device_class": "timestamp",
        },
        ("sensor", "cramps"): {
            "name": "Cramps in 30 days",
            "state_topic": topics.diary,
            "value_template": "{{ value_json.last_30_days }}",
            "state_class": "measurement",
        },
        ("sensor", "cramps_before"): {
            "name": "Cramps in the 30 days before",
            "state_topic": topics.diary,
            "value_template": "{{ value_json['30_days_before'] }}",
            "state_class": "measurement",
        },
        ("sensor", "last_cramp"): {
            "name": "Last cramp",
            "state_topic": topics.diary,
            "value_template": "{{ value_json.last_cramp }}",
            "device_class": "timestamp",
        },
        ("button", "read"): {
            "name": "Mark alerts as read",
            "command_topic": topics.read,
            "payload_press": READ_ALL,
            "icon": "mdi:check-all",
        },
    }
