"""The cable schedule in CSV and XLSX, against the results and against each other."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import pytest

from infraplanner.catalog.loader import load_catalog
from infraplanner.cli.main import main
from infraplanner.engine import evaluate
from infraplanner.io.cable_schedule import HEADER, csv_bytes, schedule_rows, stock_rows, xlsx_bytes
from infraplanner.io.plan_reader import read_plan

POD = Path(__file__).resolve().parents[2] / "resources" / "templates" / "nvl72-pod.yaml"


@pytest.fixture(scope="module")
def rows():  # type: ignore[no-untyped-def]
    plan = read_plan(POD, load_catalog())
    return schedule_rows(plan.document.snapshot(), evaluate(plan.document.snapshot(), plan.catalog).fabric)


def test_every_bundle_is_there_with_its_ends_and_stock_length(rows) -> None:  # type: ignore[no-untyped-def]
    plan = read_plan(POD, load_catalog())
    links = plan.document.table("links")
    assert [row[0] for row in rows] == sorted(links)
    row = next(row for row in rows if row[0] == "l-A02-leaf-01")
    named = dict(zip(HEADER, row, strict=True))
    assert (named["from"], named["to"], named["to rack"]) == ("A02", "leaf-01 U44", "A03")
    assert (named["cables"], named["ordered m"], named["medium"]) == (4, 3.0, "dac_400g_4x100")
    assert sum(row[7] for row in rows) == sum(link.count for link in links.values())


def test_csv_and_workbook_hold_the_same_cells(rows) -> None:  # type: ignore[no-untyped-def]
    read = list(csv.reader(io.StringIO(csv_bytes(rows).decode())))
    assert read[0] == list(HEADER)
    assert len(read) == len(rows) + 1
    book = zipfile.ZipFile(io.BytesIO(xlsx_bytes(rows)))
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))
    cells = [["".join(cell.itertext()) for cell in line] for line in sheet.iter(f"{space}row")]
    assert cells[0] == list(HEADER)
    for line, wanted in zip(cells[1:], read[1:], strict=True):
        assert line == wanted
    order = ET.fromstring(book.read("xl/worksheets/sheet2.xml"))
    total = [["".join(cell.itertext()) for cell in line] for line in order.iter(f"{space}row")][1:]
    assert sum(int(line[2]) for line in total) == sum(row[7] for row in rows)


def test_the_same_plan_gives_the_same_bytes(rows) -> None:  # type: ignore[no-untyped-def]
    assert xlsx_bytes(rows) == xlsx_bytes(list(rows))
    assert sum(count * length for _, length, count, _ in stock_rows(rows)) == pytest.approx(
        sum(row[7] * row[12] for row in rows if row[12] is not None)
    )


def test_from_the_command_line(tmp_path: Path) -> None:
    for kind in ("csv", "xlsx"):
        out = tmp_path / f"cables.{kind}"
        assert main(["export", str(POD), "--to", kind, "-o", str(out)]) == 0
        assert out.stat().st_size > 1000
    assert (tmp_path / "cables.csv").read_bytes().startswith(b"cable,from,from rack")
