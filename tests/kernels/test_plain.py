"""Compiled and plain Python agree for every kernel of the closed-form modules, on arguments drawn at random."""

from __future__ import annotations

from typing import Any, get_type_hints

import numpy as np
import pytest

from infraplanner.kernels import conductors, economics, exchange, hydraulics, losses, reliability, supplies, transients
from infraplanner.kernels.arrays import Floats, Ints, Matrix

MODULES = (hydraulics, exchange, conductors, transients, losses, supplies, economics, reliability)
KERNELS = [
    (f"{module.__name__.rpartition('.')[2]}.{name}", entry)
    for module in MODULES
    for name, entry in vars(module).items()
    if hasattr(entry, "py_func") and entry.py_func.__module__ == module.__name__
]
ROWS = 4


def draw(rng: np.random.Generator, name: str, hint: Any) -> Any:
    if hint is float:
        return {"reynolds_ratio": 3e4, "voltage_v": 400.0, "source_v": 400.0}.get(name, float(rng.uniform(0.1, 0.9)))
    if hint is int:
        return 30 if name == "passes" else int(rng.integers(0, ROWS))
    if hint == Ints:
        return np.array([-1, 0, 0, 1], np.int64)
    if hint == Floats:
        values = np.sort(rng.uniform(0.1, 0.9, ROWS))
        return values if name != "coefficient" else 1e6 * values
    if hint == losses.CurveRow:
        return tuple(rng.uniform(0.1, 0.9, losses.COLUMNS).tolist())
    if hint == Matrix:
        return rng.uniform(0.1, 0.9, (ROWS, losses.COLUMNS))
    return hint(*(draw(rng, key, kind) for key, kind in get_type_hints(hint).items()))


def copied(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.copy()
    return type(value)(*(copied(part) for part in value)) if hasattr(value, "_fields") else value


def flat(value: Any) -> list[float]:
    if isinstance(value, tuple):
        return [number for part in value for number in flat(part)]
    return [] if value is None else [float(number) for number in np.ravel(value)]


@pytest.mark.parametrize(("name", "entry"), KERNELS, ids=[name for name, _ in KERNELS])
def test_compiled_equals_plain(name: str, entry: Any) -> None:
    hints = {key: hint for key, hint in get_type_hints(entry.py_func).items() if key != "return"}
    rng = np.random.default_rng(sum(map(ord, name)))
    for _ in range(5):
        ours = [draw(rng, key, hint) for key, hint in hints.items()]
        plain = [copied(value) for value in ours]
        with np.errstate(all="ignore"):
            expected = flat(entry.py_func(*plain))
        assert flat(entry(*ours)) == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True)
        for mine, other in zip(ours, plain, strict=True):  # arrays that a kernel fills
            assert flat(mine) == pytest.approx(flat(other), rel=1e-9, abs=1e-12, nan_ok=True)
    assert len(entry.signatures) == 1, entry.signatures
