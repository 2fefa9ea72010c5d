"""Patched arrays equal a full compile after any sequence of puts, removals and undos."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infraplanner.catalog import Catalog
from infraplanner.compile.plan import Compiled, compile_plan
from infraplanner.model.changes import ChangeSet
from infraplanner.model.document import Document
from infraplanner.model.entities import (
    Cooling,
    Device,
    Feed,
    Hall,
    Link,
    Loop,
    Pool,
    Port,
    PowerNode,
    Rack,
    Record,
    Tray,
    Workload,
)

few = st.integers(0, 4)


def names(*stems: str) -> st.SearchStrategy[str]:
    """Ids of records that may or may not exist."""
    return st.one_of(*(few.map(lambda k, stem=stem: f"{stem}{k}") for stem in stems))


def maybe(stem: str) -> st.SearchStrategy[str]:
    return st.one_of(st.just(""), names(stem))


place = {"hall": names("hall"), "x_mm": st.integers(0, 9000), "y_mm": st.integers(0, 9000)}
RECORDS: dict[str, st.SearchStrategy[Record]] = {
    "halls": st.builds(Hall, id=names("hall"), width_mm=st.just(9000), depth_mm=st.integers(5000, 9000)),
    "trays": st.builds(
        Tray,
        id=names("tray"),
        hall=names("hall"),
        points_mm=st.just(((0, 0), (9000, 0))),
        elevation_mm=st.integers(2200, 3000),
        tier=st.sampled_from(["data", "fibre", "power"]),
    ),
    "racks": st.builds(
        Rack,
        id=names("rack"),
        profile=st.sampled_from(["gb200-nvl72", "orv3-frame", "dgx-h100-rack4", "nowhere"]),
        loop=maybe("loop"),
        pool=maybe("pool"),
        power_cap_frac=st.sampled_from([None, 0.5]),
        regulator=st.sampled_from(["", "ondie"]),
        **place,
    ),
    "devices": st.builds(
        Device,
        id=names("dev"),
        rack=names("rack"),
        profile=st.sampled_from(["dgx-h100", "qm9700", "hgx-b200-dlc"]),
        u=st.integers(1, 40),
        pool=maybe("pool"),
    ),
    "cooling": st.builds(
        Cooling,
        id=names("unit"),
        profile=st.sampled_from(["cdu-deschutes", "drycooler", "crah-cw", "chiller-air", "tower", "sidecar-l2a-200"]),
        loop=maybe("loop"),
        source_loop=maybe("loop"),
        standby=st.booleans(),
        **place,
    ),
    "loops": st.builds(
        Loop,
        id=names("loop"),
        fluid=st.sampled_from(["water", "pg25"]),
        rise_k=st.sampled_from([None, 10.0, 0.0]),
        supply_c=st.sampled_from([None, 30.0]),
    ),
    "power": st.builds(
        PowerNode,
        id=names("node"),
        profile=st.sampled_from(
            ["utility-connection", "tx-mv-liquid-2500", "ups-modular-2000", "gen-diesel-2000", "bess-dea", "?"]
        ),
        rating_kw=st.sampled_from([None, 500.0]),
        units=st.integers(1, 3),
        mode=st.sampled_from(["", "parallel", "backup"]),
        dispatch=st.integers(0, 2),
        energy_kwh=st.sampled_from([None, 100.0]),
        carbon_g_per_kwh=st.sampled_from([None, 5.0]),
        maintenance=st.booleans(),
        eco=st.booleans(),
        side=st.sampled_from(["", "a", "b"]),
        **place,
    ),
    "feeds": st.builds(
        Feed,
        id=names("feed"),
        source=names("node"),
        target=names("node", "rack", "unit"),
        side=st.sampled_from(["", "a", "b"]),
        weight=st.sampled_from([1.0, 2.0]),
        order=st.sampled_from([None, 0, 3]),
        conductor=st.sampled_from(["", "", "cable-cu-750-415v", "psu-orv3-3kw", "nowhere"]),
        length_mm=st.sampled_from([None, 5000]),
        runs=st.integers(1, 2),
        grouped=st.sampled_from([3, 9]),
        contacts=st.sampled_from([0, 4]),
        contact_uohm=st.sampled_from([None, 100.0]),
        phase=st.sampled_from(["", "l1"]),
    ),
    "links": st.builds(
        Link,
        id=names("link"),
        a=names("rack", "dev"),
        b=names("rack", "dev"),
        rate_gbps=st.sampled_from([400.0, 800.0]),
        count=st.integers(1, 3),
        medium=st.sampled_from(["auto", "dac_400g_4x100", "none-such"]),
    ),
    "ports": st.builds(
        Port,
        id=names("port"),
        owner=names("rack", "dev"),
        group=st.sampled_from(["compute", "extra"]),
        count=st.integers(1, 9),
        rate_gbps=st.sampled_from([100.0, 400.0]),
    ),
    "pools": st.builds(
        Pool,
        id=names("pool"),
        model=st.just("llama3.1-70b"),
        workload=maybe("load"),
        phase=st.sampled_from(["both", "decode"]),
        prefill_pool=maybe("pool"),
    ),
    "workloads": st.builds(Workload, id=names("load"), profile=st.just("chat-1k-1k")),
}
step = st.one_of(
    st.sampled_from(sorted(RECORDS)).flatmap(lambda table: RECORDS[table].map(lambda record: ("put", table, record))),
    st.tuples(st.just("remove"), st.sampled_from(sorted(RECORDS)), few),
    st.tuples(st.just("undo"), st.just(""), few),
    st.tuples(st.just("sync"), st.just(""), few),
)


def same(left: Any, right: Any, where: str) -> None:
    """Every array of two compiled plans is equal, NaN included."""
    if isinstance(left, np.ndarray):
        assert left.dtype == right.dtype, where
        assert left.flags.c_contiguous, where
        np.testing.assert_array_equal(left, right, err_msg=where)
    elif left is None or right is None:
        assert left is right, where
    elif dataclasses.is_dataclass(left):
        for item in dataclasses.fields(left):
            same(getattr(left, item.name), getattr(right, item.name), f"{where}.{item.name}")


def assert_same(patched: Compiled, full: Compiled) -> None:
    for name, table in full.tables.items():
        assert patched.tables[name].ids == table.ids
        assert patched.tables[name].index == table.index
        assert patched.tables[name].columns.keys() == table.columns.keys()
        for column, values in table.columns.items():
            same(patched.tables[name].columns[column], values, f"{name}.{column}")
    for group in ("bodies", "chain", "sources", "network", "plant", "ports"):
        same(getattr(patched, group), getattr(full, group), group)


def play(document: Document, done: list[tuple[str, str, Record | None]], action: Any) -> None:
    """One edit; what stood there before is remembered for undo."""
    kind, table, what = action
    if kind == "put":
        done.append((table, what.id, document.put(table, what)))
    elif kind == "remove":
        ids = sorted(document.table(table))
        if ids:
            key = ids[what % len(ids)]
            done.append((table, key, document.remove(table, key)))
    elif kind == "undo" and done:
        table, key, old = done.pop()
        if old is not None:
            document.put(table, old)
        elif key in document.table(table):
            document.remove(table, key)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(step, max_size=40))
def test_patched_arrays_equal_a_full_compile(catalog: Catalog, actions: list[Any]) -> None:
    document = Document()
    compiled = compile_plan(document.snapshot(), catalog)
    done: list[tuple[str, str, Record | None]] = []
    pending = ChangeSet()
    for action in [*actions, ("sync", "", 0)]:
        play(document, done, action)
        pending = pending.then(document.take_changes())
        if action[0] == "sync":  # several change sets may be merged before the arrays follow
            snapshot = document.snapshot()
            compiled.patch(snapshot, pending)
            pending = ChangeSet()
            assert_same(compiled, compile_plan(snapshot, catalog))


def test_a_moved_rack_leaves_every_group_alone(catalog: Catalog) -> None:
    document = Document()
    document.put("halls", Hall(id="hall", width_mm=9000, depth_mm=9000))
    document.put("racks", Rack(id="r1", hall="hall", x_mm=1000, y_mm=1000, profile="gb200-nvl72"))
    document.take_changes()
    compiled = compile_plan(document.snapshot(), catalog)
    document.put("racks", Rack(id="r1", hall="hall", x_mm=4000, y_mm=1000, profile="gb200-nvl72"))
    stale = compiled.patch(document.snapshot(), document.take_changes())
    assert stale.groups == frozenset()
    assert not stale.rows_moved
    assert stale.moved_racks.tolist() == [0]
    assert compiled.tables["racks"]["x_m"].tolist() == [4.0]
