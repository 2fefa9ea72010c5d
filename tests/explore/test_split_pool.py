"""A pool taken apart as its result proposes: whole racks, nearest to the proposed share, and what is served then."""

from __future__ import annotations

import pytest

from infraplanner.catalog import Catalog
from infraplanner.catalog.loader import load_catalog
from infraplanner.edit import SplitPool, UndoStack
from infraplanner.engine import evaluate
from infraplanner.explore.split_pool import members, split_of
from tests.engine.halls import pod


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def test_members_are_racks_with_accelerators(catalog: Catalog) -> None:
    assert members(pod(racks=3).snapshot(), catalog, "serve") == [("r000", 72), ("r001", 72), ("r002", 72)]
    assert members(pod(racks=3).snapshot(), catalog, "none") == []


def test_the_split_is_the_nearest_in_whole_racks_and_serves_on_both_sides(catalog: Catalog) -> None:
    document = pod(racks=8)
    before = evaluate(document.snapshot(), catalog).throughput.pools[0]
    command = split_of(document.snapshot(), catalog, before)
    assert isinstance(command, SplitPool)
    share = before.split_prefill_frac
    assert share is not None
    assert abs(len(command.prefill_ids) - 8 * share) <= 0.5 or len(command.prefill_ids) == 1
    stack = UndoStack(document)
    stack.execute(command)
    result = evaluate(document.snapshot(), catalog)
    decode, prefill = (next(p for p in result.throughput.pools if p.id == key) for key in ("serve", "serve-prefill"))
    assert prefill.accelerator_count + decode.accelerator_count == before.accelerator_count
    assert decode.tokens_per_s is not None
    assert 0.0 < decode.tokens_per_s <= 1.25 * before.accelerator_count * before.split_tokens_per_s_per_accelerator
    # Decode no longer waits for others' prefill: the time a token takes falls or the batch grows.
    assert decode.tpot_s < before.tpot_s or decode.batch > before.batch


def test_one_rack_cannot_be_split(catalog: Catalog) -> None:
    document = pod(racks=1)
    pool = evaluate(document.snapshot(), catalog).throughput.pools[0]
    assert split_of(document.snapshot(), catalog, pool) == "Pool serve stands in 1 rack or device; a split needs 2."
