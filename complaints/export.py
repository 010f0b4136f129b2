"""A list of complaints as a file: CSV for anything, XLSX for spreadsheets. Pure: rows in, bytes out.

Cells that a spreadsheet would run as a formula are text here.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

import xlsxwriter

Cell = str | int | float | date | datetime | None

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Beginnings (after space) that a spreadsheet may take for a formula."""
_LONGEST = 32_767
"""Characters that a cell of a spreadsheet can hold."""


def csv_lines(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """CSV with a byte order mark, so that spreadsheets read it as UTF-8; line by line."""
    yield b"\xef\xbb\xbf"
    yield _line(head)
    for row in rows:
        yield _line(row)


def xlsx(head: Sequence[str], rows: Iterable[Sequence[Cell]], name: str) -> bytes:
    """A workbook with one sheet (``name``): head frozen and filterable, days as days."""
    out = io.BytesIO()
    # Row by row to the disk: a hundred thousand rows need no more memory than one.
    book = xlsxwriter.Workbook(out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
    sheet = book.add_worksheet(_sheet_name(name))
    bold, day, moment = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet.freeze_panes(1, 0)
    for column, title in enumerate(head):
        sheet.set_column(column, column, 18)
        sheet.write_string(0, column, title, bold)
    last = 0
    for last, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            match cell:
                case None:
                    continue
                case datetime():
                    sheet.write_datetime(last, column, cell.replace(tzinfo=None), moment)
                case date():
                    sheet.write_datetime(last, column, datetime(cell.year, cell.month, cell.day), day)
                case int() | float():
                    sheet.write_number(last, column, cell)
                case _:
                    sheet.write_string(last, column, _printable(cell)[:_LONGEST])
    sheet.autofilter(0, 0, last, max(0, len(head) - 1))
    book.close()
    return out.getvalue()


def harmless(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula."""
    plain = _printable(text)
    return f"'{plain}" if plain.lstrip(" \u3000\u00a0").startswith(_FORMULA) else plain


def _line(row: Sequence[Cell]) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerow([_written(cell) for cell in row])
    return file.getvalue().encode("utf-8", "replace")


def _written(cell: Cell) -> str | int | float:
    match cell:
        case None:
            return ""
        case datetime():
            return cell.strftime("%Y-%m-%d %H:%M")
        case date():
            return cell.isoformat()
        case int() | float():
            return cell
    return harmless(cell)


def _printable(text: str) -> str:
    return "".join(char for char in text if char >= " " or char in "\t\r\n")


def _sheet_name(name: str) -> str:
    return "".join(char for char in name if char not in "[]:*?/\\'")[:31] or "1"
