"""Fluid tables: read by the interpolation kernel, complete, and equal to CoolProp where it is installed."""

from __future__ import annotations

import numpy as np
import pytest

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import Record
from infraplanner.kernels import exchange

SYMBOLS = {
    "density_kg_per_m3": "D",
    "heat_capacity_j_per_kg_k": "C",
    "viscosity_pa_s": "V",
    "conductivity_w_per_m_k": "L",
}
FLUIDS = {"water": "Water", "pg25": "INCOMP::MPG[0.25]", "eg25": "INCOMP::MEG[0.25]"}


def columns(catalog: Catalog, fluid: str) -> dict[str, np.ndarray]:
    record = catalog.find(f"fluid-table.{fluid}")
    assert isinstance(record, Record)
    return {name: np.array(values, dtype=np.float64) for name, values in record.data.items()}  # type: ignore[arg-type]


@pytest.mark.parametrize("fluid", sorted(FLUIDS))
def test_tables_reach_from_10_to_60_degrees_without_gaps(catalog: Catalog, fluid: str) -> None:
    table = columns(catalog, fluid)
    assert table["temperature_c"].tolist() == [float(t) for t in range(10, 61)]
    assert {name for name in table if name != "temperature_c"} == set(SYMBOLS)
    for name in SYMBOLS:
        assert table[name].shape == table["temperature_c"].shape
        assert (table[name] > 0).all()


@pytest.mark.parametrize("fluid", sorted(FLUIDS))
def test_the_constants_in_force_agree_with_the_tables(catalog: Catalog, fluid: str) -> None:
    table = columns(catalog, fluid)
    for name in ("density_kg_per_m3", "heat_capacity_j_per_kg_k"):
        at = exchange.table_at(35.0, table["temperature_c"], table[name])
        assert at == pytest.approx(catalog.constant(f"fluid.{fluid}.{name}"), rel=1e-4)


@pytest.mark.parametrize("fluid", sorted(FLUIDS))
def test_interpolation_equals_coolprop(catalog: Catalog, fluid: str) -> None:
    coolprop = pytest.importorskip("CoolProp.CoolProp", reason="CoolProp is an oracle of the tests only")
    table = columns(catalog, fluid)
    for celsius in np.arange(10.25, 60.0, 1.5):
        for name, symbol in SYMBOLS.items():
            found = exchange.table_at(float(celsius), table["temperature_c"], table[name])
            exact = coolprop.PropsSI(symbol, "T", 273.15 + celsius, "P", 101_325.0, FLUIDS[fluid])
            assert found == pytest.approx(exact, rel=5e-4 if name == "viscosity_pa_s" else 2e-5), (name, celsius)
