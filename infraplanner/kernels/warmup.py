"""Compile every kernel once with tiny typed arrays, so that the first real frame does not wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, get_type_hints

import numpy as np

from . import (
    collectives,
    conductors,
    cooling,
    draw,
    economics,
    exchange,
    fabric,
    frame,
    goodput,
    hold,
    hydraulics,
    inference,
    legs,
    links,
    load,
    losses,
    outages,
    power,
    reliability,
    series,
    serving,
    supplies,
    traffic,
    training,
    training_state,
    training_types,
    transients,
    trays,
    twins,
)
from .arrays import Flags, Floats, Ints, Matrix

Progress = Callable[[int, int, str], None]
PARTS = (hydraulics, exchange, conductors, transients, losses, supplies, economics, reliability, collectives, goodput)


def tiny(kind: type[Any], rows: int = 1) -> Any:
    """An instance of a kernel's argument tuple: arrays of `rows` zeros, scalars 1.0, of the annotated types."""
    values: list[Any] = []
    for hint in get_type_hints(kind).values():
        if hint is float:
            values.append(1.0)
        elif hint == Flags:
            values.append(np.zeros(rows, np.bool_))
        elif hint == Ints:
            values.append(np.zeros(rows, np.int64))
        elif hint == Matrix:
            values.append(np.zeros((rows, losses.COLUMNS)))
        else:
            values.append(np.zeros(rows))
    return kind(*values)


def run_tiny(module: Any) -> None:
    """Run every public kernel of a module on tiny arguments of the annotated types; the results mean nothing."""
    for name, entry in list(vars(module).items()):
        if name.startswith("_") or not hasattr(entry, "py_func") or entry.py_func.__module__ != module.__name__:
            continue
        hints = get_type_hints(entry.py_func)
        entry(*(_tiny_value(hint) for key, hint in hints.items() if key != "return"))


def _tiny_value(hint: Any) -> Any:
    if hint is float:
        return 1.0
    if hint is int:
        return 1
    if hint == Matrix:
        return np.zeros((2, losses.COLUMNS))  # row 1 exists
    if hint == losses.CurveRow:
        return (1.0,) * losses.COLUMNS
    if hint in (Flags, Ints, Floats):
        return np.zeros(1, {Flags: np.bool_, Ints: np.int64}.get(hint, np.float64))
    return tiny(hint)


def _chain() -> Any:
    return tiny(power.Chain, 0)._replace(feed_start=np.zeros(1, np.int64), load_start=np.zeros(1, np.int64))


def frame_arguments() -> tuple[Any, ...]:
    """Arguments of `frame.frame` for a plan without records."""
    units = tiny(cooling.Units, 0)._replace(cop_start=np.zeros(1, np.int64))
    loops = tiny(cooling.Loops, 0)._replace(unit_start=np.zeros(1, np.int64), air_start=np.zeros(1, np.int64))
    return (
        np.empty(0, np.int64), tiny(links.Ends, 0), tiny(links.Media, 0), tiny(links.Route), tiny(trays.Segments, 0),
        tiny(trays.Ways, 0), tiny(trays.Drops, 0), tiny(links.Cables, 0),
        tiny(links.CableSums, 0), tiny(frame.Racks, 0), tiny(draw.Bodies, 0), tiny(draw.Draw, 0),
        _chain(), tiny(legs.Legs, 0), tiny(power.Flows, 0), tiny(legs.LegFlows, 0),
        units, loops, tiny(cooling.Plant, 0), tiny(frame.Pools, 0), tiny(frame.Served, 0), tiny(frame.Alive, 0),
        np.empty(0, np.int64), tiny(hold.Holds, 0), np.empty(0), np.empty(0), 20.0, 15.0, 1e-9, 1,
    )  # fmt: skip


def _calls() -> Iterator[tuple[str, Callable[[], object]]]:
    model, device, tune = tiny(inference.Model), tiny(inference.Device), tiny(inference.Tuning)
    request, layout = tiny(serving.Request), inference.Layout(1.0, 1.0, 1.0, 1.0)
    layouts = np.ones((1, 4))
    graph = tiny(fabric.Graph)._replace(start=np.zeros(2, np.int64))
    one, share, yes = np.zeros(1, np.int64), np.ones(1), np.ones(1, np.bool_)
    row = np.zeros(1, np.int64)
    yield "links", lambda: links.rows_of_racks(row[:0], np.zeros(2, np.int64), row, row.copy(), 1, row.copy())
    yield "trays", _trays
    yield "frame", lambda: frame.frame(*frame_arguments())
    yield "failures", _outages
    yield "dies", _dies
    yield "bursts", _bursts
    yield "activity", lambda: draw.activity(0.5, 0.5, 0.1, (0.7, 0.5, 0.1))
    yield "ecmp", lambda: fabric.route_uniform(graph, yes, one, share, one, share, np.zeros((1, 2)))
    yield "ecmp limit", lambda: fabric.throughput_factor(np.zeros((1, 2)), share)
    yield (
        "memory",
        lambda: (
            inference.weight_bytes(model, tune, layout),
            inference.kv_bytes(model, tune, 1.0),
            serving.free_bytes(model, device, layout, tune),
            serving.kv_batch(model, device, layout, tune, request),
        ),
    )
    yield "inference", lambda: serving.configuration(model, device, layout, tune, request, 1.0)
    yield "batch", lambda: serving.best_batch(model, device, layout, tune, request, 0.0, 0.0)
    yield "layouts", lambda: serving.search(model, device, tune, request, layouts, 0.0, np.zeros((1, serving.COLUMNS)))
    yield "curve", lambda: serving.curve(model, device, tune, request, layouts, 2, np.zeros((2, 2)))
    yield "load", lambda: load.at_load(model, device, layout, tune, request, 1.0, 0.5, 1.0, 0.0)
    yield "training", _training
    yield "traffic", _traffic
    yield "caps", _caps


