"""The page in a real browser: judged by axe, at every zoom, and printed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import escape, unescape
from importlib.resources import files
from pathlib import Path
from typing import Final

import pytest

from tests.diary.records import crowded, few, report
from voice.diary.record import Record
from voice.diary.report_html import html_of

BROWSER: Final = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no chromium here: apt-get install chromium"),
]

WIDTHS_PX: Final = {1280: "100 %", 640: "200 %", 320: "400 %"}
"""The width that the page has in a window of 1280 pixels, and the zoom level."""

JUDGE: Final = """
<script>
const found = {};
async function judge(frame, width) {
  await new Promise(done => { frame.onload = done; document.body.append(frame); });
  const page = frame.contentDocument.documentElement;
  const result = await frame.contentWindow.axe.run(frame.contentDocument);
  found[width] = {
    wide: page.scrollWidth,
    wrong: result.violations.map(v => v.id + ": " + v.nodes[0].html),
    passed: result.passes.length,
  };
}
(async () => {
  for (const frame of [...document.querySelectorAll("template")]) {
    const made = document.createElement("iframe");
    made.style = `width: ${frame.dataset.width}px; height: 900px; border: 0`;
    made.srcdoc = frame.dataset.page;
    await judge(made, frame.dataset.width);
    made.remove();
  }
  const told = document.createElement("pre");
  told.textContent = JSON.stringify(found);
  document.body.replaceChildren(told);
})();
</script>
"""


def browse(folder: Path, *options: str) -> str:
    """Run the browser, and return what it prints."""
    assert BROWSER is not None
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    profile = f"--user-data-dir={folder / 'profile'}"
    return subprocess.run(
        [*command, profile, *options], check=True, capture_output=True, text=True, timeout=240
    ).stdout


@pytest.mark.parametrize("records", [few(), crowded()], ids=["few", "crowded"])
def test_axe_finds_nothing_and_no_zoom_makes_the_page_scroll_sideways(
    tmp_path: Path, records: tuple[Record, ...]
) -> None:
    axe = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    # The page itself allows no scripts; this copy has to, for axe.
    page = re.sub(r"<meta http-equiv[^>]*>", "", html_of(report(records)))
    page = page.replace("</head>", f"<script>{axe}</script></head>")
    frames = "".join(
        f'<template data-width="{width}" data-page="{escape(page)}"></template>'
        for width in WIDTHS_PX
    )
    judge = tmp_path / "judge.html"
    judge.write_text(f"<!doctype html><body>{frames}{JUDGE}", encoding="utf-8")
    dumped = browse(tmp_path, "--virtual-time-budget=60000", "--dump-dom", judge.as_uri())
    told = json.loads(unescape(dumped.split("<pre>")[1].split("</pre>")[0]))
    assert {width: found["wrong"] for width, found in told.items()} == {
        str(width): [] for width in WIDTHS_PX
    }
    assert all(found["passed"] > 10 for found in told.values())
    assert {int(width): found["wide"] for width, found in told.items()} == {
        width: width for width in WIDTHS_PX
    }


@pytest.mark.parametrize("records", [(), few(), crowded()], ids=["empty", "few", "crowded"])
def test_it_prints_on_two_sheets(tmp_path: Path, records: tuple[Record, ...]) -> None:
    page = tmp_path / "report.html"
    page.write_text(html_of(report(records)), encoding="utf-8")
    out = tmp_path / "printed.pdf"
    browse(tmp_path, f"--print-to-pdf={out}", "--no-pdf-header-footer", page.as_uri())
    assert len(re.findall(rb"/Type\s*/Page\b", out.read_bytes())) == 2
