"""How sure a plan's headline figures are: inputs with distributions through the same kernels as the figures themselves.

Two ways. In full, every sample is solved. By response, each input is moved alone to both its ends, the samples are summed
from that in logarithms, and some of them are solved in full as a check. Samples are a scrambled Sobol sequence, so the
same seed gives the same bands. Reference: economics model B6.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import qmc

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import Constant, Record
from infraplanner.engine.evaluate import sampler
from infraplanner.engine.shift import Shift, figures
from infraplanner.model.document import Snapshot
from infraplanner.model.entities import Site
from infraplanner.results.uncertainty import FIGURES, Band, Swing, UncertainInput, UncertaintyResult

if TYPE_CHECKING:
    from infraplanner.engine.sampling import Sampler

Floats = NDArray[np.float64]
TOPIC = "uncertain_input"
SEED = 1
SAMPLES, CHECKED = 1024, 32
Z_MOST = 2.326
"""Tails beyond the 1st and 99th percentile are cut: no source of ours knows them."""
Z90 = 1.2816
CLASS_Z = {"dense": Z90, "moe": Z90, "unseen": 1.96}
"""Which percentile the ends of a held-out band are: 10 and 90, or nearly all where nothing like it was measured."""
LEAST_SWING = 1e-4
Progress = Callable[[int, int], None]


def seed_of(snapshot: Snapshot) -> int:
    """The plan's own seed, else the usual one."""
    site = snapshot.table("site").get("site")
    return site.uncertainty_seed if isinstance(site, Site) and site.uncertainty_seed is not None else SEED


def uncertain_inputs(snapshot: Snapshot, catalog: Catalog, classes: set[str]) -> list[UncertainInput]:
    """The catalogue's list of uncertain inputs about the plan's own values, in id order."""
    own = catalog.with_embedded(snapshot.table("profiles"))
    site = snapshot.table("site").get("site")
    out = []
    for key, record in sorted(own.of(Record).items()):
        if record.topic == TOPIC:
            found = _input(key.removeprefix("uncertain."), record, own, site, classes)
            if found is not None and found.low < found.high:
                out.append(found)
    return out


def _input(key: str, record: Record, catalog: Catalog, site: Any, classes: set[str]) -> UncertainInput | None:
    data: Mapping[str, Any] = record.data
    unit = str(data.get("unit", ""))
    most = float(data.get("most", math.inf))

    def made(kind: str, name: str, low: float, mid: float, high: float, unit: str, **more: Any) -> UncertainInput:
        low, high = min(low, mid), max(high, mid)
        return UncertainInput(
            key, record.name, kind, name, low, mid, high, unit, record.confidence, record.note, **more
        )

    if "figure" in data:
        middle = 1.0 if unit == "ratio" else 0.0
        return made("climate", str(data["figure"]), float(data["low"]), middle, float(data["high"]), unit)
    if "line" in data:
        low, high = (float(data["low"]) - 1.0, float(data["high"]) - 1.0) if "low" in data else (-1.0, 1.0)
        return made("line", str(data["line"]), low, 0.0, high, "of its range")
    if "tokens" in data:
        name = str(data["tokens"])
        ends = [catalog.find(f"calibrated.inference.tokens_band_{end}_frac.{name}") for end in ("low", "high")]
        if name not in classes or not all(isinstance(end, Constant) for end in ends):
            return None
        low, high = (1.0 + end.value for end in ends if isinstance(end, Constant))
        return made("tokens", name, low, 1.0, high, "ratio", z_end=CLASS_Z[name])
    constant = catalog.find(str(data.get("constant", "")))
    if not isinstance(constant, Constant):
        return None
    low, high = (constant.value if end is None else end for end in (constant.low, constant.high))
    field = str(data.get("site", ""))
    stated = getattr(site, field, None) if field else None
    middle = float(constant.value if stated is None else stated)
    by = middle / constant.value if constant.value else 1.0
    if "low" in data:
        scale = middle if field else 1.0
        low, high = float(data["low"]) * scale, float(data["high"]) * scale
    else:
        low, high = low * by, high * by
    kind = "site" if stated is not None else "constant"
    return made(kind, field if kind == "site" else constant.id, low, middle, high, constant.unit, most=most)


def shift_of(inputs: Sequence[UncertainInput], values: Sequence[float]) -> Shift:
    """These values of these inputs, as the sampler takes them."""
    groups: dict[str, dict[str, float]] = {
        "constant": {}, "site": {}, "climate": {}, "tokens": {}, "line": {}
    }  # fmt: skip
    for item, value in zip(inputs, values, strict=True):
        groups[item.kind][item.key] = value
    if "dry_bulb_c" in groups["climate"]:  # the air brings its moisture along: wet bulb follows
        groups["climate"]["wet_bulb_c"] = groups["climate"]["dry_bulb_c"]
    return Shift(groups["constant"], groups["site"], groups["climate"], groups["tokens"], groups["line"])


