"""Cables: lengths by hand, stock, media, and what moving a rack by three metres does."""

from __future__ import annotations

import numpy as np
import pytest

from infraplanner.kernels import links, trays

ROUTE = links.Route(
    0.05, 0.5, np.array([0.5, 1.0, 2.0, 3.0, 5.0, 7.0]), np.array([1.0, 3.0, 5.0, 7.0, 10.0, 15.0, 30.0])
)
MEDIA = links.Media(
    rate_bps=np.array([400e9, 400e9, 400e9, 800e9]),
    reach_m=np.array([3.0, 7.0, 50.0, 2.0]),
    end_w=np.array([0.1, 6.0, 8.0, 0.1]),
    latency_s=np.array([0.0, 1e-7, 1e-7, 0.0]),
    price_usd=np.array([150.0, 350.0, 900.0, 250.0]),
    delay_s_per_m=np.array([4.5e-9, 4.5e-9, 4.9e-9, 4.5e-9]),
    fibre=np.array([0, 0, 1, 0]),
    family=np.array([0, 1, 2, 0]),
    by_cost=np.array([0, 3, 1, 2]),
    single=np.zeros(4, np.int64),
    budget_db=np.full(4, np.nan),
    conductor_db_per_m=np.full(4, np.nan),
    other_db_per_m=np.full(4, np.nan),
    per_k=np.full(4, np.nan),
    area_um2=np.full(4, 1_000_000),
    mass_mg_per_m=np.full(4, 100_000),
)
NO_TRAYS = trays.Segments(
    *(np.empty(0, np.int64 if name in ("hall", "node0", "node1") else float) for name in trays.Segments._fields[:8]),
    np.zeros(2, np.int64),
    np.empty(0, np.int64),
    np.array([0.0, 0.0, 1.0, 0.0, 0.0]),
)
NO_WAYS = trays.Ways(np.zeros(1, np.int64), np.empty(0), np.empty(0, np.int64))
NO_DROPS = trays.Drops(np.full(2, -2), np.zeros(2), np.zeros(2))


def ends(
    a_rack: int, b_rack: int, *, a_z: float = 2.2, b_z: float = 2.2, rate: float = 400e9, pinned: int = -1
) -> links.Ends:
    return links.Ends(
        np.array([a_rack]), np.array([b_rack]), np.array([a_z]), np.array([b_z]), np.array([2.6]),
        np.array([rate]), np.array([2.0]), np.array([pinned]),
        np.array([45.0]), np.array([0.0]), np.array([2.0]), np.array([0]), np.array([0.0]),
    )  # fmt: skip


def empty() -> links.Cables:
    return links.Cables(
        *(
            np.zeros(1) if name not in ("medium", "flag", "way") else np.zeros(1, np.int64)
            for name in links.Cables._fields
        )
    )


def lay(bundle: links.Ends, x: list[float], y: list[float]) -> links.Cables:
    cables = empty()
    links.lay_cables(np.arange(1), bundle, np.array(x), np.array(y), MEDIA, ROUTE, NO_TRAYS, NO_WAYS, NO_DROPS, cables)
    return cables


def test_length_by_hand_and_three_metres_more() -> None:
    near = lay(ends(0, 1), [0.0, 1.2], [0.0, 0.0])
    assert near.length_m[0] == pytest.approx(1.2 + 0.4 + 0.4)
    # 2.0 * 1.05 + 2 * 0.5 = 3.1 m, so 5 m of stock copper: beyond the passive cable, within the active one
    assert near.ordered_m[0] == 5.0
    assert near.medium[0] == 1
    far = lay(ends(0, 1), [0.0, 4.2], [0.0, 0.0])
    assert far.length_m[0] - near.length_m[0] == pytest.approx(3.0)
    # 5.0 * 1.05 + 1 = 6.25 m: 7 m of copper still reach
    assert (far.ordered_m[0], far.medium[0], far.margin_m[0]) == (7.0, 1, 0.0)
    further = lay(ends(0, 1), [0.0, 7.2], [0.0, 0.0])
    # 8.0 * 1.05 + 1 = 9.4 m: copper is at its end, fibre comes in 10 m
    assert (further.ordered_m[0], further.medium[0]) == (10.0, 2)
    assert further.end_w[0] == pytest.approx(2 * 8.0)
    assert further.power_w[0] == pytest.approx(4 * 8.0)
    assert further.price_usd[0] == pytest.approx(2 * 900.0)
    assert further.latency_s[0] == pytest.approx(1e-7 + 10 * 4.9e-9)


def test_inside_one_rack_only_the_height_counts() -> None:
    cables = lay(ends(0, 0, a_z=2.0, b_z=0.6), [3.0], [4.0])
    assert cables.length_m[0] == pytest.approx(1.4)
    assert cables.ordered_m[0] == 2.0  # 1.47 m without service loops
    assert cables.medium[0] == 0


@pytest.mark.parametrize(
    ("bundle", "flag", "medium"),
    [
        (ends(0, 1, rate=1e9), 1, -1),
        (ends(0, 1, rate=800e9), 2, -1),
        (ends(0, 1, pinned=0), 3, 0),
        (ends(0, 1, pinned=3), 4, 3),
        (ends(0, 1, pinned=-2), 5, -1),
        (ends(0, -1), 6, -1),
        (ends(0, 1), 0, 2),
    ],
)
def test_flags_name_what_is_wrong(bundle: links.Ends, flag: int, medium: int) -> None:
    cables = lay(bundle, [0.0, 20.0], [0.0, 0.0])
    assert (cables.flag[0], cables.medium[0]) == (flag, medium)


def test_stock_rounds_up_and_beyond_the_longest_is_cut_to_order() -> None:
    stock = np.array([3.0, 4.0, 5.0])
    assert links.stock_length(3.26, stock) == 4.0
    assert links.stock_length(4.0, stock) == 4.0
    assert links.stock_length(5.2, stock) == 6.0


def test_rows_of_moved_racks_come_once_each() -> None:
    start, rows = np.array([0, 2, 4, 4]), np.array([0, 1, 1, 2])
    seen, out = np.zeros(3, np.int64), np.zeros(3, np.int64)
    found = links.rows_of_racks(np.array([0, 1]), start, rows, seen, 1, out)
    assert sorted(out[:found].tolist()) == [0, 1, 2]
    assert links.rows_of_racks(np.array([2]), start, rows, seen, 2, out) == 0


def test_compiled_and_plain_python_agree() -> None:
    for x in np.linspace(0.0, 60.0, 61):
        for pinned in (-2, -1, 0, 2, 3):
            fast, slow = lay(ends(0, 1, pinned=pinned), [0.0, x], [0.0, 0.0]), empty()
            place = np.array([0.0, x]), np.zeros(2)
            links.lay_cables.py_func(
                np.arange(1), ends(0, 1, pinned=pinned), *place, MEDIA, ROUTE, NO_TRAYS, NO_WAYS, NO_DROPS, slow
            )
            for one, other in zip(fast, slow, strict=True):
                np.testing.assert_array_equal(one, other)
