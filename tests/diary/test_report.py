"""What a doctor sees: correct counts, readable by eye and by a screen reader, on two sheets."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest

from tests.diary.records import at, crowded, few, report
from tests.shipped import SCRIPT
from voice.content.script import Part, Side
from voice.dialogue.diary import Ending, Entry
from voice.diary.export import COLUMNS, write_csv
from voice.diary.record import Record
from voice.diary.report import duration_words, report_of, sentence_of
from voice.diary.report_html import html_of
from voice.diary.report_pdf import pdf_of


def test_the_last_three_months_are_counted_and_nothing_before() -> None:
    shown = report(few())
    assert [month.name for month in shown.months] == [
        "September 2026",
        "October 2026",
        "November 2026",
    ]
    assert shown.months[0].cramps == {date(2026, 9, 1): 2}
    assert [month.total for month in shown.months] == [2, 0, 1]
    assert dict(shown.times) == {
        "9 pm to midnight": 1,
        "Midnight to 3 am": 1,
        "3 am to 6 am": 1,
        "6 am to 9 am": 0,
        "By day": 0,
    }


def test_legs_relief_signs_and_medicine_are_reported_as_they_were_said() -> None:
    shown = report(few())
    assert [(leg.part, leg.left, leg.not_said) for leg in shown.legs] == [
        ("calf", 2, 0),
        ("foot", 0, 1),
    ]
    assert (shown.relief.told, shown.relief.median_s, shown.relief.not_told) == (2, 65.0, 1)
    (sign,) = shown.signs
    assert sign.question == "Is one leg more swollen than the other?"
    assert (sign.yes, sign.unsure, sign.no, sign.last) == (2, 0, 0, date(2026, 11, 26))
    assert shown.medicine == ((date(2026, 11, 26), "no"), (date(2026, 9, 1), "no"))
    assert dict(shown.levels)["get urgent care that night"] == 2


def test_three_months_can_span_the_turn_of_a_year() -> None:
    shown = report_of((), SCRIPT, datetime(2027, 1, 15, 3, 0, tzinfo=UTC))
    assert [month.first for month in shown.months] == [
        date(2026, 11, 1),
        date(2026, 12, 1),
        date(2027, 1, 1),
    ]


def test_other_talk_and_undated_entries_count_for_nothing() -> None:
    talk = Entry(cramp=True, ending=Ending.OTHER_TALK)
    shown = report((Record(90.0, Entry(cramp=True)), at(datetime(2026, 11, 1, tzinfo=UTC), talk)))
    assert (shown.cramps, shown.undated, shown.latest) == (0, 1, ())


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (
            Entry(
                cramp=True, part=Part.CALF, side=Side.LEFT, relief_s=65.0, ending=Ending.FINISHED
            ),
            "left calf, let go after 1 min 5 s.",
        ),
        (
            Entry(cramp=True, part=Part.THIGH_BACK, side=Side.BOTH, ending=Ending.SILENT),
            "back of both thighs, not said to have let go, no more answers.",
        ),
        (Entry(bedtime=True, ending=Ending.FINISHED), "the stretch before bed."),
        (Entry(cramp=True), "a leg, not said to have let go, broken off."),
    ],
)
def test_a_conversation_is_summed_up_in_one_line(entry: Entry, words: str) -> None:
    record = at(datetime(2026, 11, 26, 2, 5, tzinfo=UTC), entry)
    assert sentence_of(record) == f"Thu 26 November, 2:05 am: {words}"
    assert sentence_of(Record(90.0, entry)) == f"On a day that is not known: {words}"


def test_a_length_of_time_is_put_in_words() -> None:
    assert [duration_words(s) for s in (0.2, 45.0, 60.0, 71.6)] == [
        "0 s",
        "45 s",
        "1 min",
        "1 min 12 s",
    ]


class Page(HTMLParser):
    """What a screen reader finds on a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._style = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._style = tag == "style"
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if not self._style and data.strip():
            self.text.append(data.strip())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.mark.parametrize("records", [(), few(), crowded()], ids=["empty", "few", "crowded"])
def test_the_page_is_self_contained_and_made_for_a_screen_reader(
    records: tuple[Record, ...],
) -> None:
    text = html_of(report(records))
    page = Page(text)
    for tag in ("script", "link", "img", "iframe", "a", "object"):
        assert page.all(tag) == []
    assert not re.search(r"https?:|url\(|@import", text)
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == 1
    assert len(page.all("caption")) == len(page.all("table")) > 0
    assert all(attrs["scope"] in ("row", "col") for attrs in page.all("th"))


def test_a_day_with_cramps_says_so_aloud() -> None:
    text = html_of(report(few()))
    assert '>1<small aria-hidden="true">&times;2</small><span class="hidden">: 2 cramps<' in text
    assert '<td class="cramp">26<span class="hidden">: 1 cramp</span></td>' in text


@pytest.mark.parametrize("records", [(), few(), crowded()], ids=["empty", "few", "crowded"])
def test_the_pdf_is_two_sheets_whatever_it_holds(records: tuple[Record, ...]) -> None:
    made = pdf_of(report(records))
    assert made.startswith(b"%PDF-")
    assert re.findall(rb"/Count (\d+)", made) == [b"2"]


def test_the_table_has_one_row_per_conversation_and_can_be_read_back() -> None:
    out = io.StringIO()
    write_csv((*few(), Record(90.0, Entry(cramp=True))), out)
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 5
    assert rows[0]["called_at"] == "2026-08-31T03:00:00+00:00"
    assert rows[0]["yes_to"] == "swollen"
    assert rows[0]["no_to"] == "new_medicine"
    assert (rows[2]["part"], rows[2]["seconds_to_relief"], rows[2]["ended"]) == (
        "foot",
        "",
        "silent",
    )
    assert (rows[4]["called_at"], rows[4]["ended"]) == ("", "broken_off")
