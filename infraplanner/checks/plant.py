"""Bad input in the cable plant and the fabric: ports, trays, light paths, jobs whose machines are not joined."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from infraplanner.compile.trays import TrayArrays

from . import separation
from .context import Context, Ints, Message, Rule, rows

NAMED = 3
"""Ids of links that a sentence lists."""


def _some(links: tuple[str, ...]) -> str:
    more = f" and {len(links) - NAMED} more" if len(links) > NAMED else ""
    return ", ".join(links[:NAMED]) + more


def port_twice(context: Context) -> Iterator[Message]:
    """Port groups with more cables than ports."""
    for fault in context.compiled.ports.faults:
        if fault.kind == "twice":
            rate = f" of {fault.port_gbps:g} Gbit/s" if fault.port_gbps else ""
            text = (
                f"{fault.owner} has {fault.ports} ports {fault.group}{rate} but {fault.cables} cables in them, so that a "
                f"port is used twice: links {_some(fault.links)}."
            )
            yield text, (fault.owner, *fault.links[:NAMED])


def port_unknown(context: Context) -> Iterator[Message]:
    """Links that name a port group which their end does not have."""
    for fault in context.compiled.ports.faults:
        if fault.kind == "unknown":
            text = f"Links {_some(fault.links)} end on ports {fault.group}, of which {fault.owner} has 0."
            yield text, (*fault.links[:NAMED], fault.owner)


def port_rate(context: Context) -> Iterator[Message]:
    """Links whose rate is not that of their ports, whole or broken out."""
    for fault in context.compiled.ports.faults:
        if fault.kind == "rate":
            text = (
                f"Links {_some(fault.links)} ask for {fault.rate_gbps:g} Gbit/s; ports {fault.group} of {fault.owner} run at "
                f"{fault.port_gbps:g} Gbit/s or a half, a quarter or an eighth of it."
            )
            yield text, (*fault.links[:NAMED], fault.owner)


def tray_gap(context: Context) -> Iterator[Message]:
    """Links whose trays do not meet, once for each two parts of the tray graph, with the gap between them."""
    fabric, net = context.result.fabric, context.compiled.network
    cut = rows(fabric.way == 1)
    if not cut:
        return
    trays = context.compiled.trays
    pieces = _pieces(context, np.unique(np.concatenate([net.a_rack[cut], net.b_rack[cut]])))
    pairs: dict[tuple[int, int], list[str]] = {}
    for row in cut:
        one, other = (int(trays.group[pieces[int(end[row])]]) for end in (net.a_rack, net.b_rack))
        pairs.setdefault((min(one, other), max(one, other)), []).append(fabric.link_ids[row])
    names = context.ids("trays")
    for (one, other), links in sorted(pairs.items()):
        gap_m, s, t = _gap(trays, one, other)
        text = (
            f"{len(links)} links cross a gap of {gap_m:.2f} m between trays {names[trays.tray[s]]} and "
            f"{names[trays.tray[t]]}, which carry 0 cables across: {_some(tuple(links))}."
        )
        yield text, (*links[:NAMED], names[trays.tray[s]], names[trays.tray[t]])


def _pieces(context: Context, wanted: Ints) -> dict[int, int]:
    """Nearest piece of tray of each rack, as the cables found it."""
    trays, table = context.compiled.trays, context.compiled.tables["racks"]
    dx, dy = trays.x1_m - trays.x0_m, trays.y1_m - trays.y0_m
    square = np.maximum(dx * dx + dy * dy, 1e-12)
    out = {}
    for rack in wanted.tolist():
        x, y = table["x_m"][rack], table["y_m"][rack]
        t = np.clip(((x - trays.x0_m) * dx + (y - trays.y0_m) * dy) / square, 0.0, 1.0)
        off = np.abs(x - trays.x0_m - t * dx) + np.abs(y - trays.y0_m - t * dy)
        off = np.where(trays.hall == table["hall@halls"][rack], off, np.inf)
        out[rack] = int(np.argmin(off))
    return out


def _gap(trays: TrayArrays, one: int, other: int) -> tuple[float, int, int]:
    """Least distance between the ends of one part and the pieces of the other [m], with the pieces."""
    best = (np.inf, -1, -1)
    first, second = np.flatnonzero(trays.group == one), np.flatnonzero(trays.group == other)
    for mine, theirs in ((first, second), (second, first)):
        dx, dy = trays.x1_m[theirs] - trays.x0_m[theirs], trays.y1_m[theirs] - trays.y0_m[theirs]
        square = np.maximum(dx * dx + dy * dy, 1e-12)
        for s in mine.tolist():
            for x, y in ((trays.x0_m[s], trays.y0_m[s]), (trays.x1_m[s], trays.y1_m[s])):
                t = np.clip(((x - trays.x0_m[theirs]) * dx + (y - trays.y0_m[theirs]) * dy) / square, 0.0, 1.0)
                far = np.hypot(x - trays.x0_m[theirs] - t * dx, y - trays.y0_m[theirs] - t * dy)
                far = np.hypot(far, trays.z_m[s] - trays.z_m[theirs])
                k = int(np.argmin(far))
                if far[k] < best[0]:
                    best = (float(far[k]), s, int(theirs[k]))
    return best


def unreachable_rack(context: Context) -> Iterator[Message]:
    """Racks with links but without a tray near enough to drop from."""
    fabric, net = context.result.fabric, context.compiled.network
    racks: dict[int, list[str]] = {}
    for way, end in ((2, net.a_rack), (3, net.b_rack)):
        for row in rows(fabric.way == way):
            racks.setdefault(int(end[row]), []).append(fabric.link_ids[row])
    reach = context.compiled.rule("cable.drop_max_m")
    for rack, links in sorted(racks.items()):
        key = context.ids("racks")[rack]
        text = f"Rack {key} has {len(links)} links but no data tray within {reach:g} m: {_some(tuple(links))}."
        yield text, (key, *links[:NAMED])


def tray_fill(context: Context, over: str, below: str | None) -> Iterator[Message]:
    """Trays filled beyond a share; those beyond the next one are told by their own rule."""
    fabric, rule = context.result.fabric, context.compiled.rule
    low, high = rule(over), rule(below) if below else np.inf
    with np.errstate(invalid="ignore"):
        full = (fabric.tray_fill_frac > low) & ~(fabric.tray_fill_frac > high)
    for row in rows(full):
        share = 100 * fabric.tray_fill_frac[row]
        text = f"Tray {fabric.tray_ids[row]} is {share:.0f} % full where it is fullest; the limit is {100 * low:.0f} %."
        yield text, (fabric.tray_ids[row],)


REFERENCE_WIDTH_M = 0.3


def tray_weight(context: Context) -> Iterator[Message]:
    """Trays whose cables weigh more than a tray of their width carries."""
    fabric, table = context.result.fabric, context.compiled.tables["trays"]
    limit = context.compiled.rule("cable.tray_load_kg_per_m") * table["width_m"] / REFERENCE_WIDTH_M
    with np.errstate(invalid="ignore"):
        heavy = fabric.tray_kg_per_m > limit
    for row in rows(heavy):
        text = f"Tray {fabric.tray_ids[row]} carries {fabric.tray_kg_per_m[row]:.0f} kg/m; {limit[row]:.0f} kg/m are its limit."
        yield text, (fabric.tray_ids[row],)


def tray_bend(context: Context) -> Iterator[Message]:
    """Trays with a corner too narrow for the thickest cable in the plan of their halls."""
    compiled, fabric = context.compiled, context.result.fabric
    codes = np.unique(getattr(fabric.medium, "codes", np.empty(0, np.int64)))
    need_mm, name = 0.0, ""
    for code in codes[codes >= 0].tolist():
        part = compiled.parts.media[code]
        copper = part.family in ("dac", "acc", "aec")
        ratio = compiled.rule("bend.dac_fixed_ratio" if copper else "bend.fibre_static_ratio")
        if (part.outer_diameter_mm or 0.0) * ratio > need_mm:
            need_mm, name = (part.outer_diameter_mm or 0.0) * ratio, part.id
    for key, tray in sorted(context.snapshot.table("trays").items()):
        points = tray.points_mm
        turns = any(
            (b[0] - a[0]) * (c[1] - b[1]) != (b[1] - a[1]) * (c[0] - b[0])
            for a, b, c in zip(points, points[1:], points[2:], strict=False)
        )
        if turns and tray.tier != "power" and tray.width_mm / 2 < need_mm:
            text = f"Tray {key} turns within {tray.width_mm / 2:.0f} mm; {name} must not bend tighter than {need_mm:.0f} mm."
            yield text, (key,)


def short_path(context: Context) -> Iterator[Message]:
    """Light paths that ask for more cables than are plugged in."""
    for switch, a, b, asked, left in context.compiled.network.paths.short:
        text = f"{switch} is to join {asked} cables of {a} and {b}, but {left} are free on both."
        yield text, (switch, a, b)


def dark_cables(context: Context) -> Iterator[Message]:
    """Cables on an optical switch that no light path uses."""
    names = context.ids("racks") + context.ids("devices")
    for node, cables in sorted(context.compiled.network.paths.dark.items()):
        if cables:
            yield f"{cables} cables on {names[node]} are joined to nothing.", (names[node],)


def wrong_fibre(context: Context) -> Iterator[Message]:
    """Media in force that do not fit the port at an end: optical switches and fibre sockets take no copper."""
    fabric, compiled = context.result.fabric, context.compiled
    mirror = compiled.network.mirror
    codes = getattr(fabric.medium, "codes", None)
    if codes is None or not codes.size or not mirror.any():
        return
    single = np.array(
        [part.family in ("single_mode", "co_packaged", "optical_switch") for part in compiled.parts.media]
    )
    for row in rows((mirror > 0) & (codes >= 0) & ~np.append(single, True)[codes]):
        link = fabric.link_ids[row]
        text = f"Link {link} is {fabric.medium[row]}, but an optical switch takes single-mode fibre only."
        yield text, (link,)


def no_path(context: Context) -> Iterator[Message]:
    """Jobs whose machines are not all joined by drawn links."""
    for job in context.result.throughput.jobs:
        if "no drawn path" in job.not_predicted:
            yield f"Job {job.id}: {job.not_predicted}", (job.id, job.pool)


def job_refused(context: Context) -> Iterator[Message]:
    """Jobs that are not predicted for another reason."""
    for job in context.result.throughput.jobs:
        if job.not_predicted and "no drawn path" not in job.not_predicted:
            yield f"Job {job.id}: {job.not_predicted}", (job.id,)


FULL = partial(tray_fill, over="tray.max_fill_frac", below=None)
NEARLY = partial(tray_fill, over="tray.design_fill_frac", below="tray.max_fill_frac")
RULES = (
    Rule("link.port-used-twice", "error", "copper", "A port takes one cable", port_twice),
    Rule("link.no-such-port", "error", "copper", "Links end on ports that are there", port_unknown),
    Rule("link.port-rate", "error", "copper", "Links run at their ports' rate", port_rate),
    Rule("link.wrong-fibre", "error", "copper", "Media fit their ports", wrong_fibre),
    Rule("link.tray-gap", "warning", "copper", "Trays lead from end to end", tray_gap, objects_live=0),
    Rule("link.unreachable-rack", "warning", "copper", "A tray passes every rack with links", unreachable_rack),
    Rule("tray.overfull", "error", "copper", "Trays have room", FULL),
    Rule("tray.nearly-full", "warning", "copper", "Trays have room to grow", NEARLY),
    Rule("tray.heavy", "warning", "copper", "Trays carry their cables", tray_weight),
    Rule("tray.bend", "warning", "copper", "Corners of trays suit their cables", tray_bend, objects_live=0),
    *separation.RULES,
    Rule("ocs.short-path", "error", "copper", "Light paths have cables", short_path),
    Rule("ocs.dark-cables", "info", "copper", "Cables on optical switches are in use", dark_cables),
    Rule("job.no-path", "error", "copper", "A job's machines are joined", no_path),
    Rule("job.not-predicted", "warning", "copper", "Jobs can be predicted", job_refused),
)
