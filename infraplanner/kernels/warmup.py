"""Compile every kernel once with tiny typed arrays, so that the first real frame does not wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, get_type_hints

import numpy as np

from . import (
    collectives,
    cooling,
    draw,
    fabric,
    frame,
    goodput,
    inference,
    links,
    power,
    serving,
    training_state,
    training_types,
)
from .arrays import Flags, Ints

Progress = Callable[[int, int, str], None]


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
        else:
            values.append(np.zeros(rows))
    return kind(*values)


def frame_arguments() -> tuple[Any, ...]:
    """Arguments of `frame.frame` for a plan without records."""
    chain = tiny(power.Chain, 0)._replace(feed_start=np.zeros(1, np.int64), load_start=np.zeros(1, np.int64))
    units = tiny(cooling.Units, 0)._replace(cop_start=np.zeros(1, np.int64))
    loops = tiny(cooling.Loops, 0)._replace(unit_start=np.zeros(1, np.int64), air_start=np.zeros(1, np.int64))
    return (
        np.empty(0, np.int64), tiny(links.Ends, 0), tiny(links.Media, 0), tiny(links.Route), tiny(links.Cables, 0),
        tiny(links.CableSums, 0), tiny(frame.Racks, 0), tiny(draw.Bodies, 0), tiny(draw.Draw, 0),
        chain, tiny(power.Flows, 0),
        units, loops, tiny(cooling.Plant, 0), tiny(frame.Pools, 0), tiny(frame.Served, 0), tiny(frame.Alive, 0),
        np.empty(0, np.int64), np.empty(0), np.empty(0), 20.0, 15.0, 1e-9, 1,
    )  # fmt: skip


def _calls() -> Iterator[tuple[str, Callable[[], object]]]:
    model, device, tune = tiny(inference.Model), tiny(inference.Device), tiny(inference.Tuning)
    request, layout = tiny(serving.Request), inference.Layout(1.0, 1.0, 1.0, 1.0)
    layouts = np.ones((1, 4))
    graph = tiny(fabric.Graph)._replace(start=np.zeros(2, np.int64))
    one, share, yes = np.zeros(1, np.int64), np.ones(1), np.ones(1, np.bool_)
    row = np.zeros(1, np.int64)
    yield "links", lambda: links.rows_of_racks(row[:0], np.zeros(2, np.int64), row, row.copy(), 1, row.copy())
    yield "frame", lambda: frame.frame(*frame_arguments())
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
    yield "collectives", _collectives
    yield "training", _training
    yield "curve", lambda: serving.curve(model, device, tune, request, layouts, 2, np.zeros((2, 2)))


def _collectives() -> None:
    """Every algorithm that nothing else calls."""
    collectives.tree_all_reduce(1.0, 2.0, 1.0, 1.0)
    collectives.double_tree_all_reduce(1.0, 2.0, 1.0, 1.0)
    collectives.in_network_all_reduce(1.0, 2.0, 1.0, 1.0)
    collectives.ring_all_reduce(1.0, 2.0, 1.0, 1.0)
    collectives.all_gather(1.0, 2.0, 1.0, 1.0)
    collectives.busbw_ratio(0, 2.0)


def _training() -> None:
    """The search over layouts, which calls most of the model, and what stands beside it."""
    shape, device, tune = tiny(training_types.Shape), tiny(training_types.Device), tiny(training_types.Tune)
    job = tiny(training_types.Job)
    training_state.search(shape, np.ones((1, len(job))), device, tune, np.zeros((1, 2)))
    training_state.hardware_flop_per_token(shape, 1.0, 1.0, 1.0)
    goodput.time_to_train(1.0, 1.0, 1.0)
    goodput.goodput(1.0, 1.0, 1.0, 1.0)
    goodput.optimum(tiny(goodput.Law), 1.0)


def warm_up(progress: Progress | None = None) -> int:
    """Compile, or load from the cache, every entry kernel; reports (done, total, name); returns how many there are."""
    calls = list(_calls())
    for done, (name, call) in enumerate(calls):
        if progress is not None:
            progress(done, len(calls), name)
        call()
    if progress is not None:
        progress(len(calls), len(calls), "ready")
    return len(calls)
