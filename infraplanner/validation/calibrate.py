"""Fit of the named serving constants to measured rows, with grouped cross-validation (inference model 6.3).

Soft-L1 least squares on log(predicted / measured) over rows with `use: gate`. Every number lives on a log scale between
physical bounds and is drawn weakly towards its start value; software-maturity factors are drawn strongly towards 1.
Whole (accelerator, model) pairs are held out in turn: the figures to quote come from rows that the fit never saw.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from infraplanner.catalog import Catalog
from infraplanner.compile.rules import constants
from infraplanner.text import TextError
from infraplanner.text.problems import Problem

from .free_constants import Free, free_constants
from .inference_rows import ServingRow, retuned, serving_value, understand
from .measured import Row, measured_value
from .report import Prediction

Floats = NDArray[np.float64]
Lookup = Callable[[str], float]
ROUNDS = 15
SOFT_SCALE = 0.1
STEP = 1e-3
LOST = math.log(20.0)
"""Residual of a row that no longer fits the memory under trial constants."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The gate rows of a fit, what was measured, and which group each belongs to."""

    rows: tuple[ServingRow, ...]
    log_measured: Floats
    groups: tuple[str, ...]

    @property
    def first_token(self) -> NDArray[np.bool_]:
        """Which rows measured the time to first token."""
        return np.array([known.row["metric"] == "ttft_ms" for known in self.rows], dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class Fit:
    """Fitted values by constant id, residuals log(predicted / measured) of the fit and of the held-out rows."""

    free: tuple[Free, ...]
    values: dict[str, float]
    residuals: Floats
    held_out: Floats
    sample: Sample


def sample_of(rows: Iterable[Row], catalog: Catalog) -> Sample:
    """Rows that a fit may use: `use: gate`, a positive measured number, and a case that the kernels accept."""
    kept: list[ServingRow] = []
    logs: list[float] = []
    for row in rows:
        value = measured_value(row)
        if row.get("use") != "gate" or value is None or value <= 0.0 or "accelerator" not in row:
            continue
        known = understand(row, catalog)
        if isinstance(known, Prediction) or isinstance(serving_value(known), str):
            continue
        kept.append(known)
        logs.append(math.log(value))
    return Sample(tuple(kept), np.array(logs), tuple(f"{known.part.id}|{known.llm.id}" for known in kept))


class Model:
    """log(predicted / measured) of chosen rows as a function of the free constants' logarithms."""

    def __init__(self, sample: Sample, free: tuple[Free, ...], base: Lookup) -> None:
        self.sample, self.free, self.base = sample, free, base
        self.kinds: dict[tuple[Any, ...], list[int]] = {}
        for index, known in enumerate(sample.rows):
            self.kinds.setdefault(known.kind, []).append(index)
        self.reads = {kind: self._reads(sample.rows[members[0]]) for kind, members in self.kinds.items()}

    def _reads(self, known: ServingRow) -> frozenset[str]:
        seen: set[str] = set()

        def watch(key: str) -> float:
            seen.add(key)
            return self.base(key)

        retuned(known, watch)
        return frozenset(seen)

    def lookup(self, values: Mapping[str, float]) -> Lookup:
        return lambda key: values[key] if key in values else self.base(key)

    def values(self, logs: Floats) -> dict[str, float]:
        return {free.id: float(math.exp(x)) for free, x in zip(self.free, logs, strict=True)}

    def residuals(
        self, logs: Floats, chosen: NDArray[np.bool_], touched: str = "", base: Floats | None = None
    ) -> Floats:
        """Residuals of the chosen rows; with `touched`, only rows that read this constant are computed anew."""
        rule = self.lookup(self.values(logs))
        out = np.zeros(len(self.sample.rows)) if base is None else base.copy()
        for kind, members in self.kinds.items():
            if touched and touched not in self.reads[kind]:
                continue
            mine = [index for index in members if chosen[index]]
            if mine:
                like = retuned(self.sample.rows[mine[0]], rule)
                for index in mine:
                    out[index] = self._one(index, like)
        return out

    def _one(self, index: int, like: ServingRow) -> float:
        answer = serving_value(self.sample.rows[index], like)
        if isinstance(answer, str) or not answer[0] > 0.0:
            return LOST
        return math.log(answer[0]) - float(self.sample.log_measured[index])

    def start(self) -> Floats:
        """Logarithms of the start values, just inside the bounds."""
        return np.array([math.log(min(max(f.start, f.low * 1.001), f.high * 0.999)) for f in self.free])

    def fit(self, chosen: NDArray[np.bool_], rounds: int) -> Floats:
        """Logarithms of the constants that fit the chosen rows best.

        In two steps, so that the noisier first tokens do not bend the rest: the constants of throughput and time per
        token on their rows, then those that only delay a first token on the rows that measured it.
        """
        logs = self.start()
        for late in (False, True):
            rows = chosen & (self.sample.first_token == late)
            numbers = [k for k, free in enumerate(self.free) if (free.kind == "first_token") == late]
            if rows.any() and numbers:
                logs = self._step(logs, rows, numbers, rounds)
        return logs

    def _step(self, logs: Floats, chosen: NDArray[np.bool_], numbers: list[int], rounds: int) -> Floats:
        """The chosen constants fitted to the chosen rows, all others held."""
        free = [self.free[number] for number in numbers]
        low, high = np.log([f.low for f in free]), np.log([f.high for f in free])
        start, pull = logs[numbers], np.array([f.pull for f in free])
        rows = np.flatnonzero(chosen)

        def whole(part: Floats) -> Floats:
            out = logs.copy()
            out[numbers] = part
            return out

        def cost(part: Floats) -> Floats:
            return np.concatenate([self.residuals(whole(part), chosen)[rows], pull * (part - start)])

        def slope(part: Floats) -> Floats:
            here = self.residuals(whole(part), chosen)
            columns = []
            for number, moving in enumerate(free):
                step = STEP if part[number] + STEP < high[number] else -STEP
                moved = part.copy()
                moved[number] += step
                there = self.residuals(whole(moved), chosen, moving.id, here)
                columns.append((there[rows] - here[rows]) / step)
            return np.concatenate([np.array(columns).T, np.diag(pull)])

        found = least_squares(
            cost, start, jac=slope, bounds=(low, high), loss="soft_l1", f_scale=SOFT_SCALE, max_nfev=rounds, x_scale=1.0
        )
        return whole(np.asarray(found.x))


def folds_of(groups: tuple[str, ...], count: int) -> NDArray[np.int64]:
    """Fold of each row: whole groups, largest first, each into the fold that has the fewest rows so far."""
    sizes = {name: groups.count(name) for name in set(groups)}
    filled = [0] * count
    where: dict[str, int] = {}
    for name in sorted(sizes, key=lambda name: (-sizes[name], name)):
        where[name] = min(range(count), key=lambda fold: (filled[fold], fold))
        filled[where[name]] += sizes[name]
    return np.array([where[name] for name in groups], dtype=np.int64)


def calibrate(
    rows: Iterable[Row],
    catalog: Catalog,
    *,
    folds: int = 0,
    rounds: int = ROUNDS,
    report: Callable[[str], None] = print,
) -> Fit:
    """Fit all gate rows, then hold out each fold in turn and predict it from the others.

    `folds` 0: every (accelerator, model) pair is a fold of its own; else whole pairs are merged into so many folds; 1:
    no cross-validation.
    """
    sample = sample_of(rows, catalog)
    if not sample.rows:
        raise TextError(
            [Problem("measured rows", 1, 1, "no row with `use: gate` that can be predicted", "at least one")]
        )
    free = free_constants([(known.family, known.precision, known.software) for known in sample.rows], catalog)
    model = Model(sample, free, constants(catalog, calibrated=False))
    every = np.ones(len(sample.rows), dtype=np.bool_)
    report(f"fitting {len(free)} constants to {len(sample.rows)} rows")
    logs = model.fit(every, rounds)
    held = np.full(len(sample.rows), np.nan)
    count = folds or len(set(sample.groups))
    where = folds_of(sample.groups, count)
    for fold in range(count if count > 1 else 0):
        out = where == fold
        report(f"fold {fold + 1} of {count}: {int(out.sum())} rows held out")
        held[out] = model.residuals(model.fit(~out, rounds), out)[out]
    return Fit(free, model.values(logs), model.residuals(logs, every), held, sample)
