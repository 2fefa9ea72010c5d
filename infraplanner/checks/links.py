"""Bad input in links: rates, media, reach, ports."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from infraplanner.units import GIGA

from .context import Context, Message, Rule, rows

NO_RATE, NO_REACH, PINNED_REACH, PINNED_RATE, PINNED_UNKNOWN, NO_LENGTH = 1, 2, 3, 4, 5, 6


def _flagged(context: Context, flag: int) -> Iterator[tuple[int, str, float]]:
    """Row, id and rate [Gbit/s] of links with a flag."""
    fabric = context.result.fabric
    rates = context.compiled.tables["links"]["rate_bps"]
    for row in rows(fabric.flag == flag):
        yield row, fabric.link_ids[row], float(rates[row] / GIGA)


def no_rate(context: Context) -> Iterator[Message]:
    """Links of a rate that no medium has."""
    for _, link, rate in _flagged(context, NO_RATE):
        yield f"Link {link} asks for {rate:g} Gbit/s, a rate that 0 media of the catalogue have.", (link,)


def no_reach(context: Context) -> Iterator[Message]:
    """Links longer than any medium of their rate reaches."""
    fabric, media = context.result.fabric, context.compiled.parts.media
    reach: dict[float, float] = {}
    for medium in media:
        if medium.rate_gbps is not None and medium.reach_m is not None:
            reach[medium.rate_gbps] = max(reach.get(medium.rate_gbps, 0.0), medium.reach_m)
    for row, link, rate in _flagged(context, NO_REACH):
        need, most = f"{fabric.ordered_m[row]:.1f} m", f"{reach.get(rate, 0.0):.1f} m"
        text = f"Link {link} needs {need}; no medium of {rate:g} Gbit/s reaches more than {most}."
        yield text, (link,)


def pinned(context: Context, flag: int) -> Iterator[Message]:
    """Links whose pinned medium is wrong in the way the flag says."""
    fabric = context.result.fabric
    records = context.snapshot.table("links")
    names = {medium.id: medium for medium in context.compiled.parts.media}
    for row, link, rate in _flagged(context, flag):
        medium = names.get(fabric.medium[row])
        wanted = records[link].medium
        if flag == PINNED_REACH and medium is not None:
            text = f"Link {link} needs {fabric.ordered_m[row]:.1f} m but {wanted} reaches {medium.reach_m:g} m."
        elif flag == PINNED_RATE and medium is not None:
            text = f"Link {link} asks for {rate:g} Gbit/s but {wanted} carries {medium.rate_gbps:g} Gbit/s."
        else:
            text = f"Link {link} is pinned to {wanted}, which the catalogue does not have."
        yield text, (link,)


def no_length(context: Context) -> Iterator[Message]:
    """Links between halls, or whose ends stand nowhere: no route can be measured."""
    for _, link, _rate in _flagged(context, NO_LENGTH):
        yield f"The length of link {link} is unknown: its ends are not both placed in 1 hall.", (link,)


def ports(context: Context) -> Iterator[Message]:
    """Racks and devices with more bandwidth plugged in than their ports have."""
    compiled = context.compiled
    used, given = compiled.ports.used_bps, compiled.ports.given_bps
    ids = context.ids("racks") + context.ids("devices")
    for row in rows(used > given * (1.0 + 1e-9)):
        text = f"{ids[row]} has {used[row] / GIGA:g} Gbit/s plugged in but ports for {given[row] / GIGA:g} Gbit/s."
        yield text, (ids[row],)


RULES = (
    Rule("link.no-medium-of-rate", "error", "copper", "Every rate has a medium", no_rate),
    Rule("link.out-of-reach", "error", "copper", "A medium reaches every link", no_reach),
    Rule("link.pinned-out-of-reach", "error", "copper", "Pinned media reach", partial(pinned, flag=PINNED_REACH)),
    Rule("link.pinned-wrong-rate", "error", "copper", "Pinned media have the rate", partial(pinned, flag=PINNED_RATE)),
    Rule("link.pinned-unknown", "error", "copper", "Pinned media are known", partial(pinned, flag=PINNED_UNKNOWN)),
    Rule("link.no-length", "warning", "copper", "Both ends stand in one hall", no_length),
    Rule("link.too-many-ports", "error", "copper", "Ports suffice", ports),
)
