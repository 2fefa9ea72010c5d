"""The cable schedule: every bundle with its ends, ports, stock length and medium, as CSV or XLSX; the same plan gives the
same bytes.
"""

from __future__ import annotations

import csv
import io
import math
import zipfile
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from infraplanner.model.document import Snapshot
from infraplanner.results.snapshot import FabricResult

HEADER = (
    "cable", "from", "from rack", "from port", "to", "to rack", "to port", "cables", "rate Gb/s", "medium", "choice",
    "routed m", "ordered m", "reach m", "power W", "price USD", "remark",
)  # fmt: skip
SUMMARY = ("medium", "ordered m", "cables", "metres")
WAYS = ("", "trays do not meet", "no tray near its first end", "no tray near its second end")
FLAGS = ("", "no medium of this rate", "out of reach", "locked medium out of reach", "locked medium of another rate",
         "locked medium unknown", "length unknown")  # fmt: skip
Row = tuple[Any, ...]
STAMP = (1980, 1, 1, 0, 0, 0)
"""Date of every part of a workbook: a schedule is of a plan, not of an hour."""


def schedule_rows(snapshot: Snapshot, fabric: FabricResult) -> list[Row]:
    """One row a bundle, in id order; unknown figures are None."""
    links, devices = snapshot.table("links"), snapshot.table("devices")

    def rack(end: str) -> str:
        return devices[end].rack if end in devices else end

    def place(end: str) -> str:
        return f"{end} U{devices[end].u}" if end in devices else end

    rows: list[Row] = []
    for row, key in enumerate(fabric.link_ids):
        link = links[key]
        remark = "; ".join(
            text
            for text in (FLAGS[int(fabric.flag[row])], WAYS[int(fabric.way[row])] if fabric.way.size else "")
            if text
        )
        rows.append(
            (
                key, place(link.a), rack(link.a), link.a_port, place(link.b), rack(link.b), link.b_port, link.count,
                link.rate_gbps, fabric.medium[row], "auto" if link.medium == "auto" else "locked",
                *(_number(values[row]) for values in (
                    fabric.length_m, fabric.ordered_m, fabric.reach_m, fabric.power_w, fabric.price_usd)),
                remark,
            )
        )  # fmt: skip
    return rows


def stock_rows(rows: Sequence[Row]) -> list[Row]:
    """Cables to order by medium and stock length, with metres in all."""
    found: dict[tuple[str, float], int] = {}
    for row in rows:
        if row[9] and row[12] is not None:
            found[row[9], row[12]] = found.get((row[9], row[12]), 0) + row[7]
    return [(medium, length, count, round(count * length, 3)) for (medium, length), count in sorted(found.items())]


def csv_bytes(rows: Sequence[Row]) -> bytes:
    """UTF-8, comma, LF; numbers with a point."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows([["" if cell is None else cell for cell in row] for row in rows])
    return out.getvalue().encode()


def xlsx_bytes(rows: Sequence[Row]) -> bytes:
    """A workbook with the schedule and the cables to order."""
    sheets = (("Cables", (HEADER, *rows)), ("To order", (SUMMARY, *stock_rows(rows))))
    parts = {
        "[Content_Types].xml": _types(len(sheets)),
        "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": _workbook([name for name, _ in sheets]),
        "xl/_rels/workbook.xml.rels": _relations(
            [("worksheet", f"worksheets/sheet{k + 1}.xml") for k in range(len(sheets))]
        ),
    }
    for number, (_, table) in enumerate(sheets, 1):
        parts[f"xl/worksheets/sheet{number}.xml"] = _sheet(table)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in parts.items():
            book.writestr(zipfile.ZipInfo(name, STAMP), text.encode(), zipfile.ZIP_DEFLATED)
    return out.getvalue()


_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def _types(sheets: int) -> str:
    own = "".join(
        f'<Override PartName="/xl/worksheets/sheet{k + 1}.xml" ContentType="{_KIND}.worksheet+xml"/>'
        for k in range(sheets)
    )
    return (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-'
        f'package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>{own}</Types>'
    )


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    own = "".join(
        f'<Relationship Id="rId{k + 1}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for k, (kind, target) in enumerate(targets)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{own}</Relationships>'


def _workbook(names: Sequence[str]) -> str:
    own = "".join(f'<sheet name="{escape(name)}" sheetId="{k + 1}" r:id="rId{k + 1}"/>' for k, name in enumerate(names))
    return f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{own}</sheets></workbook>'


def _sheet(table: Sequence[Row]) -> str:
    lines = "".join(
        f'<row r="{number}">{"".join(_cell(cell) for cell in row)}</row>' for number, row in enumerate(table, 1)
    )
    return f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>{lines}</sheetData></worksheet>'


def _cell(value: Any) -> str:
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, int | float):
        return f"<c><v>{value!r}</v></c>"
    return f'<c t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


def _number(value: Any) -> float | None:
    return round(float(value), 3) if math.isfinite(value) else None
