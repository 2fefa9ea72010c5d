"""Turn an EnergyPlus weather file into a profile that a site can name as its `weather`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from infraplanner.io.epw import read_epw

from .errors import OK, UserError
from .evaluate import emit

HEAD = "format: infraplanner/profiles\nversion: 1\nrecord:\n"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `infraplanner weather`."""
    parser.add_argument("file", metavar="FILE", help="an EnergyPlus weather file (.epw)")
    parser.add_argument("--id", metavar="ID", help="id of the profile; from the file's name by default")
    parser.add_argument("-o", "--output", metavar="F", help="write to this file, such as one in the personal profiles")


def run(options: argparse.Namespace) -> int:
    """Read, pack and print."""
    path = Path(options.file)
    key = options.id or "weather." + path.stem.lower().replace("_", "-").replace(" ", "-")
    if not key.startswith("weather."):
        raise UserError(f"--id is “{key}”; expected an id that starts with “weather.”.")
    year = read_epw(path)
    record: dict[str, object] = {
        "id": key, "name": f"Weather year, {year.place}", "confidence": "unverified", "sources": [],
        "note": path.name, "topic": "weather_year",
        "data": {"latitude_deg": year.latitude_deg, "longitude_deg": year.longitude_deg, "height_m": year.height_m,
                 "packed": year.packed},
    }  # fmt: skip
    emit(f"{HEAD}- {json.dumps(record, ensure_ascii=False)}\n", options.output)
    return OK