def uncertainty(
    snapshot: Snapshot,
    catalog: Catalog,
    *,
    samples: int = SAMPLES,
    full: bool = False,
    seed: int | None = None,
    checked: int = CHECKED,
    progress: Progress = lambda _done, _total: None,
    stop: Callable[[], bool] = lambda: False,
) -> UncertaintyResult | None:
    """Bands of all headline figures and walls; None when `stop` said so. `samples` is rounded up to a power of two."""
    started = time.perf_counter()
    solver = sampler(snapshot, catalog)
    inputs = uncertain_inputs(snapshot, catalog, solver.classes())
    chosen = seed_of(snapshot) if seed is None else seed
    deviates = _deviates(len(inputs), samples, chosen)
    count = len(deviates)
    solved_rows = range(count) if full else range(min(checked, count))
    total = 1 + 2 * len(inputs) + len(solved_rows)
    done = 0

    def step() -> bool:
        nonlocal done
        done += 1
        progress(done, total)
        return stop()

    base = np.array(figures(solver.solve(Shift()), FIGURES))
    ends = np.empty((len(inputs), 2, len(FIGURES)))
    for row, side, found in _one_at_a_time(solver, inputs):
        ends[row, side] = found
        if step():
            return None
    solved, bound = [], []
    for row in solved_rows:
        values = [item.at(z) for item, z in zip(inputs, deviates[row], strict=True)]
        sample = solver.solve(shift_of(inputs, values), binding=row < checked)
        solved.append(figures(sample, FIGURES))
        bound += [sample.binding] if row < checked and sample.binding is not None else []
        if step():
            return None
    rows = np.array(solved).reshape(-1, len(FIGURES))
    told = rows if full else respond(base, ends, shares(inputs, deviates))
    return UncertaintyResult(
        revision=snapshot.revision,
        seed=chosen,
        sample_count=count,
        solved_count=len(rows),
        bands={name: _band(base[col], told[:, col]) for col, name in enumerate(FIGURES) if math.isfinite(base[col])},
        swings={
            name: _swings(inputs, base[col], ends[:, :, col])
            for col, name in enumerate(FIGURES)
            if math.isfinite(base[col])
        },
        inputs=tuple(inputs),
        check_error_frac={} if full else _errors(told[: len(rows)], rows),
        binding_frac={name: bound.count(name) / len(bound) for name in sorted(set(bound))},
        elapsed_s=time.perf_counter() - started,
    )


def _one_at_a_time(solver: Sampler, inputs: Sequence[UncertainInput]) -> Iterator[tuple[int, int, list[float]]]:
    """Every input alone at its two ends. What is money only comes last, on the physics of the plan itself."""
    jobs = [(row, side) for row in range(len(inputs)) for side in (0, 1)]
    shifts = {(row, side): shift_of([inputs[row]], [(inputs[row].low, inputs[row].high)[side]]) for row, side in jobs}
    for row, side in sorted(jobs, key=lambda job: shifts[job].money_only):
        yield row, side, figures(solver.solve(shifts[row, side]), FIGURES)


def _deviates(inputs: int, samples: int, seed: int) -> Floats:
    """Standard normal deviates, one row a sample; a scrambled Sobol sequence."""
    if not inputs:
        return np.zeros((1, 0))
    power = max(1, math.ceil(math.log2(max(2, samples))))
    unit = qmc.Sobol(inputs, scramble=True, seed=np.random.default_rng(seed)).random_base2(power)
    out: Floats = np.clip(ndtri(np.clip(unit, 1e-9, 1.0 - 1e-9)), -Z_MOST, Z_MOST)
    return out


def shares(inputs: Sequence[UncertainInput], deviates: Floats) -> Floats:
    """How far each sample moves each input: -1 is its low end, 1 its high end, beyond them where the tails go; in
    logarithms for inputs that stay positive, so that what is a power of one of them is met exactly.
    """
    out = np.zeros_like(deviates)
    for col, item in enumerate(inputs):
        value = np.array([item.at(float(z)) for z in deviates[:, col]])
        low, mid, high = item.low, item.mid, item.high
        if low > 0.0 and value.min(initial=low) > 0.0:
            value, low, mid, high = np.log(value), math.log(low), math.log(mid), math.log(high)
        with np.errstate(all="ignore"):
            out[:, col] = np.where(value > mid, (value - mid) / (high - mid), (value - mid) / (mid - low))
    return np.nan_to_num(out, posinf=0.0, neginf=0.0)


def respond(base: Floats, ends: Floats, share: Floats) -> Floats:
    """Figures of every sample from the response to each input alone: changes of logarithms add up.

    `ends` has a row an input: the figures at its low and its high end; `share` as `shares` has it. Between and beyond the
    ends a straight line on each side of the value in force. Exact for figures that are products of powers.
    """
    with np.errstate(all="ignore"):
        slope = np.log(ends / base)
    slope[~np.isfinite(slope)] = 0.0
    log = np.clip(share, 0.0, None) @ slope[:, 1] + np.clip(-share, 0.0, None) @ slope[:, 0]
    told: Floats = base * np.exp(log)
    return told


def _band(value: float, found: Floats) -> Band:
    known = found[np.isfinite(found)]
    if not known.size:
        return Band(float(value), None, None, None)
    low, middle, high = (float(end) for end in np.percentile(known, [5.0, 50.0, 95.0]))
    return Band(float(value), low, middle, high)


def _swings(inputs: Sequence[UncertainInput], base: float, ends: Floats) -> tuple[Swing, ...]:
    """What moves a figure, the widest first; what moves it by less than 0.01 % is left out."""
    found = [
        Swing(item.id, float(low), float(high))
        for item, (low, high) in zip(inputs, ends, strict=True)
        if np.isfinite((low, high)).all() and max(abs(low - base), abs(high - base)) > LEAST_SWING * abs(base)
    ]
    return tuple(sorted(found, key=lambda swing: (-_span(swing, base), swing.input)))


def _span(swing: Swing, base: float) -> float:
    return max(swing.at_low, swing.at_high, base) - min(swing.at_low, swing.at_high, base)


def _errors(told: Floats, solved: Floats) -> dict[str, float]:
    with np.errstate(all="ignore"):
        error = np.abs(told / solved - 1.0)
    return {
        name: float(np.nanmax(error[:, col]))
        for col, name in enumerate(FIGURES)
        if len(error) and np.isfinite(error[:, col]).any()
    }
