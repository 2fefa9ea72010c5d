"""Measure the program on this machine: drag frames, evaluations, files, repaint, kernels, start."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import subprocess
import sys
from typing import Any

from infraplanner.text.dump import json_text
from infraplanner.validation.bench import SCHEMA, VERSION, machine, scaling_exponent

from .errors import OK, UserError
from .evaluate import emit
from .progress import add_quiet
from .tables import columns


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `infraplanner bench`."""
    parser.add_argument("--racks", default="400,10000", help="sizes, such as 400,10000,100000")
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.add_argument("-o", "--output", metavar="F", help="write to this file")
    add_quiet(parser)


def run(options: argparse.Namespace) -> int:
    """Measure and print."""
    counts = _counts(options.racks)
    sizes = []
    for count in counts:
        _progress(options, f"{count} racks")
        sizes.append(_size(count))
    _progress(options, "kernels")
    kernels = _child("infraplanner.validation.bench_kernels")
    _progress(options, "power graph")
    power_net = _child("infraplanner.validation.bench_power")
    _progress(options, "bands and failures")
    whole = _child("infraplanner.validation.bench_whole")
    _progress(options, "air, loops and year")
    thermal = _child("infraplanner.validation.bench_thermal")
    _progress(options, "start")
    report = {
        "schema": SCHEMA,
        "version": VERSION,
        "machine": machine(),
        "sizes": sizes,
        "kernels": kernels,
        "power_net": power_net,
        "whole": whole,
        "thermal": thermal,
        "start": _start_times(),
        "scaling_exponent": scaling_exponent(sizes),
    }
    emit(json_text(report) if options.format == "json" else _table(report), options.output)
    return OK


def _counts(text: str) -> list[int]:
    try:
        counts = [int(part) for part in text.split(",")]
    except ValueError:
        counts = []
    if not counts or min(counts) < 1 or max(counts) > 1_000_000:
        raise UserError(f"--racks is “{text}”; expected whole numbers from 1 to 1000000, separated by commas.")
    return counts


def _progress(options: argparse.Namespace, text: str) -> None:
    if not options.quiet:
        sys.stderr.write(f"bench: {text} ...\n")


def _child(module: str, *arguments: str) -> Any:
    """JSON printed by a module that runs in a process of its own."""
    done = subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise UserError(f"The measurement {module} failed: {done.stderr.strip().splitlines()[-1]}.")
    return json.loads(done.stdout)


def _size(count: int) -> dict[str, Any]:
    size: dict[str, Any] = _child("infraplanner.validation.bench", str(count))
    size["repaint_ms"] = _repaint_ms(count)
    size |= _child("infraplanner.validation.bench_memory", str(count))
    return size


def _repaint_ms(count: int) -> float | None:
    """Full repaint with `count` racks in view; None where Qt is not installed."""
    if importlib.util.find_spec("PySide6") is None:
        return None
    return float(_child("infraplanner.cli.drawing", "repaint", str(count))["repaint_ms"])


def _start_times() -> dict[str, float | None]:
    """Seconds from process start to a usable window, with and without compiled kernels in the cache."""
    if importlib.util.find_spec("PySide6") is None:
        return {"warm_s": None, "first_s": None}
    times: dict[str, float | None] = _child("infraplanner.cli.drawing", "start")
    return times


def _table(report: dict[str, Any]) -> str:
    sizes = report["sizes"]
    names = list(sizes[0])
    text = columns(
        [("figure", *(str(size["racks"]) for size in sizes))] + [_row(name, sizes) for name in names[1:]],
        right=(1, 2, 3, 4),
    )
    rows = [("kernel", "evaluations/s", "bytes", "copy ratio")]
    for kernel in report["kernels"]:
        ratio = "–" if kernel["copy_ratio"] is None else f"{kernel['copy_ratio']:.1f}"
        moved = "–" if kernel["bytes_moved"] is None else f"{kernel['bytes_moved']:.3g}"
        rate = "not modelled yet" if kernel["evaluations_per_s"] is None else f"{kernel['evaluations_per_s']:.3g}"
        rows.append((kernel["name"], rate, moved, ratio))
    start = report["start"]
    ends = f"start: warm {_seconds(start['warm_s'])}, first ever {_seconds(start['first_s'])}\n"
    exponent = report["scaling_exponent"]
    growth = f"drag grows with racks to the power {exponent:.2f}\n" if exponent is not None else ""
    ends += _power_net(report["power_net"]) + _thermal(report["thermal"]) + _whole(report["whole"])
    head = f"{report['machine']['processor']}, {report['machine']['cores']} cores\n"
    return f"{head}{text}\n{columns(rows, right=(1, 2, 3))}\n{ends}{growth}"


def _power_net(net: dict[str, Any]) -> str:
    """The large power graph, and the other solver beside it."""
    text = (
        f"power graph of {net['nodes']} nodes: pass {net['pass_ms']:.2f} ms, {net['failures']} single failures "
        f"{net['failures_ms']:.0f} ms, voltages of {net['radial_nodes']} radial nodes {net['voltage_drop_ms']:.2f} ms\n"
    )
    other = net["pandapower"]
    if other is None:
        return text + "pandapower is not installed: nothing to compare the voltages with\n"
    return text + (
        f"pandapower on the same radial net: {other['ms']:.0f} ms, {other['speed_ratio']:.0f} times as long; losses differ by "
        f"{other['loss_error_frac']:.1e}, voltages by {other['voltage_error_frac']:.1e} of nominal\n"
    )


def _whole(found: dict[str, Any]) -> str:
    """What is solved many times over, on the shipped hall of 400 racks."""
    error = (
        "" if found["bands_error_frac"] is None else f", at worst {100 * found['bands_error_frac']:.1f} % off in cost"
    )
    return (
        f"hall of 400 racks: elasticities {found['elasticities_ms']:.1f} ms, {found['failures_hall']} single failures "
        f"{found['failures_hall_s']:.1f} s (pod {found['failures_pod_s']:.2f} s), bands of {found['samples']} samples "
        f"{found['bands_s']:.1f} s by response{error}, {found['bands_full_s']:.1f} s in full\n"
    )


def _thermal(found: dict[str, Any]) -> str:
    """Air field, loops and plant year."""
    air, loops = found["air"], found["loops"]
    return (
        f"air of {air['racks']} racks on {air['cells']} cells: after a power edit {air['update_ms']:.1f} ms from the last "
        f"field, {air['settled_ms']:.1f} ms settled, new geometry {air['geometry_ms']:.0f} ms\n"
        f"{loops['loops']:.0f} loops of {loops['racks']:.0f} liquid racks {loops['ms']:.1f} ms, one network of 1000 racks "
        f"{found['network_ms']:.2f} ms, plant year with all water classes {found['year_ms']:.1f} ms\n"
    )


def _row(name: str, sizes: list[dict[str, Any]]) -> tuple[str, ...]:
    return (name, *("–" if size[name] is None else f"{size[name]:.4g}" for size in sizes))


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} s"
