"""The discovery messages for Home Assistant: every entity of one bed, and none of another."""

from __future__ import annotations

import json
from typing import Any

from voice.carer.discovery import discovery
from voice.carer.settings import CarerSettings
from voice.carer.topics import Topics


def entities(bed: str = "window") -> dict[str, dict[str, Any]]:
    settings = CarerSettings(broker="broker.example", bed=bed)
    messages = discovery(settings, Topics(f"charley/{bed}"))
    return {topic: json.loads(payload) for topic, payload in messages.items()}


def test_entities_share_one_device_and_have_ids_that_no_other_bed_has() -> None:
    here, there = entities(), entities("door")
    ids = [config["unique_id"] for config in (*here.values(), *there.values())]
    assert len(set(ids)) == len(ids) == 20
    assert not set(here) & set(there)
    assert len({json.dumps(config["device"]) for config in here.values()}) == 1


def test_the_topics_belong_to_the_bed() -> None:
    for config in entities().values():
        topics = {value for key, value in config.items() if key.endswith("_topic")}
        assert topics
        assert all(topic.startswith("charley/window/") for topic in topics)


def test_alerts_stay_visible_when_the_machine_is_without_power() -> None:
    shown_always = {c["name"] for c in entities().values() if "availability" not in c}
    assert shown_always == {"Asked for help", "Last advice", "Alert", "Latest unread alert"}
    (cramp,) = (c for c in entities().values() if c["name"] == "Cramp now")
    assert cramp["availability_mode"] == "all"
    assert len(cramp["availability"]) == 2


def test_there_is_no_battery_entity() -> None:
    assert "battery" not in json.dumps(entities())
