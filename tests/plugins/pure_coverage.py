"""The quick tests of a whole run must cover every branch of the pure modules.

Slow tests do not count: a walk through all states passes every line without checking most, and
takes four times as long under coverage. No single process of a run sees all of the
coverage, so it is checked once the figures have been combined, and reported like a test.
"""

from __future__ import annotations

import io
from collections.abc import Generator
from pathlib import Path
from typing import Final

import coverage
import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
NAME: Final = "tests/plugins/pure_coverage.py::pure_modules_are_covered_to_the_last_branch"

PURE: Final = (
    "voice/app/device_notices.py",
    "voice/app/settings_text.py",
    "voice/audio/loudness.py",
    "voice/audio/normalise.py",
    "voice/audio/presence.py",
    "voice/audio/samples.py",
    "voice/carer/discovery.py",
    "voice/carer/reporter.py",
    "voice/carer/status.py",
    "voice/carer/topics.py",
    "voice/content/interpret.py",
    "voice/content/script.py",
    "voice/devices/playback_rate.py",
    "voice/devices/playback_reference.py",
    "voice/devices/reconnecting_microphone.py",
    "voice/devices/reconnecting_speaker.py",
    "voice/devices/recovery_policy.py",
    "voice/dialogue/*.py",
    "voice/echo/*.py",
    "voice/listening/*.py",
    "voice/ovos/conversation.py",
    "voice/ovos/intents.py",
    "voice/simulation/typed.py",
    "voice/speech/resume.py",
    "voice/speech/timeline.py",
)
"""File patterns: everything that needs no device, library or clock."""

IMPURE: Final = (
    "voice/listening/listener.py",
    "voice/listening/offline.py",
    "voice/listening/wake_verification.py",
)
"""Exceptions to these patterns, which need a recogniser or a file."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Pause coverage while a slow test runs, and while its fixtures are made."""
    measuring = item.config.pluginmanager.getplugin("_cov")
    controller = getattr(measuring, "cov_controller", None)
    if controller is None or item.get_closest_marker("slow") is None:
        return (yield)
    controller.pause()
    try:
        return (yield)
    finally:
        controller.resume()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Check the coverage, once all processes have reported theirs."""
    result = yield
    if _is_whole(session.config):
        _report(session, _uncovered())
    return result


def _is_whole(config: pytest.Config) -> bool:
    """Whether every test was run, and measured."""
    return (
        bool(config.option.cov_source)
        and not hasattr(config, "workerinput")
        and not config.option.collectonly
        and config.args_source is pytest.Config.ArgsSource.TESTPATHS
        and not (config.option.keyword or config.option.markexpr)
    )


def _uncovered() -> str:
    """The report of uncovered lines; empty if there are none."""
    gone = [path for path in (*PURE, *IMPURE) if not list(ROOT.glob(path))]
    if gone:
        return f"There is no {', '.join(gone)}."
    measured = coverage.Coverage(config_file=str(ROOT / "pyproject.toml"))
    measured.load()
    report = io.StringIO()
    pure, impure = ([str(ROOT / path) for path in paths] for paths in (PURE, IMPURE))
    covered = measured.report(include=pure, omit=impure, file=report)
    return "" if covered == 100.0 else report.getvalue()


def _report(session: pytest.Session, uncovered: str) -> None:
    report = pytest.TestReport(
        nodeid=NAME,
        location=(NAME.split("::")[0], None, NAME.split("::")[1]),
        keywords={},
        outcome="failed" if uncovered else "passed",
        longrepr=uncovered or None,
        when="call",
    )
    session.config.hook.pytest_runtest_logreport(report=report)
