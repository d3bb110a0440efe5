"""The report as one page of HTML: large print, black on white, no script, nothing fetched.

It is read by eye at any zoom down to a width of 320 pixels, by a screen reader (headings,
captions, row and column headers), and on two sheets of A4.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from voice.diary.report import (
    Leg,
    Month,
    Report,
    Sign,
    capital,
    cramps_words,
    duration_words,
    long_day,
    short_day,
)

_STYLE: Final = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1rem; max-width: 60rem; background: #fff; color: #000;
  font: 1.25rem/1.4 "Atkinson Hyperlegible", Arial, "Liberation Sans", sans-serif;
}
h1 { font-size: 1.8em; line-height: 1.2; margin: 0 0 .3em; }
h2 { font-size: 1.3em; line-height: 1.2; margin: 1.2em 0 .4em; border-top: 3px solid; }
h2 { padding-top: .3em; }
p, ul, ol { margin: 0 0 .6em; }
ol, ul { padding-left: 1.4em; }
li { margin-bottom: .2em; }
table { border-collapse: collapse; margin-bottom: .6em; }
caption { text-align: left; font-weight: bold; padding: 0 0 .2em; }
th, td { border: 1px solid #000; padding: .15em .4em; text-align: right; vertical-align: top; }
th[scope="row"], .words { text-align: left; }
th[scope="row"] { font-weight: normal; }
.months, .pair { display: flex; flex-wrap: wrap; gap: 0 2rem; }
.pair > section { flex: 1 1 18rem; }
.month th, .month td { width: 2em; padding: .1em; text-align: center; font-size: .9em; }
.month td { height: 2.3em; line-height: 1.1; }
.month td:empty { border-color: #999; }
.cramp { background: #000; color: #fff; font-weight: bold; box-shadow: inset 0 0 0 1px #fff; }
.cramp small { display: block; font-size: .75em; }
.to-fill-in { border-bottom: 1px solid #000; min-height: 1.6em; }
.hidden {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap;
}
@media screen and (max-width: 30rem) {
  body { padding: .5rem; }
  h1, h2, th[scope="row"] { hyphens: auto; overflow-wrap: anywhere; }
  table:not(.month) { font-size: .85em; }
  th, td { padding: .1em .2em; }
  .pair > section { flex-basis: 100%; }
}
@page { size: A4; margin: 12mm; }
@media print {
  body { font-size: 12pt; line-height: 1.2; max-width: none; padding: 0; }
  h1 { font-size: 1.6em; }
  h2 { margin: .5em 0 .2em; border-top-width: 2px; padding-top: .15em; }
  th, td { padding: .05em .35em; }
  .months, .pair { flex-wrap: nowrap; }
  .months { gap: 0 1rem; justify-content: space-between; }
  .pair > section { flex: 0 1 auto; }
  .pair th[scope="row"] { white-space: nowrap; }
  .month th, .month td { width: 1.85em; }
  .month td { height: 1.9em; }
  .cramp { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .second { break-before: page; }
  table, li { break-inside: avoid; }
}
"""

_NOTHING_FETCHED: Final = "default-src 'none'; style-src 'unsafe-inline'"

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def html_of(report: Report) -> str:
    """The whole page, in UTF-8 when it is written."""
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{_NOTHING_FETCHED}">',
            "<title>Leg cramp diary</title>",
            f"<style>{_STYLE}</style>",
            "</head>",
            "<body>",
            "<main>",
            *_top(report),
            '<div class="months">',
            *(line for month in report.months for line in _month(month)),
            "</div>",
            '<div class="pair">',
            *_section(_legs(report.legs)),
            *_section(_times(report)),
            "</div>",
            '<div class="pair">',
            *_section(_levels(report)),
            *_section(_relief(report)),
            "</div>",
            '<div class="second">',
            *_signs(report.signs),
            *_medicine(report),
            *_latest(report),
            "</div>",
            "</main>",
            "</body>",
            "</html>",
            "",
        )
    )


def _section(lines: Iterable[str]) -> Iterable[str]:
    yield "<section>"
    yield from lines
    yield "</section>"


def _top(report: Report) -> Iterable[str]:
    yield "<h1>Leg cramp diary</h1>"
    yield '<p class="to-fill-in">Name:</p>'
    yield (
        f"<p>{long_day(report.since)} to {long_day(report.made_on)}: "
        f"<strong>{cramps_words(report.cramps)}</strong> for which Charley was called. Charley, a "
        "voice by the bed, noted what was said to it. It examined nobody, and this is no "
        "diagnosis.</p>"
    )
    if report.undated:
        yield (
            f"<p>{report.undated} more in the diary have no date, since the clock was not set. "
            "They are not counted here.</p>"
        )
    yield "<h2>Calendar</h2>"


