"""Where things stand in a generated hall: rows back to back across a hot aisle, power at their left, plant right."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from infraplanner.model.entities import Cooling, Feed, Hall, Loop, PowerNode, Rack, Tray, Zone

ROW_PATTERN = (*("gpu",) * 7, "leaf", "spine", "leaf", *("gpu",) * 7, "storage", "cpu", "mgmt")
ROW_RACKS = len(ROW_PATTERN)

# Millimetres. A bay is one pair of rows with its power and cooling.
_RACK_WIDTH, _RACK_DEPTH = 600, 1200
_HOT, _COLD = 1500, 1800
_BAY_HEIGHT = 2 * _RACK_DEPTH + _HOT + _COLD
_POWER_WIDTH = 14_400
_ROW_START = _POWER_WIDTH + 1500 + 1100 + 400 + 900 + 300 + 600
_BAY_WIDTH = _ROW_START + ROW_RACKS * _RACK_WIDTH + 600 + 300 + 900 + 400 + 1100 + 2400
_MARGIN = 3000
_PLANT_PITCH_X, _PLANT_PITCH_Y = 12_000, 5000


@dataclass(frozen=True, slots=True)
class Sizes:
    """Ratings of what feeds and cools a hall: of a row's UPS and busway, of its transformer, of a utility (None: as the
    rows need it), and the heat that is planned for a rack, by liquid and by air.
    """

    row_kw: float = 2400.0
    transformer_kw: float = 2600.0
    utility_kw: float | None = None
    liquid_kw_a_rack: float = 85.0
    air_kw_a_rack: float = 30.0
    transformer: str = "tx-mv-liquid-2500"


class HallPlan:
    """Geometry of a hall of so many racks; all positions are integer millimetres and nothing overlaps."""

    def __init__(self, racks: int, sizes: Sizes | None = None) -> None:
        self.racks = racks
        self.sizes = sizes or Sizes()
        self.rows = math.ceil(racks / ROW_RACKS)
        self.bays = math.ceil(self.rows / 2)
        self.columns = max(1, round(math.sqrt(self.bays * _BAY_HEIGHT / _BAY_WIDTH)))
        self.levels = math.ceil(self.bays / self.columns)
        self.dry_coolers = math.ceil(racks * self.sizes.liquid_kw_a_rack / 1000.0) + 1
        self.chillers = math.ceil(racks * self.sizes.air_kw_a_rack / 1000.0) + 1
        self.width = 2 * _MARGIN + self.columns * _BAY_WIDTH
        self.height = 2 * _MARGIN + _COLD + self.levels * _BAY_HEIGHT
        self.plant_rows = max(1, (self.height - 2 * _MARGIN) // _PLANT_PITCH_Y)
        units = self.dry_coolers + self.chillers
        self.plant_columns = math.ceil(units / self.plant_rows)

    def row_name(self, row: int) -> str:
        """R001, R002 ..."""
        return f"R{row + 1:03d}"

    def loop_name(self, row: int) -> str:
        """Technology loop of a row."""
        return f"tcs-{self.row_name(row)}"

    def origin(self, row: int) -> tuple[int, int]:
        """Lower-left corner of the bay of a row."""
        column, level = divmod(row // 2, self.levels)
        return _MARGIN + column * _BAY_WIDTH, _MARGIN + _COLD + level * _BAY_HEIGHT

    def place(self, index: int, depth: int) -> tuple[int, int, int]:
        """Centre and rotation of a rack: fronts in line along the cold aisle, backs to the hot one."""
        row, slot = divmod(index, ROW_RACKS)
        x, y = self.origin(row)
        x += _ROW_START + slot * _RACK_WIDTH + _RACK_WIDTH // 2
        if row % 2 == 0:
            return x, y + depth // 2, 0
        return x, y + 2 * _RACK_DEPTH + _HOT - depth // 2, 180

    def _row_centre(self, row: int) -> int:
        _, y = self.origin(row)
        return y + (_RACK_DEPTH // 2 if row % 2 == 0 else _RACK_DEPTH * 3 // 2 + _HOT)

    def hall(self) -> Hall:
        """The one hall, plant included."""
        return Hall(
            id="hall",
            name="Generated hall",
            width_mm=self.width + self.plant_columns * _PLANT_PITCH_X,
            depth_mm=self.height,
            height_mm=4500,
            floor_rating_kg_per_m2=2500.0,
            containment="hot",
            supply_air_c=24.0,
        )

    def loops(self) -> Iterator[Loop]:
        """One technology loop a row."""
        for row in range(self.rows):
            yield Loop(id=self.loop_name(row), fluid="pg25", supply_c=37.0, rise_k=10.0)

    def cooling(self) -> Iterator[Cooling]:
        """Two CDUs a row, two fan walls a bay, dry coolers and chillers."""
        for row in range(self.rows):
            x, _ = self.origin(row)
            y = self._row_centre(row)
            for number, at in enumerate((_ROW_START - 1350, _ROW_START + ROW_RACKS * _RACK_WIDTH + 1350), 1):
                yield Cooling(
                    id=f"cdu-{self.row_name(row)}-{number}",
                    hall="hall",
                    x_mm=x + at,
                    y_mm=y,
                    rotation_deg=180 * (row % 2),
                    profile="cdu-chx2000",
                    loop=self.loop_name(row),
                    source_loop="fws",
                )
        for bay in range(self.bays):
            x, y = self.origin(2 * bay)
            middle = y + _RACK_DEPTH + _HOT // 2
            right = _ROW_START + ROW_RACKS * _RACK_WIDTH + 2750
            for number, (at, turn) in enumerate(((_ROW_START - 2750, 90), (right, 270)), 1):
                yield Cooling(
                    id=f"fw-{bay + 1:03d}-{number}",
                    hall="hall",
                    x_mm=x + at,
                    y_mm=middle,
                    rotation_deg=turn,
                    profile="fanwall-600",
                    source_loop="chw",
                )
        yield from self._plant()

    def _plant(self) -> Iterator[Cooling]:
        units = [(f"dc-{n + 1:03d}", "drycooler", "fws") for n in range(self.dry_coolers)]
        units += [(f"ch-{n + 1:03d}", "chiller-air", "chw") for n in range(self.chillers)]
        for index, (name, profile, loop) in enumerate(units):
            column, level = divmod(index, self.plant_rows)
            yield Cooling(
                id=name,
                hall="hall",
                x_mm=self.width + column * _PLANT_PITCH_X + _PLANT_PITCH_X // 2,
                y_mm=_MARGIN + level * _PLANT_PITCH_Y + _PLANT_PITCH_Y // 2,
                profile=profile,
                loop=loop,
            )

    def power(self) -> Iterator[PowerNode]:
        """Two utilities; transformer, UPS and busway for each side of each row."""
        for number, side in enumerate("ab"):
            yield PowerNode(
                id=f"util-{side}",
                hall="hall",
                x_mm=_MARGIN + 1000 + number * 3000,
                y_mm=_MARGIN - 1200,
                profile="utility-connection",
                rating_kw=self.sizes.utility_kw or self.rows * self.sizes.transformer_kw * 1.2 + 4000.0,
                side="a" if side == "a" else "b",
            )
        for row in range(self.rows):
            x, y = self.origin(row)
            name = self.row_name(row)
            level = y + (750 if row % 2 == 0 else 3550)
            for number, side in enumerate("ab"):
                left = x + number * (_POWER_WIDTH // 2)
                mark: Literal["a", "b"] = "a" if side == "a" else "b"
                end = x + (_ROW_START - 450 if side == "a" else _ROW_START + ROW_RACKS * _RACK_WIDTH + 450)
                parts = (
                    ("tx", self.sizes.transformer, left + 1200, level, self.sizes.transformer_kw),
                    ("ups", "ups-modular-2000", left + 4600, level, self.sizes.row_kw),
                    ("bus", "busway-cu-2500a", end, self._row_centre(row), self.sizes.row_kw),
                )
                for kind, profile, at, height, rating in parts:
                    yield PowerNode(
                        id=f"{kind}-{name}-{side}",
                        hall="hall",
                        x_mm=at,
                        y_mm=height,
                        profile=profile,
                        rating_kw=rating,
                        side=mark,
                    )

    def feeds(self, racks: list[Rack]) -> Iterator[Feed]:
        """Both sides to every rack and cooling unit; ids are the ends' names, so they stay put when the hall grows."""
        for row in range(self.rows):
            name = self.row_name(row)
            for side in "ab":
                yield _feed(f"util-{side}", f"tx-{name}-{side}", side)
                yield _feed(f"tx-{name}-{side}", f"ups-{name}-{side}", side)
                yield _feed(f"ups-{name}-{side}", f"bus-{name}-{side}", side)
        for rack in racks:
            yield _feed(f"bus-{rack.row}-a", rack.id, "a")
            yield _feed(f"bus-{rack.row}-b", rack.id, "b")
        for unit in self.cooling():
            row = 0
            if unit.id.startswith("cdu-"):
                row = int(unit.id.split("-")[1][1:]) - 1
            elif unit.id.startswith("fw-"):
                row = 2 * (int(unit.id.split("-")[1]) - 1)
            if unit.id.startswith(("cdu-", "fw-")):
                for side in "ab":
                    yield _feed(f"ups-{self.row_name(row)}-{side}", unit.id, side)
            else:
                # The plant runs off the utility: its motors need no battery.
                for side in "ab":
                    yield _feed(f"util-{side}", unit.id, side)

    def trays(self) -> Iterator[Tray]:
        """A tray over each row, joined by one a column of bays and a trunk along the lower wall."""
        trunk = _MARGIN
        ends = []
        for column in range(self.columns):
            x = _MARGIN + column * _BAY_WIDTH + _ROW_START - 900
            ends.append((x, trunk))
            tops = [self._row_centre(row) for row in range(self.rows) if self.origin(row)[0] == x - _ROW_START + 900]
            if tops:
                points = ((x, trunk), *((x, top) for top in sorted(tops)))
                yield Tray(id=f"tray-c{column + 1:02d}", hall="hall", points_mm=points, width_mm=600)
        for row in range(self.rows):
            x, _ = self.origin(row)
            y = self._row_centre(row)
            points = ((x + _ROW_START - 900, y), (x + _ROW_START + ROW_RACKS * _RACK_WIDTH, y))
            yield Tray(id=f"tray-{self.row_name(row)}", hall="hall", points_mm=points, width_mm=600)
        if len(ends) > 1:
            yield Tray(id="tray-trunk", hall="hall", points_mm=tuple(ends), width_mm=900)

    def zones(self) -> Iterator[Zone]:
        """The contained hot aisle of each bay."""
        for bay in range(self.bays):
            x, y = self.origin(2 * bay)
            yield Zone(
                id=f"hot-{bay + 1:03d}",
                hall="hall",
                x_mm=x + _ROW_START + ROW_RACKS * _RACK_WIDTH // 2,
                y_mm=y + _RACK_DEPTH + _HOT // 2,
                width_mm=ROW_RACKS * _RACK_WIDTH,
                depth_mm=_HOT,
                kind="hot_aisle",
            )


def _feed(source: str, target: str, side: str) -> Feed:
    return Feed(id=f"f-{target}-{side}", source=source, target=target, side="a" if side == "a" else "b")
