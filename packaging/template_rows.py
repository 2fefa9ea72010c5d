"""Large halls for the templates: rows in pairs across contained hot aisles, power at the left, plant at the right."""

from __future__ import annotations

import math
from dataclasses import dataclass

from template_parts import Bag

from infraplanner.model.entities import Cooling, Door, Hall, Loop, PowerNode, Rack, Site, Tray, Zone

HALL = "hall-1"
# Millimetres.
DEPTH, HOT, COLD, MARGIN = 1200, 1500, 1800, 3000
BAY = 2 * DEPTH + HOT + COLD
POWER_WIDTH, SIDE = 7500, 4100
PLANT_PITCH_X, PLANT_PITCH_Y = 11_000, 4000


@dataclass(frozen=True)
class Slot:
    """One place of a row: id, profile and width of what stands there, and the pool it serves."""

    id: str
    profile: str
    width_mm: int = 600
    pool: str = ""
    is_liquid: bool = False


@dataclass(frozen=True)
class Feeding:
    """Profiles and ratings of the power of one bay of two rows, for each side."""

    transformer: str
    ups: str
    ups_kw: float
    busway: str


class LargeHall:
    """Places rows of slots with their power and cooling into a bag; nothing overlaps."""

    def __init__(self, bag: Bag, rows: list[list[Slot]], columns: int) -> None:
        self.bag, self.rows, self.columns = bag, rows, columns
        self.bays = math.ceil(len(rows) / 2)
        self.levels = math.ceil(self.bays / columns)
        self.row_width = max(sum(slot.width_mm for slot in row) for row in rows)
        self.bay_width = POWER_WIDTH + SIDE + self.row_width + SIDE
        self.width = 2 * MARGIN + columns * self.bay_width
        self.depth = 2 * MARGIN + COLD + self.levels * BAY

    def name(self, row: int) -> str:
        """R01, R02 ..."""
        return f"R{row + 1:02d}"

    def origin(self, row: int) -> tuple[int, int]:
        """Lower-left corner of the bay of a row."""
        column, level = divmod(row // 2, self.levels)
        return MARGIN + column * self.bay_width, MARGIN + COLD + level * BAY

    def start(self, row: int) -> int:
        """x where the racks of a row begin."""
        return self.origin(row)[0] + POWER_WIDTH + SIDE

    def centre(self, row: int) -> int:
        """y of the middle of a row."""
        return self.origin(row)[1] + (DEPTH // 2 if row % 2 == 0 else DEPTH + HOT + DEPTH // 2)

    def room(self, name: str, density_w_per_m2: float, plant_columns: int, supply_air_c: float) -> None:
        """Site, hall with plant yard, doors, aisles, trays over rows, one along each column of bays, and a trunk."""
        add = self.bag.add
        whole = self.width + plant_columns * PLANT_PITCH_X + 1000
        add(
            Site(id="site", name=name, region="us-virginia", altitude_m=115.0, price_year=2026),
            Hall(
                id=HALL, name="Hall 1", width_mm=whole, depth_mm=self.depth, height_mm=4500,
                floor_rating_kg_per_m2=2500.0, design_density_w_per_m2=density_w_per_m2, containment="hot",
                supply_air_c=supply_air_c,
            ),
            Door(id="door-1", hall=HALL, x_mm=MARGIN, y_mm=0, width_mm=2400, height_mm=3000),
            Door(id="door-2", hall=HALL, x_mm=self.width - MARGIN, y_mm=0, width_mm=2400, height_mm=3000),
            Zone(
                id="plant", name="Plant yard", hall=HALL, x_mm=(self.width + whole) // 2, y_mm=self.depth // 2,
                width_mm=whole - self.width, depth_mm=self.depth,
            ),
        )  # fmt: skip
        for bay in range(self.bays):
            add(
                Zone(
                    id=f"hot-{bay + 1:02d}", hall=HALL, x_mm=self.start(2 * bay) + self.row_width // 2,
                    y_mm=self.origin(2 * bay)[1] + DEPTH + HOT // 2, width_mm=self.row_width, depth_mm=HOT,
                    kind="hot_aisle",
                )
            )  # fmt: skip
        self._trays()

    def _trays(self) -> None:
        shape = {"hall": HALL, "width_mm": 600, "height_mm": 150, "elevation_mm": 2700}
        ends = []
        for column in range(self.columns):
            own = [row for row in range(len(self.rows)) if row // 2 // self.levels == column]
            if not own:
                continue
            x = self.start(own[0]) - 900
            ends.append((x, MARGIN))
            points = ((x, MARGIN), *((x, self.centre(row)) for row in own))
            self.bag.add(Tray(id=f"tray-c{column + 1}", points_mm=points, **(shape | {"width_mm": 900})))  # type: ignore[arg-type]
        if len(ends) > 1:
            self.bag.add(Tray(id="tray-trunk", points_mm=tuple(ends), **(shape | {"width_mm": 900})))  # type: ignore[arg-type]
        for row in range(len(self.rows)):
            x = self.start(row)
            points = ((x - 900, self.centre(row)), (x + self.row_width, self.centre(row)))
            self.bag.add(Tray(id=f"tray-{self.name(row)}", points_mm=points, **shape))  # type: ignore[arg-type]

    def racks(self, loops: bool) -> None:
        """All slots as racks, fronts along the cold aisles."""
        for row, slots in enumerate(self.rows):
            x = self.start(row)
            for slot in slots:
                self.bag.add(
                    Rack(
                        id=slot.id, hall=HALL, x_mm=x + slot.width_mm // 2, y_mm=self.centre(row),
                        rotation_deg=180 * (row % 2), profile=slot.profile, row=self.name(row), pool=slot.pool,
                        loop=f"tcs-{self.name(row)}" if loops and slot.is_liquid else "",
                    )
                )  # fmt: skip
                x += slot.width_mm

    def power(self, parts: Feeding, utility_kw: float, plant: list[str]) -> None:
        """Two utilities; transformer and UPS of each side for each bay, a busway a row; plant off the utilities."""
        bag = self.bag
        for number, side in enumerate("ab"):
            bag.add(
                PowerNode(
                    id=f"util-{side}", hall=HALL, x_mm=MARGIN + 1000 + 3000 * number, y_mm=MARGIN - 1400,
                    profile="utility-connection", rating_kw=utility_kw, side=side,  # type: ignore[arg-type]
                )
            )  # fmt: skip
            for key in plant:
                bag.feed(f"util-{side}", key, side)
        for bay in range(self.bays):
            for number, side in enumerate("ab"):
                x, y = self.origin(2 * bay)
                level = y + 750 + number * 2400
                mark = {"hall": HALL, "side": side}
                bag.add(
                    PowerNode(id=f"tx-{bay + 1:02d}-{side}", x_mm=x + 1300, y_mm=level, profile=parts.transformer, **mark),  # type: ignore[arg-type]
                    PowerNode(
                        id=f"ups-{bay + 1:02d}-{side}", x_mm=x + 4300, y_mm=level, profile=parts.ups,
                        rating_kw=parts.ups_kw, **mark,  # type: ignore[arg-type]
                    ),
                )  # fmt: skip
                bag.feed(f"util-{side}", f"tx-{bay + 1:02d}-{side}", side)
                bag.feed(f"tx-{bay + 1:02d}-{side}", f"ups-{bay + 1:02d}-{side}", side)
        for row, slots in enumerate(self.rows):
            for side in "ab":
                key = f"bus-{self.name(row)}-{side}"
                at = self.start(row) + (-450 if side == "a" else self.row_width + 450)
                bag.add(
                    PowerNode(id=key, hall=HALL, x_mm=at, y_mm=self.centre(row), profile=parts.busway, side=side)  # type: ignore[arg-type]
                )
                bag.feed(f"ups-{row // 2 + 1:02d}-{side}", key, side)
                for slot in slots:
                    bag.feed(key, slot.id, side)

    def cooling(self, wall: str, cdu: str, technology: Loop | None, water: Loop, chillers: int) -> list[str]:
        """Two air walls a bay, two CDUs a row where there is a technology loop, chillers of which one is spare.

        Returns the chillers.
        """
        bag = self.bag
        bag.add(water)
        for row in range(len(self.rows)):
            if technology is None:
                break
            loop = f"tcs-{self.name(row)}"
            bag.add(
                Loop(
                    id=loop, fluid=technology.fluid, supply_c=technology.supply_c, rise_k=technology.rise_k,
                )
            )  # fmt: skip
            for number, x in enumerate((self.start(row) - 1350, self.start(row) + self.row_width + 1350), 1):
                key = f"cdu-{self.name(row)}-{number}"
                bag.add(
                    Cooling(
                        id=key, hall=HALL, x_mm=x, y_mm=self.centre(row), rotation_deg=180 * (row % 2), profile=cdu,
                        loop=loop, source_loop=water.id,
                    )
                )  # fmt: skip
                for side in "ab":
                    bag.feed(f"ups-{row // 2 + 1:02d}-{side}", key, side)
        for bay in range(self.bays):
            middle = self.origin(2 * bay)[1] + DEPTH + HOT // 2
            ends = ((self.start(2 * bay) - 2750, 90), (self.start(2 * bay) + self.row_width + 2750, 270))
            for number, (x, turn) in enumerate(ends, 1):
                key = f"fw-{bay + 1:02d}-{number}"
                bag.add(
                    Cooling(
                        id=key, hall=HALL, x_mm=x, y_mm=middle, rotation_deg=turn, profile=wall, source_loop=water.id
                    )
                )
                for side in "ab":
                    bag.feed(f"ups-{bay + 1:02d}-{side}", key, side)
        lines = max(1, (self.depth - 2 * MARGIN) // PLANT_PITCH_Y)
        keys = []
        for number in range(chillers):
            column, line = divmod(number, lines)
            keys.append(f"ch-{number + 1:02d}")
            bag.add(
                Cooling(
                    id=keys[-1], hall=HALL, x_mm=self.width + column * PLANT_PITCH_X + PLANT_PITCH_X // 2,
                    y_mm=MARGIN + line * PLANT_PITCH_Y + PLANT_PITCH_Y // 2, profile="chiller-air", loop=water.id,
                    standby=number == chillers - 1,
                )
            )  # fmt: skip
        return keys

    def plant_columns(self, chillers: int) -> int:
        """How wide the plant yard is, in chillers."""
        return math.ceil(chillers / max(1, (self.depth - 2 * MARGIN) // PLANT_PITCH_Y))