def _month(month: Month) -> Iterable[str]:
    yield '<table class="month">'
    total = f'{month.total}<span class="hidden"> cramps</span>'
    yield f"<caption>{escape(month.name)}: {total}</caption>"
    heads = (f'<th scope="col"><abbr title="{day}">{day[:2]}</abbr></th>' for day in _DAYS)
    yield f"<thead><tr>{''.join(heads)}</tr></thead>"
    yield "<tbody>"
    for week in month.weeks:
        cells = (
            "<td></td>" if day is None else _day(day.day, month.cramps.get(day, 0)) for day in week
        )
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody>"
    yield "</table>"


def _day(number: int, cramps: int) -> str:
    if not cramps:
        return f"<td>{number}</td>"
    times = f'<small aria-hidden="true">&times;{cramps}</small>' if cramps > 1 else ""
    aloud = f'<span class="hidden">: {cramps_words(cramps)}</span>'
    return f'<td class="cramp">{number}{times}{aloud}</td>'


def _times(report: Report) -> Iterable[str]:
    yield "<h2>Times of night</h2>"
    yield from _table("Cramps by time", ("Time", "Cramps"), report.times)


def _legs(legs: Sequence[Leg]) -> Iterable[str]:
    yield "<h2>Legs</h2>"
    if not legs:
        yield "<p>No cramp in this time.</p>"
        return
    rows = ((leg.part, leg.left, leg.right, leg.both, leg.not_said) for leg in legs)
    yield from _table(
        "Cramps by muscle and leg", ("Muscle", "Left", "Right", "Both", "Not said"), rows
    )


def _relief(report: Report) -> Iterable[str]:
    relief = report.relief
    yield "<h2>How long</h2>"
    if relief.told:
        yield (
            f"<p>From the call until it was said to have let go: half of the cramps within "
            f"<strong>{duration_words(relief.median_s)}</strong>, the longest after "
            f"<strong>{duration_words(relief.longest_s)}</strong> ({relief.told} told).</p>"
        )
    if relief.not_told or not relief.told:
        yield f"<p>Not said to have let go: {relief.not_told}.</p>"


def _levels(report: Report) -> Iterable[str]:
    yield "<h2>What Charley advised</h2>"
    yield from _table("Conversations by advice", ("Advice", "Times"), report.levels)


def _signs(signs: Sequence[Sign]) -> Iterable[str]:
    yield "<h2>Warning signs, as they were answered</h2>"
    if not signs:
        yield "<p>No question about warning signs was answered in this time.</p>"
        return
    rows = (
        (
            sign.question,
            sign.yes,
            sign.unsure,
            sign.no,
            "" if sign.last is None else short_day(sign.last),
        )
        for sign in signs
    )
    yield from _table(
        "How often each was answered, and when last with a yes or not sure",
        ("Question", "Yes", "Not sure", "No", "When last"),
        rows,
    )


def _medicine(report: Report) -> Iterable[str]:
    yield "<h2>Medicines</h2>"
    answers = "; ".join(f"{short_day(day)}: {said}" for day, said in report.medicine[:3])
    yield (
        f"<p>&ldquo;{escape(report.medicine_asked)}&rdquo; "
        f"<strong>{answers or 'Not answered in this time.'}</strong></p>"
    )
    yield '<p class="to-fill-in">What I take now:</p>'
    yield '<p class="to-fill-in"></p>'


def _latest(report: Report) -> Iterable[str]:
    yield "<h2>The latest calls</h2>"
    if not report.latest:
        yield "<p>None in this time.</p>"
        return
    yield "<ul>"
    yield from (f"<li>{escape(line)}</li>" for line in report.latest)
    yield "</ul>"
    if report.left_out:
        yield f"<p>And {report.left_out} before that, in these months.</p>"


def _table(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[str | int]]
) -> Iterable[str]:
    yield "<table>"
    yield f"<caption>{escape(caption)}</caption>"
    columns = (
        f'<th scope="col"{_words(number == 0)}>{escape(head)}</th>'
        for number, head in enumerate(heads)
    )
    yield f"<thead><tr>{''.join(columns)}</tr></thead>"
    yield "<tbody>"
    for first, *rest in rows:
        cells = (f"<td{_words(isinstance(cell, str))}>{escape(str(cell))}</td>" for cell in rest)
        yield f'<tr><th scope="row">{escape(capital(str(first)))}</th>{"".join(cells)}</tr>'
    yield "</tbody>"
    yield "</table>"


def _words(are_words: bool) -> str:  # noqa: FBT001 - it is all that there is to say
    return ' class="words"' if are_words else ""
