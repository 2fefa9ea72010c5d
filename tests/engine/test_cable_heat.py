"""Copper reach from the air behind the racks."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from infraplanner.catalog import Catalog

from .halls import pod


def _space(catalog: Catalog):  # type: ignore[no-untyped-def]
    from infraplanner.engine.pools import PoolSolver  # noqa: PLC0415
    from infraplanner.engine.stages import settled_result  # noqa: PLC0415
    from infraplanner.engine.workspace import Workspace  # noqa: PLC0415

    document = pod(2)
    space = Workspace(catalog, PoolSolver())
    space.follow(document.snapshot(), None)
    result, settled = settled_result(space, frozenset(), None)
    return space, result, settled


def _heated(settled, inlet_c: float):  # type: ignore[no-untyped-def]
    air = replace(settled.thermal.air, rack_inlet_c=np.full(3, inlet_c))
    return SimpleNamespace(air=air)


def test_cables_take_the_temperature_of_the_settled_air(catalog: Catalog) -> None:
    space, result, settled = _space(catalog)
    inlet = settled.thermal.air.rack_inlet_c
    assert np.isfinite(inlet).any()
    rise = catalog.constant("thermal.rack_air_rise_k")
    racks = space.compiled.tables["racks"].index
    row = result.fabric.link_ids.index("l-r001-0")
    ends = [inlet[racks["r001"]], inlet[racks["leaf"]]]
    assert result.fabric.cable_c[row] == pytest.approx(np.nanmax(ends) + rise)


def test_hot_air_shortens_copper_and_turns_links_to_the_next_medium(catalog: Catalog) -> None:
    """To 70 degC the lengths that are sold hold; at 95 degC the conductor loses 4 % more and 3 m are out of reach."""
    from infraplanner.engine.cable_heat import matters, warm_up_cables  # noqa: PLC0415
    from infraplanner.kernels.links import reach_of  # noqa: PLC0415

    space, before, settled = _space(catalog)
    media, parts = space.media, [part.id for part in space.compiled.parts.media]
    row = parts.index("dac_400g_4x100")
    reach = [reach_of(media, row, at, 0.0) for at in (20.0, 70.0, 95.0)]
    assert reach[0] == reach[1] == 3.0
    assert reach[2] == pytest.approx(3.0 / (1.0 + 0.0039 * 25 / (1 + 0.0039 * 50)) ** 0.5, rel=0.02)
    rates = np.array([400e9])
    assert not matters(media, rates, 20.0, 70.0)
    assert matters(media, rates, 20.0, 95.0)
    assert not warm_up_cables(space, _heated(settled, 40.0))
    assert warm_up_cables(space, _heated(settled, 90.0))
    assert space.dirty_links == len(before.fabric.link_ids)
    from infraplanner.engine.demand import pool_inputs  # noqa: PLC0415
    from infraplanner.engine.routes import Routes  # noqa: PLC0415

    space.run(pool_inputs(space, Routes()), frozenset())
    hot = space.cables.reach_m[[m == row for m in space.cables.medium.tolist()]]
    assert (hot < 3.0).all()
