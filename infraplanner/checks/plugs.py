"""Bad input and limits of low-power parts, plugs of links and memory modules: how warm they get, what sits on them."""

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


def memory_too_hot(context: Context) -> Iterator[Message]:
    """Devices whose memory modules pass their case limit."""
    memory, records = context.result.thermal.memory, context.snapshot.table("devices")
    if memory.limit_c is None:
        return
    for row in rows(memory.case_c > memory.limit_c):
        device = memory.device_ids[row]
        if device in records:
            case, limit = apart(memory.case_c[row], memory.limit_c, 0)
            modules = f" with {records[device].coolers} modules each" if records[device].cooler else ""
            text = f"Memory of {device} in rack {records[device].rack} reaches {case} °C{modules}; its limit is {limit} °C."
            yield text, (device, records[device].rack)


def wrong_memory_cooler(context: Context) -> Iterator[Message]:
    """Devices that put on their memory what is no air module."""
    devices, parts = context.compiled.tables["devices"], context.compiled.parts
    for row in rows(devices["cooler"] >= 0):
        part = parts.cooling[devices["cooler"][row]]
        if part.cooling_kind != MODULES:
            device = devices.ids[row]
            yield f"Device {device} names {part.id} on its memory; solid-state air modules are expected.", (device,)


RULES = (
    Rule("memory.too-hot", "error", "thermal", "Memory modules stay below their limit", memory_too_hot, objects_live=0),
    Rule(
        "memory.wrong-cooler",
        "error",
        "thermal",
        "Memory carries what can cool it",
        wrong_memory_cooler,
        objects_live=0,
    ),
    Rule(
        "link.plug-too-hot", "error", "thermal", "Plugs of links stay below their limit", plug_too_hot, objects_live=0
    ),
    Rule("link.wrong-cooler", "error", "thermal", "Plugs carry what can cool them", wrong_cooler, objects_live=0),
    Rule("link.modules-full", "info", "thermal", "Modules on plugs have heat to spare", modules_full, objects_live=0),
)
