"""Assignment of request classes to pools as a linear programme: all that fits, at least cost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

Floats = NDArray[np.float64]
UNSERVED_COST = 1e3
"""Cost of a request that is not served, over the dearest way to serve one: nothing is refused to save cost."""


def assign(demand_per_s: Floats, capacity_per_s: Floats, cost: Floats) -> Floats:
    """Requests/s of each class (rows) on each pool (columns), so that no pool is more than full.

    `capacity_per_s` is what a pool serves of a class alone; 0 or NaN where it cannot. `cost` is that of one request there.
    Served is as much as fits, in the order of the demand's tokens nowhere preferred; among ways to serve it the cheapest.
    """
    classes, pools = capacity_per_s.shape
    able = np.isfinite(capacity_per_s) & (capacity_per_s > 0.0)
    count = classes * pools
    price = np.where(able, cost, 0.0)
    dearest = float(price.max(initial=0.0)) or 1.0
    objective = np.concatenate([price.ravel(), np.full(classes, UNSERVED_COST * dearest)])
    serve = np.zeros((classes, count + classes))
    full = np.zeros((pools, count + classes))
    with np.errstate(all="ignore"):
        share = np.where(able, 1.0 / capacity_per_s, 0.0)
    for row in range(classes):
        serve[row, row * pools : (row + 1) * pools] = 1.0
        serve[row, count + row] = 1.0
        for col in range(pools):
            full[col, row * pools + col] = share[row, col]
    bounds = [(0.0, None if ok else 0.0) for ok in able.ravel()] + [(0.0, None)] * classes
    found = linprog(
        objective, A_ub=full, b_ub=np.ones(pools), A_eq=serve, b_eq=demand_per_s, bounds=bounds, method="highs"
    )
    if found.x is None:
        raise ArithmeticError(f"The assignment of classes to pools was not solved: {found.message}")
    out: Floats = np.asarray(found.x[:count]).reshape(classes, pools)
    return out


def headroom(demand_per_s: Floats, capacity_per_s: Floats) -> float:
    """How often the whole demand fits: the largest factor on all classes alike; 0 when one of them fits nowhere."""
    classes, pools = capacity_per_s.shape
    able = np.isfinite(capacity_per_s) & (capacity_per_s > 0.0)
    if not classes or not able.any(axis=1).all():
        return 0.0
    count = classes * pools
    serve = np.zeros((classes, count + 1))
    full = np.zeros((pools, count + 1))
    with np.errstate(all="ignore"):
        share = np.where(able, 1.0 / capacity_per_s, 0.0)
    for row in range(classes):
        serve[row, row * pools : (row + 1) * pools] = 1.0
        serve[row, -1] = -demand_per_s[row]
        for col in range(pools):
            full[col, row * pools + col] = share[row, col]
    bounds = [(0.0, None if ok else 0.0) for ok in able.ravel()] + [(0.0, None)]
    objective = np.zeros(count + 1)
    objective[-1] = -1.0
    found = linprog(
        objective, A_ub=full, b_ub=np.ones(pools), A_eq=serve, b_eq=np.zeros(classes), bounds=bounds, method="highs"
    )
    return float(found.x[-1]) if found.x is not None else 0.0
