"""Chains side by side for the same useful power, and the way of the racks' power on to the dies."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from infraplanner.catalog.types import Record, System
from infraplanner.compile.columns import REGULATORS
from infraplanner.compile.parts import Catalogue
from infraplanner.compile.plan import Compiled
from infraplanner.compile.rules import Lookup, constants
from infraplanner.compile.series import CONVERTER, DELIVERY, SeriesArrays, build_series, chains_of
from infraplanner.results.chains import ChainAlternative, ChainStage, CoreResult

from . import kernel_cache

# ruff: noqa: PLC0415 - kernels, and with them Numba, are imported when first needed

Floats = NDArray[np.float64]
TOPICS = ("grid_to_bus", "bus_to_die")


def compare_chains(catalogue: Catalogue, load_w: float) -> tuple[ChainAlternative, ...]:
    """Every chain of the catalogue with the same power at its end: from the grid to a 12 V bus, and from there to the
    die.
    """
    kernel_cache.prepare_once()
    rule = constants(catalogue)
    return tuple(
        _alternative(record, build_series(_stages(record.data), catalogue, rule), rule, load_w)
        for topic in TOPICS
        for record in chains_of(catalogue, topic)
    )


def _stages(data: dict[str, object]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = data["stages"]  # type: ignore[assignment]
    return found


def _alternative(record: Record, series: SeriesArrays, rule: Lookup, load_w: float) -> ChainAlternative:
    from infraplanner.kernels.series import SeriesFlows, series_up

    from .bind import buffers

    out = buffers(SeriesFlows, **{"": series.kind.size})
    grid_w = float(series_up(_kernel(series), metal(rule), load_w, out))
    stages = tuple(_stage(series, out, row) for row in range(series.kind.size))
    # The feed at the rack is the last conductor before the intermediate bus.
    wires = [stage for stage in stages if stage.copper_kg is not None]
    return ChainAlternative(
        id=record.id,
        name=record.name,
        part="core" if record.topic == TOPICS[1] else "supply",
        load_w=load_w,
        grid_w=grid_w,
        efficiency_frac=load_w / grid_w,
        rack_current_a=wires[-1].current_a if wires else None,
        rack_voltage_v=wires[-1].voltage_v if wires else None,
        copper_kg=float(out.mass_kg.sum()),
        stages=stages,
    )


def _stage(series: SeriesArrays, out: Any, row: int) -> ChainStage:
    kind = int(series.kind[row])
    wire = kind not in (CONVERTER, DELIVERY)
    return ChainStage(
        label=series.labels[row],
        out_w=float(out.out_w[row]),
        loss_w=float(out.loss_w[row]),
        units=None if wire else int(out.units_count[row]),
        current_a=None if kind == CONVERTER else float(out.current_a[row]),
        voltage_v=None if kind == CONVERTER else float(series.voltage_v[row]),
        copper_kg=float(out.mass_kg[row]) if wire else None,
        known=series.known[row],
    )


def _kernel(series: SeriesArrays) -> Any:
    from infraplanner.kernels.series import Series

    return Series(*(getattr(series, name) for name in Series._fields))


def metal(rule: Lookup) -> Any:
    """Copper in the room, at its rated temperature when it carries its rated current."""
    from infraplanner.kernels.series import Metal

    ambient = rule("power.conductor_ambient_c")
    return Metal(
        rule("power.copper_resistivity_ohm_m"),
        rule("power.copper_temperature_coefficient_per_k"),
        rule("power.copper_density_kg_per_m3"),
        ambient,
        rule("power.conductor_c") - ambient,
    )


class CoreChains:
    """Chains inside the servers and racks of one compiled plan, by the system that each body is."""

    def __init__(self, compiled: Compiled) -> None:
        self.bodies = compiled.bodies
        self.chosen = compiled.tables["racks"]["regulator"].tobytes()
        self.series: list[SeriesArrays] = []
        by_system: dict[str, int] = {}
        self.split: list[int] = []
        for record in chains_of(compiled.parts.catalogue, "rack_chain"):
            names: list[str] = record.data["systems"]  # type: ignore[assignment]
            by_system |= dict.fromkeys(names, len(self.series))
            self._add(compiled, _stages(record.data))
        default = by_system.get("default", -1)
        chain = [by_system.get(row.id, default) for row in compiled.parts.systems] + [-1]
        rows = self.bodies.system
        self.chain = np.array(chain, dtype=np.int64)[rows]
        self._choose_regulators(compiled)
        tdp, count = _accelerators(compiled)
        self.tdp_w, self.count = tdp[rows], count[rows]
        self.metal = metal(compiled.rule)
        self.kernels = [_kernel(series) for series in self.series]
        self.holds = [np.flatnonzero((self.chain == code) & (self.tdp_w > 0.0)) for code in range(len(self.series))]
        with np.errstate(all="ignore"):
            self.part = np.clip(np.nan_to_num(self.tdp_w / self.bodies.max_w), 0.0, 1.0)

    def _add(self, compiled: Compiled, stages: list[dict[str, Any]], split: int | None = None) -> None:
        """One more chain; from stage `split` on it feeds accelerators alone (None: from its last regulator on)."""
        self.series.append(build_series(stages, compiled.parts.catalogue, compiled.rule))
        self.split.append(_regulator(self.series[-1]) if split is None else split)

    def _choose_regulators(self, compiled: Compiled) -> None:
        """Racks that name their regulators get the chain of their profile up to there, and the named one from there on."""
        chosen = np.append(compiled.tables["racks"]["regulator"], 0)[self.bodies.rack]
        asked = [(int(a), int(b)) for a, b in zip(self.chain, chosen, strict=True) if a >= 0 and b > 0]
        heads = [_stages(row.data) for row in chains_of(compiled.parts.catalogue, "rack_chain")]
        for chain, choice in sorted(set(asked)):
            tail = compiled.parts.catalogue.find(f"core_chain.{REGULATORS[choice]}")
            if isinstance(tail, Record):
                use = (self.chain == chain) & (chosen == choice)
                self._add(compiled, [*heads[chain][: self.split[chain]], *_stages(tail.data)], self.split[chain])
                self.chain[use] = len(self.series) - 1

    def result(self, body_w: Floats) -> CoreResult:
        """Losses of every stage inside what holds accelerators, and what the dies get."""
        from infraplanner.kernels.series import series_down

        steps: dict[str, float] = {}
        other, die = 0.0, 0.0
        bodies, taken = 0, 0.0
        for code, series in enumerate(self.series):
            use = self.holds[code]
            use = use[body_w[use] > 0.0]
            if not use.size:
                continue
            loss, rest = np.zeros((series.kind.size, use.size)), np.zeros(use.size)
            split = self.split[code]
            given, share, rated = body_w[use], self.part[use], np.fmax(self.bodies.max_w[use], body_w[use])
            series_down(self.kernels[code], self.metal, given, rated, share, split, self.count[use], loss, rest)
            for label, lost in zip(series.labels, loss.sum(axis=1).tolist(), strict=True):
                steps[label] = steps.get(label, 0.0) + lost
            other += float(((given - loss[:split].sum(axis=0)) * (1.0 - share)).sum())
            die += float(rest.sum())
            bodies += use.size
            taken += float(given.sum())
        return CoreResult(tuple(steps.items()), other, die if bodies else None, bodies, taken)


def _regulator(series: SeriesArrays) -> int:
    """The stage from which on only accelerators are fed: the last converter before the delivery to the die."""
    delivery = np.flatnonzero(series.kind == DELIVERY)
    end = int(delivery[0]) if delivery.size else series.kind.size
    return max(0, end - 1)


def _accelerators(compiled: Compiled) -> tuple[Floats, Floats]:
    """Thermal design power of all accelerators of each system [W], and how many; one row of zeros more."""
    tdp = {row.id: row.tdp_w for row in compiled.parts.accelerators}
    watts, counts = [], []
    for system in compiled.parts.systems:
        watts.append(_tdp(system, tdp))
        counts.append(float(sum(part.count for part in system.accelerators)))
    return np.array([*watts, 0.0]), np.array([*counts, 0.0])


def _tdp(system: System, tdp: dict[str, float | None]) -> float:
    parts = [(tdp.get(part.id), part.count) for part in system.accelerators]
    return float(sum(watts * count for watts, count in parts if watts is not None))