def _trays() -> None:
    """No rack, no bundle and no tray."""
    none, empty, segments = np.zeros(0, np.int64), np.zeros(0), tiny(trays.Segments, 0)
    ways, drops = tiny(trays.Ways, 0)._replace(size=np.zeros(1, np.int64)), tiny(trays.Drops, 0)
    trays.drop_in(none, empty, empty, none, segments, none, 1.0, drops)
    trays.load_trays(
        none, none, none, empty, none, none, none, none, none, none, segments, ways, drops, 1, none, none.copy()
    )


def _outages() -> None:
    """Single failures of a graph without nodes."""
    chain, flows, state = _chain(), tiny(power.Flows, 0), tiny(legs.LegFlows, 0)
    nothing = tiny(legs.Legs, 0)
    power.energise(chain, np.zeros(0, np.bool_), flows)
    legs.start_legs(nothing, state)
    power.sweep(chain, nothing, np.zeros(0), flows, state)
    fed_by = tiny(outages.FedBy, 1)._replace(island_start=np.zeros(2, np.int64))
    outages.run_outages(
        chain, nothing, np.zeros(0, np.bool_), np.zeros(0), np.zeros(0), fed_by, flows, flows, state, state,
        np.zeros(0, np.int64), 0, 0, np.zeros(0, np.int64), tiny(outages.Outages, 0),
    )  # fmt: skip


def _bursts() -> None:
    """A burst behind a store, and how long the store lasts."""
    one = np.ones(1)
    transients.smooth(one, 1.0, 1.0, 1.0, 1.0, one.copy(), one.copy())
    transients.ride_through(1.0, 1.0, 1.0, 1.0)


def _dies() -> None:
    """The way of one rack's power on to its dies."""
    one, loss = np.ones(1), np.zeros((1, 1))
    series.series_down(tiny(series.Series), tiny(series.Metal), one, one, one, 1, one, loss, one.copy())


def _training() -> None:
    """The search over layouts, which calls the whole model; its parts, and the goodput of a run."""
    shape, device, tune = tiny(training_types.Shape), tiny(training_types.Device), tiny(training_types.Tune)
    table = np.ones((1, len(training_types.Job._fields)))
    training_state.search(shape, table, device, tune, np.zeros((1, 2)))
    job = training_state.read_job(table, 0)
    training_state.memory(shape, job, tune)
    training.step(shape, job, device, tune)
    training.rank_weights(shape, job)
    run_tiny(goodput)


def _traffic() -> None:
    """Loads of jobs on a fabric of one node, and their fair rates."""
    graph = tiny(fabric.Graph)._replace(start=np.zeros(2, np.int64))
    one, row, share, yes = np.zeros(1, np.int64), np.zeros((1, 1)), np.ones(1), np.ones(1, np.bool_)
    fabric.breadth_first(graph, yes, 0, one.copy(), one.copy())
    fabric.push(graph, one, one, 1, share, share.copy(), row)
    traffic.push_grouped(graph, one, one, 1, share, share.copy(), share.copy(), share.copy())
    traffic.hashed_shares(share, share, share, share.copy())
    traffic.max_min_rates(np.array([0, 1]), one, share, share, share.copy())
    twins.push_twins(graph, one, one, one[:0], one[:0], share[:0], share.copy(), share.copy(), yes[:0].copy())
    none, cut = np.zeros(0, np.int64), np.zeros(0, np.bool_)
    twins.push_classes(
        graph, one, one, one, one, 1, none, none, share[:0].copy(), one, share[:0].copy(), 0, share.copy(),
        share.copy(), cut,
    )  # fmt: skip


def _caps() -> None:
    """What caps leave of the frame in force, and an annuity; see `frame_arguments` for the order."""
    arguments = frame_arguments()
    racks, bodies, held = arguments[9:12]
    pools, served = arguments[19:21]
    frame.carry(*(*arguments[9:24], np.empty(0), *arguments[24:]))
    frame.set_activity(bodies, np.zeros(0, np.bool_), pools, served)
    frame.apply_caps(bodies, pools, racks.cap_frac, np.zeros(0, np.bool_), held, np.empty(0), served, np.empty(0))
    draw.held_clock(0.5, 0.5)
    economics.capital_recovery(0.05, 10.0)


def _part_calls() -> Iterator[tuple[str, Callable[[], object]]]:
    for part in PARTS:
        yield part.__name__.rpartition(".")[2], partial(run_tiny, part)


def warm_up(progress: Progress | None = None) -> int:
    """Compile, or load from the cache, every kernel that a frame or a chart runs; reports (done, total, name); returns
    how many entries there are.
    """
    return _run(list(_calls()), progress)


def warm_up_parts(progress: Progress | None = None) -> int:
    """The same for the closed-form kernels, which no frame runs: apart, because their first compilation takes as long
    again as all the others and would keep the window waiting.
    """
    return _run(list(_part_calls()), progress)


def _run(calls: list[tuple[str, Callable[[], object]]], progress: Progress | None) -> int:
    for done, (name, call) in enumerate(calls):
        if progress is not None:
            progress(done, len(calls), name)
        call()
    if progress is not None:
        progress(len(calls), len(calls), "ready")
    return len(calls)
