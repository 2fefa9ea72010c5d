"""A pool is split into prefill and decode from the menu, as its result proposes, and one undo puts it together."""

from __future__ import annotations

from .conftest import Driver


def test_the_menu_splits_the_pool_of_the_selected_rack(drive: Driver) -> None:
    window, session = drive.window, drive.session
    session.wait_idle()
    drive.settle()
    before = {key: rack.pool for key, rack in session.document.table("racks").items()}
    pool = session.document.table("racks")["A01"].pool
    window.bridge.select(["A01"])
    window.actions_["split_pool"].trigger()
    session.wait_idle()
    drive.settle()
    pools = session.document.table("pools")
    assert (pools[pool].phase, pools[pool].prefill_pool) == ("decode", f"{pool}-prefill")
    shares = [pool.accelerator_count for pool in session.result.throughput.pools if "prefill" in pool.id]
    assert shares
    assert shares[0] > 0
    window.bridge.undo()
    session.wait_idle()
    assert {key: rack.pool for key, rack in session.document.table("racks").items()} == before


def test_without_a_selection_that_tells_which_it_says_what_to_do(drive: Driver) -> None:
    said: list[str] = []
    drive.session.wait_idle()
    drive.settle()
    drive.bridge.noticed.connect(said.append)
    drive.bridge.select([])
    able = [pool.id for pool in drive.session.result.throughput.pools if pool.split_prefill_frac is not None]
    assert able == ["llama-70b"]  # the others are split already: the one that is left is meant
    drive.bridge.split_pool()
    assert said == []
    drive.session.wait_idle()
    drive.settle()
    drive.bridge.split_pool()
    assert said == ["No pool here can be split: each serves one phase, or one of them cannot run alone."]
