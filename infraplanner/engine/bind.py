"""Compiled arrays as the argument tuples of the kernels, and the buffers that a frame writes into."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar, cast, get_type_hints

import numpy as np
from numpy.typing import NDArray

from infraplanner.compile.parts import Parts, column
from infraplanner.compile.plan import Compiled
from infraplanner.compile.rules import Lookup
from infraplanner.compile.wires import lengths
from infraplanner.kernels.arrays import Flags, Ints
from infraplanner.kernels.cooling import Loops, Units
from infraplanner.kernels.draw import Bodies
from infraplanner.kernels.fabric import Graph
from infraplanner.kernels.frame import Racks
from infraplanner.kernels.hold import Holds
from infraplanner.kernels.legs import Legs
from infraplanner.kernels.links import Ends, Media, Route
from infraplanner.kernels.power import Chain
from infraplanner.kernels.trays import Segments
from infraplanner.kernels.twinax import REFERENCE_C, Twinax, attenuation_parts, nyquist
from infraplanner.units import GIGA, MILLI, NANO

T = TypeVar("T")
AUTO_EXCLUDED = frozenset({"cartridge", "backplane", "optical_switch", "co_packaged"})
"""Families that belong to one product and are never chosen for a cable that someone draws."""
SINGLE_MODE = frozenset({"single_mode", "co_packaged", "optical_switch"})
UM2_PER_MM2 = 1e6
COPPER = frozenset({"dac", "acc", "aec", "cartridge", "backplane"})


def buffers(kind: type[T], **sizes: int) -> T:
    """A results tuple with zeroed arrays; `sizes` maps a field's prefix to its length."""
    values: list[Any] = []
    for name, hint in _hints(cast(Any, kind)).items():
        length = next(size for prefix, size in sizes.items() if name.startswith(prefix))
        values.append(np.zeros(length, _dtype(hint)))
    return kind(*values)


def copied(part: T) -> T:
    """A tuple of arrays whose arrays are its own."""
    columns: list[Any] = [column.copy() for column in cast(tuple[Any, ...], part)]
    return type(part)(*columns)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _dtype(hint: object) -> type[Any]:
    return np.int64 if hint == Ints else np.bool_ if hint == Flags else np.float64


NO_LEGS: Legs = buffers(Legs, **{"": 0})
NO_HOLDS: Holds = buffers(Holds, **{"": 0})


def ends(compiled: Compiled, cable_c: NDArray[np.float64]) -> Ends:
    """Ends of all bundles, their cables at these temperatures."""
    net, links = compiled.network, compiled.tables["links"]
    return Ends(
        net.a_rack, net.b_rack, net.a_z_m, net.b_z_m, net.tray_z_m, links["rate_bps"], links["count"], links["pinned"],
        cable_c, net.fixed_db, net.modules, net.mirror, links["cooler_w"],
    )  # fmt: skip


def media(parts: Parts, rule: Lookup) -> Media:
    """Link profiles; `auto` may take those with a price and a reach that are no product's own wiring."""
    rows = parts.media
    price = column(rows, "price_usd")[:-1]
    watts = column(rows, "power_per_end_w")[:-1]
    reach = column(rows, "reach_m")[:-1]
    budget, conductor, other, per_k = losses(parts, rule)
    fibre = np.array([row.family not in COPPER for row in rows], dtype=np.int64)
    delay = np.where(fibre == 1, rule("link.fibre_delay_ns_per_m"), rule("link.copper_delay_ns_per_m")) * NANO
    usable = [
        code
        for code, row in enumerate(rows)
        if row.family not in AUTO_EXCLUDED and not np.isnan(price[code]) and not np.isnan(reach[code])
    ]
    families = family_names(parts)
    usable.sort(key=lambda code: (price[code], watts[code] if not np.isnan(watts[code]) else np.inf, code))
    return Media(
        rate_bps=column(rows, "rate_gbps", GIGA)[:-1].copy(),
        reach_m=reach.copy(),
        end_w=watts.copy(),
        latency_s=column(rows, "latency_ns", NANO)[:-1].copy(),
        price_usd=price.copy(),
        delay_s_per_m=delay,
        fibre=fibre,
        family=np.array([families.index(row.family) for row in rows], dtype=np.int64),
        by_cost=np.array(usable, dtype=np.int64),
        single=np.array([row.family in SINGLE_MODE for row in rows], dtype=np.int64),
        budget_db=budget,
        conductor_db_per_m=conductor,
        other_db_per_m=other,
        per_k=per_k,
        area_um2=whole(0.25 * np.pi * column(rows, "outer_diameter_mm")[:-1] ** 2 * UM2_PER_MM2),
        mass_mg_per_m=whole(column(rows, "mass_g_per_m")[:-1] / MILLI),
    )


