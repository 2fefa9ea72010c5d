#!/usr/bin/env python3
"""Write profiles/sites/weather.yaml from EnergyPlus weather files: python packaging/make_weather.py FOLDER."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from infraplanner.io.epw import read_epw

OUT = Path(__file__).resolve().parent.parent / "profiles" / "sites" / "weather.yaml"
PLACES = {
    "us-arizona": ("weather.phoenix", "tmyx-phoenix", "USA_AZ_Phoenix-Sky.Harbor.epw"),
    "us-virginia": ("weather.leesburg", "tmyx-leesburg", "USA_VA_Leesburg.Exec.epw"),
    "us-washington": ("weather.seattle", "tmyx-seattle", "USA_WA_Seattle-Tacoma.epw"),
}
HEAD = """# Typical years of weather, packed: hourly dry bulb and dew point in 0.1 °C and pressure in 10 Pa, as differences of
# little-endian 16-bit integers, deflated, base 64. Made from the EnergyPlus files by packaging/make_weather.py.
format: infraplanner/profiles
version: 1
record:
"""


def main() -> None:
    """One record a place."""
    lines = []
    for region, (key, source, name) in PLACES.items():
        year = read_epw(Path(sys.argv[1]) / name)
        data = {
            "region": region, "latitude_deg": year.latitude_deg, "longitude_deg": year.longitude_deg,
            "height_m": year.height_m, "packed": year.packed,
        }  # fmt: skip
        record = {
            "id": key, "name": f"Typical year, {year.place}", "confidence": "primary", "sources": [source],
            "note": "typical meteorological year TMYx", "topic": "weather_year", "data": data,
        }  # fmt: skip
        lines.append(f"- {json.dumps(record, ensure_ascii=False)}\n")
    OUT.write_text(HEAD + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
