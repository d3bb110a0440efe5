"""The report as a PDF, by fpdf2, which the extra ``report`` installs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

from voice.diary.report import (
    Month,
    Report,
    capital,
    cramps_words,
    duration_words,
    long_day,
    short_day,
)
from voice.errors import DiaryError

if TYPE_CHECKING:
    from fpdf import FPDF

_MARGIN_MM: Final = 12.0
_WIDTH_MM: Final = 210.0 - 2 * _MARGIN_MM
_TEXT_PT: Final = 12.0
_LINE_MM: Final = 5.4
_CELL_MM: Final = 8.0
_MONTHS_APART_MM: Final = 9.0
_FONT: Final = "Helvetica"
_DAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")

Row = Sequence[str | int]


def pdf_of(report: Report) -> bytes:
    """The report on A4. Raises DiaryError where fpdf2 is not installed."""
    try:
        from fpdf import FPDF  # noqa: PLC0415 - an extra, needed here alone
    except ImportError as error:
        raise DiaryError(
            "The PDF needs the package fpdf2, which is not installed",
            remedy="Run: .venv/bin/pip install --editable '.[report]'  Or write report.html.",
        ) from error
    pdf = FPDF(format="A4")
    pdf.set_margin(_MARGIN_MM)
    pdf.set_auto_page_break(auto=True, margin=_MARGIN_MM)
    pdf.set_title("Leg cramp diary")
    pdf.set_lang("en")
    pdf.add_page()
    _first_sheet(pdf, report)
    pdf.add_page()
    _second_sheet(pdf, report)
    return bytes(pdf.output())


def _first_sheet(pdf: FPDF, report: Report) -> None:
    pdf.set_font(_FONT, "B", 22)
    pdf.cell(text="Leg cramp diary", new_x="LMARGIN", new_y="NEXT")
    _to_fill_in(pdf, "Name:")
    _paragraph(
        pdf,
        f"{long_day(report.since)} to {long_day(report.made_on)}: "
        f"**{cramps_words(report.cramps)}** for which Charley was called. Charley, a voice by the "
        "bed, noted what was said to it. It examined nobody, and this is no diagnosis.",
    )
    if report.undated:
        _paragraph(
            pdf,
            f"{report.undated} more in the diary have no date, since the clock was not set. "
            "They are not counted here.",
        )
    _heading(pdf, "Calendar")
    top = pdf.get_y()
    ends = [_month(pdf, month, number, top) for number, month in enumerate(report.months)]
    pdf.set_xy(_MARGIN_MM, max(ends))
    _heading(pdf, "Times of night")
    _table(pdf, ("Time", "Cramps"), report.times, (46, 24))
    _heading(pdf, "Legs")
    legs = [(capital(leg.part), leg.left, leg.right, leg.both, leg.not_said) for leg in report.legs]
    _table(pdf, ("Muscle", "Left", "Right", "Both", "Not said"), legs, (52, 20, 20, 20, 24))
    _heading(pdf, "How long")
    relief = report.relief
    if relief.told:
        _paragraph(
            pdf,
            "From the call until it was said to have let go: half of the cramps within "
            f"**{duration_words(relief.median_s)}**, the longest after "
            f"**{duration_words(relief.longest_s)}** ({relief.told} told).",
        )
    _paragraph(pdf, f"Not said to have let go: {relief.not_told}.")
    _heading(pdf, "What Charley advised")
    levels = [(capital(name), count) for name, count in report.levels]
    _table(pdf, ("Advice", "Times"), levels, (76, 20))


def _second_sheet(pdf: FPDF, report: Report) -> None:
    _heading(pdf, "Warning signs, as they were answered")
    signs = [
        (
            sign.question,
            sign.yes,
            sign.unsure,
            sign.no,
            "" if sign.last is None else short_day(sign.last),
        )
        for sign in report.signs
    ]
    heads = ("Question", "Yes", "Not sure", "No", "When last")
    _table(pdf, heads, signs, (108, 14, 22, 14, 28))
    _heading(pdf, "Medicines")
    answers = "; ".join(f"{short_day(day)}: {said}" for day, said in report.medicine[:3])
    _paragraph(pdf, f'"{report.medicine_asked}" **{answers or "Not answered in this time."}**')
    _to_fill_in(pdf, "What I take now:")
    _to_fill_in(pdf, "")
    _heading(pdf, "The latest calls")
    for line in report.latest or ("None in this time.",):
        _paragraph(pdf, line)
    if report.left_out:
        _paragraph(pdf, f"And {report.left_out} before that, in these months.")


def _heading(pdf: FPDF, text: str) -> None:
    pdf.set_y(pdf.get_y() + 2.0)
    pdf.set_line_width(0.6)
    pdf.line(_MARGIN_MM, pdf.get_y(), _MARGIN_MM + _WIDTH_MM, pdf.get_y())
    pdf.set_font(_FONT, "B", 15)
    pdf.set_y(pdf.get_y() + 1.0)
    pdf.cell(h=7.0, text=text, new_x="LMARGIN", new_y="NEXT")


def _paragraph(pdf: FPDF, text: str) -> None:
    pdf.set_font(_FONT, "", _TEXT_PT)
    pdf.multi_cell(
        _WIDTH_MM, _LINE_MM, text, align="L", markdown=True, new_x="LMARGIN", new_y="NEXT"
    )
    pdf.set_y(pdf.get_y() + 0.8)


def _to_fill_in(pdf: FPDF, text: str) -> None:
    """A line to write on."""
    pdf.set_font(_FONT, "", _TEXT_PT)
    pdf.set_line_width(0.3)
    pdf.cell(_WIDTH_MM, 9.0, text, border="B", new_x="LMARGIN", new_y="NEXT")
    pdf.set_y(pdf.get_y() + 2.0)


def _month(pdf: FPDF, month: Month, number: int, top_mm: float) -> float:
    """A month of the calendar, side by side with the others. Returns where it ends, in mm."""
    left = _MARGIN_MM + number * (7 * _CELL_MM + _MONTHS_APART_MM)
    pdf.set_line_width(0.2)
    pdf.set_font(_FONT, "B", 11)
    pdf.set_xy(left, top_mm)
    pdf.cell(7 * _CELL_MM, 7.0, f"{month.name}: {month.total}")
    weeks: Sequence[Sequence[date | str | None]] = (_DAYS, *month.weeks)
    for row, week in enumerate(weeks):
        for column, day in enumerate(week):
            pdf.set_xy(left + column * _CELL_MM, top_mm + 7.0 + row * _CELL_MM)
            _day(pdf, month, day)
    return top_mm + 7.0 + (1 + len(month.weeks)) * _CELL_MM


def _day(pdf: FPDF, month: Month, day: date | str | None) -> None:
    cramps = month.cramps.get(day, 0) if isinstance(day, date) else 0
    text = str(day.day) if isinstance(day, date) else str(day or "")
    pdf.set_font(_FONT, "B" if cramps or isinstance(day, str) else "", 11)
    pdf.set_fill_color(0 if cramps else 255)
    pdf.set_text_color(255 if cramps else 0)
    shown = text if cramps < 2 else f"{text} x{cramps}"
    if cramps > 1:
        pdf.set_font_size(8)
    pdf.cell(_CELL_MM, _CELL_MM, shown, border=1, align="C", fill=True)
    pdf.set_text_color(0)


def _table(pdf: FPDF, heads: Row, rows: Iterable[Row], widths_mm: Sequence[float]) -> None:
    pdf.set_font(_FONT, "", _TEXT_PT)
    pdf.set_line_width(0.2)
    numbers = ["LEFT" if str(head).startswith("When") else "RIGHT" for head in heads[1:]]
    with pdf.table(
        width=sum(widths_mm),
        col_widths=tuple(widths_mm),
        text_align=("LEFT", *numbers),
        align="LEFT",
        line_height=_LINE_MM,
        padding=(0.4, 1.5),
    ) as table:
        for row in (heads, *rows):
            line = table.row()
            for cell in row:
                line.cell(str(cell))