def whole(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rounded to whole numbers, nothing where unknown."""
    return np.rint(np.nan_to_num(values)).astype(np.int64)


Column = NDArray[np.float64]


def losses(parts: Parts, rule: Lookup) -> tuple[Column, Column, Column, Column]:
    """Loss budget [dB], conductor loss at 20 degC and other loss [dB/m], and rise of resistivity a kelvin of every medium.

    Passive twinax by lane rate and gauge; its budget was fitted at 20 degC to lengths that vendors promise up to a rated
    temperature, so there the promised length comes out. Optics by the channel loss of their class; NaN for what neither
    describes.
    """
    budget, conductor, other, per_k = (np.full(len(parts.media), np.nan) for _ in range(4))
    at_c, budget_db = rule("link.twinax.rated_c"), rule("link.twinax.wire_budget_db")
    pair = twinax_pair(rule)
    for row, medium in enumerate(parts.media):
        if medium.medium == "copper_twinax" and medium.awg and medium.rate_gbps and medium.lanes:
            lane = medium.rate_gbps / medium.lanes
            two_level = lane < rule("link.twinax.two_level_below_gbps")
            overhead = rule(f"link.twinax.overhead.{'nrz' if two_level else 'pam4'}")
            half_hz = nyquist(lane * GIGA, 1.0 if two_level else 2.0, overhead)
            conductor[row], other[row] = attenuation_parts(half_hz, float(medium.awg), pair)
            rated = conductor[row] * np.sqrt(1.0 + pair.resistivity_per_k * (at_c - REFERENCE_C)) + other[row]
            budget[row], per_k[row] = budget_db * rated / (conductor[row] + other[row]), pair.resistivity_per_k
        elif medium.loss_budget_db is not None:
            kind = "single_mode" if medium.family in SINGLE_MODE else "multimode"
            budget[row], other[row] = medium.loss_budget_db, rule(f"link.optics.db_per_m.{kind}")
            conductor[row], per_k[row] = 0.0, 0.0
    return budget, conductor, other, per_k


def twinax_pair(rule: Lookup) -> Twinax:
    """Material and geometry of passive copper."""
    return Twinax(
        rule("link.twinax.resistivity_ohm_m"), rule("link.twinax.resistivity_per_k"), rule("link.twinax.proximity_factor"),
        rule("link.twinax.eps_r"), rule("link.twinax.tan_delta"), rule("link.twinax.impedance_ohm"),
    )  # fmt: skip


def derived_reach(parts: Parts, rule: Lookup, cable_c: float | None = None) -> NDArray[np.float64]:
    """Reach of passive twinax at a cable temperature from its losses [m]; NaN for every other medium."""
    budget, conductor, other, per_k = losses(parts, rule)
    at_c = rule("link.twinax.temperature_c") if cable_c is None else cable_c
    reach = budget / (conductor * np.sqrt(1.0 + per_k * (at_c - REFERENCE_C)) + other)
    return np.where(conductor > 0.0, reach, np.nan)


def segments(compiled: Compiled) -> Segments:
    """Pieces of trays."""
    arrays = compiled.trays
    return Segments(*(getattr(arrays, name) for name in Segments._fields))


def family_names(parts: Parts) -> list[str]:
    """Families of links in name order, as `Media.family` numbers them."""
    return sorted({row.family for row in parts.media})


def route(parts: Parts, rule: Lookup) -> Route:
    """Rules of the cable plant."""
    return Route(rule("cable.slack_frac"), rule("cable.service_loop_m"), _stock(rule, "copper"), _stock(rule, "fibre"))


def _stock(rule: Lookup, family: str) -> NDArray[np.float64]:
    values: list[float] = []
    while not np.isnan(value := rule(f"cable.stock_{family}_m.{len(values) + 1:02d}")):
        values.append(value)
    return np.array(sorted(values), dtype=np.float64)


def racks(compiled: Compiled) -> Racks:
    """Positions and memberships of all racks."""
    table, plant = compiled.tables["racks"], compiled.plant
    return Racks(
        table["x_m"],
        table["y_m"],
        table["loop@loops"],
        table["hall@halls"],
        table["cap_frac"],
        plant.rack_flow_m3_per_j,
    )


def bodies(compiled: Compiled, failed_devices: NDArray[np.int64]) -> Bodies:
    """All bodies; those of failed devices belong to no rack."""
    arrays = compiled.bodies
    rack = arrays.rack
    if failed_devices.size:
        gone = np.isin(arrays.node, failed_devices + len(compiled.tables["racks"]))
        rack = np.where(gone, -1, rack)
    return Bodies(
        rack, arrays.pool, arrays.idle_w, arrays.typical_w, arrays.max_w, arrays.liquid_frac, arrays.accelerator_count
    )


def chain(compiled: Compiled) -> Chain:
    """The power graph."""
    arrays, power = compiled.chain, compiled.tables["power"]
    rating = power["rating_w"]
    return Chain(
        arrays.order, rating, arrays.curves,
        power["units"], power["spare"], power["stage_frac"], arrays.standby_frac,
        np.where(np.isnan(rating), np.inf, rating * power["available_frac"]), arrays.backup, arrays.ranked,
        arrays.feed_start, arrays.feed_source, arrays.feed_weight, arrays.feed_rank,
        arrays.load_start, arrays.load_source, arrays.load_weight, arrays.load_side, arrays.load_rank,
        arrays.load_ranked,
    )  # fmt: skip


def holds(compiled: Compiled, power_ratio: float = 1.0, thermal_ratio: float = 1.0) -> Holds:
    """Buffers of power and heat management, limits scaled by a ratio; no rows when nothing is managed."""
    if not (power_managed(compiled) or heat_managed(compiled)):
        return NO_HOLDS
    cap_w, tables = compiled.tables["power"]["cap_w"], compiled.tables
    halls, loops = tables["halls"]["managed"], tables["loops"]["managed"]
    rows = cap_w.size + halls.size + loops.size
    made = buffers(Holds, node=cap_w.size, hall=halls.size, loop=loops.size, row=rows, rack=len(tables["racks"]))
    made.node_cap_w[:] = cap_w * power_ratio
    made.hall_cap_frac[:] = np.where(halls, thermal_ratio, np.inf)
    made.loop_cap_frac[:] = np.where(loops, thermal_ratio, np.inf)
    return made


def power_managed(compiled: Compiled) -> bool:
    """Whether some power node has a cap."""
    return bool(np.isfinite(compiled.tables["power"]["cap_w"]).any())


def heat_managed(compiled: Compiled) -> bool:
    """Whether some hall or loop has its racks slowed to what its units carry."""
    return bool(compiled.tables["halls"]["managed"].any() or compiled.tables["loops"]["managed"].any())


def legs(compiled: Compiled) -> Legs:
    """Conductors of all feeds; no rows when none has one."""
    wires = compiled.chain.wires
    if wires is None:
        return NO_LEGS
    length = np.nan_to_num(lengths(wires, compiled.tables))
    return Legs(
        wires.ohm_per_m * length + wires.contacts_ohm, wires.reactance_per_m * length, wires.voltage_v, wires.current_ratio,
        wires.loss_count, wires.slope_frac, wires.sine_frac, wires.rated_a, wires.rated_c, wires.reference_c,
        wires.ambient_c, wires.rise_frac, compiled.chain.passive,
    )  # fmt: skip


def units(compiled: Compiled) -> Units:
    """Cooling units."""
    plant, table = compiled.plant, compiled.tables["cooling"]
    return Units(
        plant.kind, table["hall@halls"], table["source_loop@loops"], plant.capacity_w, plant.flow_m3_per_s,
        plant.approach_k, plant.power_frac, plant.water_m3_per_j, table["standby"],
        plant.cop_start, plant.cop_c, plant.cop, plant.evaporator_c, plant.condenser_k, plant.lift_k,
        plant.capacity_per_k, plant.hot_w_per_k, plant.cold_w_per_k, plant.exponent,
    )  # fmt: skip


def loops(compiled: Compiled) -> Loops:
    """Coolant loops and the index of their units."""
    plant = compiled.plant
    return Loops(
        plant.first, plant.then, plant.unit_start, plant.unit, plant.air_start, plant.air_unit,
        compiled.tables["loops"]["supply_c"], plant.flow_m3_per_j, plant.rho_cp_j_per_m3_k,
    )  # fmt: skip


def graph(compiled: Compiled, failed: frozenset[str] = frozenset()) -> Graph:
    """The fabric without management and the bundles that failed; racks and devices out of service are told by
    `routes.alive_nodes`.
    """
    net, links = compiled.network, compiled.tables["links"]
    weight = np.where(np.isnan(net.own_weight), links["count"][net.link], net.own_weight)
    dead = compiled.ports.aside
    if failed:
        dead = dead.copy()
        dead[[links.index[key] for key in failed if key in links.index]] = True
    if not dead.any():
        return Graph(net.graph_start, net.neighbour, net.link, net.side, net.forwards, weight)
    keep = ~dead[net.link]
    kept = np.concatenate([[0], np.cumsum(keep)])
    start = kept[net.graph_start].astype(np.int64)
    return Graph(start, net.neighbour[keep], net.link[keep], net.side[keep], net.forwards, weight[keep])
