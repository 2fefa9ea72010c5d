"""Two that follow one plan share its arrays until one of them patches its own."""

from __future__ import annotations

import numpy as np
import pytest

from infraplanner.catalog import Catalog
from infraplanner.catalog.loader import load_catalog
from infraplanner.compile.once import Once
from infraplanner.compile.plan import Compiled, compile_plan
from infraplanner.edit import Move, SetFields, UndoStack
from infraplanner.validation.generate import generate_plan


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def same(one: Compiled, other: Compiled) -> bool:
    return all(
        table.ids == other.tables[name].ids
        and all(np.array_equal(values, other.tables[name][key], equal_nan=values.dtype.kind == "f")
                for key, values in table.columns.items())
        for name, table in one.tables.items()
    )  # fmt: skip


def test_the_second_gets_the_firsts_arrays_and_a_third_its_own(catalog: Catalog) -> None:
    snapshot = generate_plan(10).snapshot()
    once = Once()
    first, second = once.compile(snapshot, catalog), once.compile(snapshot, catalog)
    assert first is not second
    assert first.network is second.network
    assert first.tables["links"]["a@racks"] is second.tables["links"]["a@racks"]
    assert once.compile(snapshot, catalog).network is not first.network


def test_what_one_patches_the_other_does_not_see(catalog: Catalog) -> None:
    document = generate_plan(10)
    document.take_changes()
    before = document.snapshot()
    once = Once()
    first, second = once.compile(before, catalog), once.compile(before, catalog)
    stack = UndoStack(document)
    rack = sorted(document.table("racks"))[0]
    for command in (Move([rack], 500, 0), SetFields("racks", [rack], {"power_cap_frac": 0.8})):
        changes = stack.execute(command)
        first.patch(document.snapshot(), changes)
    assert same(second, compile_plan(before, catalog))
    assert same(first, compile_plan(document.snapshot(), catalog))
    assert not same(first, second)


def test_a_plan_that_nobody_asks_for_any_more_is_dropped(catalog: Catalog) -> None:
    snapshot = generate_plan(10).snapshot()
    once = Once()
    first = once.compile(snapshot, catalog)
    once.forget()
    assert once.compile(snapshot, catalog).network is not first.network
