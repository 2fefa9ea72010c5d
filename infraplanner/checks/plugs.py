"""Bad input and limits of the pluggable ends of links: how warm they get, and what sits on them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from infraplanner.results.plugs import PLUGS
from infraplanner.units import KILO

from .context import Context, Message, Rule, apart, rows

MODULES = "mems_air"


def plug_too_hot(context: Context) -> Iterator[Message]:
    """Links with a plug above its case limit."""
    plugs, records = context.result.thermal.plugs, context.snapshot.table("links")
    if plugs.limit_c is None:
        return
    racks = context.ids("racks")
    for row in rows(plugs.case_c > plugs.limit_c):
        link, rack = plugs.link_ids[row], int(plugs.rack[row])
        if link not in records or not 0 <= rack < len(racks):
            continue
        case, limit = apart(plugs.case_c[row], plugs.limit_c, 0)
        modules = f" with {records[link].coolers} modules" if records[link].cooler else ""
        text = (
            f"Plugs of link {link} in rack {racks[rack]} give off {plugs.plug_w[row]:g} W and reach {case} °C{modules}"
        )
        yield f"{text}; their limit is {limit} °C.", (link, racks[rack])


def wrong_cooler(context: Context) -> Iterator[Message]:
    """Links that put on their plugs what is no air module, or modules where there is no plug."""
    compiled, fabric = context.compiled, context.result.fabric
    links, parts = compiled.tables["links"], compiled.parts
    families = {medium.id: medium.family for medium in parts.media}
    for row in rows(links["cooler"] >= 0):
        link, part = links.ids[row], parts.cooling[links["cooler"][row]]
        medium = fabric.medium[row] if row < len(fabric.medium) else ""
        if part.cooling_kind != MODULES:
            yield f"Link {link} names {part.id} on its plugs; solid-state air modules are expected.", (link,)
        elif medium and families.get(medium) not in PLUGS:
            yield f"Link {link} puts {part.id} on plugs, but {medium} has 0 plugs that draw power.", (link,)


def modules_full(context: Context) -> Iterator[Message]:
    """Plugs whose modules carry all they can."""
    plugs, links, parts = context.result.thermal.plugs, context.compiled.tables["links"], context.compiled.parts
    if plugs.link_ids != links.ids:
        return
    most = np.array([part.capacity_kw or np.nan for part in parts.cooling] + [np.nan])[links["cooler"]] * KILO
    for row in rows(plugs.module_w >= links["coolers"] * most * (1.0 - 1e-9)):
        yield (
            f"The {links['coolers'][row]:g} modules on a plug of link {links.ids[row]} carry {plugs.module_w[row]:g} W, all "
            f"they can, of its {plugs.plug_w[row]:g} W.",
            (links.ids[row],),
        )


RULES = (
    Rule(
        "link.plug-too-hot", "error", "thermal", "Plugs of links stay below their limit", plug_too_hot, objects_live=0
    ),
    Rule("link.wrong-cooler", "error", "thermal", "Plugs carry what can cool them", wrong_cooler, objects_live=0),
    Rule("link.modules-full", "info", "thermal", "Modules on plugs have heat to spare", modules_full, objects_live=0),
)
