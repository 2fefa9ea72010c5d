"""A year of weather as arrays: a packed typical year of the catalogue, else one made from a place's two means."""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from infraplanner.catalog.types import Record
from infraplanner.model.entities import Site

from .parts import Catalogue, Floats

HOURS = 8760
TENTH, TEN_PA = 0.1, 10.0
TOPIC = "weather_year"


@dataclass(frozen=True, slots=True)
class Weather:
    """Hourly dry bulb, dew point [degC] and pressure [Pa]; `profile` is the record's id."""

    profile: str
    place: str
    dry_bulb_c: Floats
    dew_point_c: Floats
    pressure_pa: Floats


@lru_cache(maxsize=8)
def unpack(packed: str) -> tuple[Floats, Floats, Floats]:
    """The three columns of a packed year. Raises ValueError when it is no such thing."""
    steps = np.frombuffer(zlib.decompress(base64.b64decode(packed)), dtype="<i2").astype(np.float64)
    if steps.size != 3 * HOURS:
        raise ValueError(f"a packed year of {steps.size // 3} hours; expected {HOURS}")
    columns = np.cumsum(steps.reshape(3, HOURS), axis=1) * np.array([[TENTH], [TENTH], [TEN_PA]])
    return columns[0], columns[1], columns[2]


def typical_year(catalogue: Catalogue, site: Site | None) -> Weather | None:
    """The year that the site names, else one recorded in its region; None when there is neither."""
    wanted = getattr(site, "weather", "") if site is not None else ""
    record = catalogue.find(wanted) if wanted else None
    if record is None and site is not None and site.region:
        years = (row for row in catalogue.of(Record).values() if row.topic == TOPIC)
        record = next((row for row in sorted(years, key=lambda r: r.id) if row.data.get("region") == site.region), None)
    if not isinstance(record, Record) or record.topic != TOPIC:
        return None
    try:
        dry, dew, pressure = unpack(str(record.data.get("packed", "")))
    except (ValueError, zlib.error):
        return None
    return Weather(record.id, record.name, dry, dew, pressure)
