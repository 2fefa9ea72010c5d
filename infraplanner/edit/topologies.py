"""Fabrics as plain graphs: which switches there are, who is cabled to whom, and the bisection that theory promises.

Hosts count from 0 and have `ports` equal ports each; a switch has `radix` ports of which one carries `fan` host cables
(breakout, or 1). Wires carry a number of cables; those to hosts have the rate of a host port divided by `planes`, those
between switches the rate of a switch port. Reference: interconnect model 3.3; Al-Fares et al. (fat tree, 2008); Kim et al.
(dragonfly, 2008); Besta and Hoefler (Slim Fly, 2014).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil

End = int | str
"""A host's number or a switch's name."""


class TopologyError(ValueError):
    """What was asked for cannot be built; the message is one plain sentence."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a generator is given. `ratio` is downlink over uplink bandwidth of a leaf, `top_ratio` that of the tier above;
    `pod_leaves` leaves share an aggregation tier (0: as many as fit), `sides` are the cubes along x, y and z.
    """

    hosts: int
    ports: int
    radix: int
    fan: int = 1
    ratio: float = 1.0
    top_ratio: float = 1.0
    pod_leaves: int = 0
    sides: tuple[int, int, int] = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Wire:
    """`count` cables from `a` to `b`."""

    a: End
    b: str
    count: int


@dataclass(frozen=True, slots=True)
class Circuit:
    """`count` light paths from one host to another through the optical switch `ocs`."""

    ocs: str
    a: int
    b: int
    count: int


@dataclass(frozen=True, slots=True)
class Topology:
    """Switch names in the order in which they are best placed, wires, and light paths through optical switches.

    `bisection` counts host-rate cables across the narrowest cut between two equal halves of hosts, in one direction, by the
    textbook formula (None: none is known). `planes` divides the rate of hosts' wires.
    """

    switches: tuple[str, ...]
    wires: tuple[Wire, ...]
    bisection: float | None
    planes: int = 1
    circuits: tuple[Circuit, ...] = ()


def _leaf_shape(ask: Ask, ports_a_host: int, planes: int = 1) -> tuple[int, int]:
    """Hosts a leaf and its uplink ports, so that down over up is the ratio asked for and the radix suffices."""
    fan = ask.fan * planes
    for hosts in range(min(ask.hosts, ask.radix * fan // ports_a_host), 0, -1):
        down = ceil(hosts * ports_a_host / fan)
        up = ceil(hosts * ports_a_host / fan / ask.ratio - 1e-9)
        if down + up <= ask.radix:
            return hosts, max(1, up)
    raise TopologyError(
        f"A switch of {ask.radix} ports cannot take the {ports_a_host} ports of a host at {ask.ratio:g} to 1."
    )


def _spread(count: int, over: int, turn: int) -> Iterator[tuple[int, int]]:
    """(which, cables): `count` cables spread over so many as evenly as can be, the first of the rest turned."""
    base, rest = divmod(count, over)
    for number in range(over):
        cables = base + ((number - turn * rest) % over < rest)
        if cables:
            yield number, cables


def _spines(leaves: int, up: int, radix: int) -> int:
    """The fewest spines with ports for all uplinks; one more where that makes every leaf reach all of them alike."""
    need = max(1, ceil(leaves * up / radix))
    even = [count for count in range(need, up + 1) if up % count == 0]
    return even[0] if even and 3 * even[0] <= 4 * need else need


def _join(leaves: list[str], up: int, radix: int, name: str) -> tuple[list[str], list[Wire]]:
    """Spines over leaves, every leaf with `up` cables."""
    count = _spines(len(leaves), up, radix)
    if count > up:
        raise TopologyError(f"{len(leaves)} leaves need {count} spines but have {up} uplinks each. Use three tiers.")
    spines = [f"{name}{number + 1:0{len(str(count))}d}" for number in range(count)]
    wires = [
        Wire(leaf, spines[which], cables)
        for row, leaf in enumerate(leaves)
        for which, cables in _spread(up, count, row)
    ]
    return spines, wires


def _across(leaves: list[str], wires: list[Wire]) -> int:
    """Cables that the spines carry from the first half of the leaves to the second: half of all uplinks when even."""
    half = len(leaves) // 2
    first, second = set(leaves[:half]), set(leaves[-half:])
    left: dict[str, int] = {}
    right: dict[str, int] = {}
    for wire in wires:
        side = left if wire.a in first else right if wire.a in second else {}
        side[wire.b] = side.get(wire.b, 0) + wire.count
    return sum(min(count, right.get(spine, 0)) for spine, count in left.items())


def _names(stem: str, count: int) -> list[str]:
    return [f"{stem}{number + 1:0{len(str(count))}d}" for number in range(count)]


def _half(count: int) -> int:
    return count // 2


def two_tier(ask: Ask) -> Topology:
    """Leaf and spine: a host has all its ports on one leaf. Full bisection at a ratio of 1: half of all uplinks cross."""
    each, up = _leaf_shape(ask, ask.ports)
    leaves = _names("leaf-", ceil(ask.hosts / each))
    down = [Wire(host, leaves[host // each], ask.ports) for host in range(ask.hosts)]
    if len(leaves) == 1:
        return Topology(tuple(leaves), tuple(down), _half(ask.hosts) * ask.ports)
    spines, wires = _join(leaves, up, ask.radix, "spine-")
    crossing = min(_across(leaves, wires) * ask.fan, _half(ask.hosts) * ask.ports)
    return Topology((*leaves, *spines), (*down, *wires), crossing)


def three_tier(ask: Ask) -> Topology:
    """Pods of leaves under an aggregation tier, pods joined by cores; `top_ratio` thins the links to the cores.

    A full fat tree of radix k has k^3/4 hosts and 5k^2/4 switches. Aggregation switch j of every pod meets the same cores.
    """
    each, up = _leaf_shape(ask, ask.ports)
    total = ceil(ask.hosts / each)
    agg_up = ask.radix - int(ask.radix * ask.top_ratio / (1.0 + ask.top_ratio) + 1e-9)
    agg_down = ask.radix - agg_up
    pod = ask.pod_leaves or min(agg_down, total)
    aggs = max(1, ceil(pod * up / agg_down))
    while aggs <= up and up % aggs:
        aggs += 1
    if aggs > up:
        raise TopologyError(
            f"{pod} leaves of {up} uplinks do not fit under {up} aggregation switches of {ask.radix} ports."
        )
    pods = ceil(total / pod)
    agg_up = min(agg_up, max(1, ceil(pod * up / aggs / ask.top_ratio - 1e-9)))
    leaves, above, wires = [], [], []
    for p in range(pods):
        own = [f"pod{p + 1}-leaf-{n + 1:0{len(str(pod))}d}" for n in range(min(pod, total - p * pod))]
        tier = [f"pod{p + 1}-agg-{n + 1:0{len(str(aggs))}d}" for n in range(aggs)]
        wires += [Wire(leaf, agg, up // aggs) for leaf in own for agg in tier]
        leaves += own
        above.append(tier)
    down = [Wire(host, leaves[host // each], ask.ports) for host in range(ask.hosts)]
    if pods == 1:
        return Topology(
            (*leaves, *above[0]), (*down, *wires), min(_half(total) * up * ask.fan, _half(ask.hosts) * ask.ports)
        )
    group = _spines(pods, agg_up, ask.radix)
    if group > agg_up:
        raise TopologyError(f"{pods} pods need {group} cores a group but an aggregation switch has {agg_up} uplinks.")
    cores = _names("core-", group * aggs)
    top = [
        Wire(agg, cores[number * group + which], cables)
        for p, tier in enumerate(above)
        for number, agg in enumerate(tier)
        for which, cables in _spread(agg_up, group, p)
    ]
    crossing = min(_half(pods) * aggs * agg_up * ask.fan, _half(ask.hosts) * ask.ports)
    switches = (*leaves, *(agg for tier in above for agg in tier), *cores)
    return Topology(switches, (*down, *wires, *top), crossing)


def _rails(ask: Ask, room: int) -> tuple[int, int]:
    """Switches a block and rails that share each: as many as leave room for every host, when hosts are few."""
    shared = max(n for n in range(1, ask.ports + 1) if ask.ports % n == 0 and (n == 1 or ask.hosts * n <= room))
    return ask.ports // shared, shared


def rail_optimised(ask: Ask) -> Topology:
    """Port r of every host goes to a leaf of rail r, so that ranks of the same number are one hop apart; spines join all.

    Few hosts leave room for several rails on a leaf.
    """
    rails, shared = _rails(ask, int(ask.radix * ask.fan * ask.ratio / (1.0 + ask.ratio) + 1e-9))
    each, up = _leaf_shape(ask, shared)
    blocks = ceil(ask.hosts / each)
    leaf = {(b, r): f"block{b + 1}-rail-{r + 1}" for b in range(blocks) for r in range(rails)}
    down = [Wire(host, leaf[host // each, r], shared) for host in range(ask.hosts) for r in range(rails)]
    spines, wires = _join(list(leaf.values()), up, ask.radix, "spine-")
    inside = _half(ask.hosts) * ask.ports
    crossing = inside if blocks == 1 else min(inside, _across(list(leaf.values()), wires) * ask.fan)
    return Topology((*leaf.values(), *spines), (*down, *wires), crossing)


def rail_only(ask: Ask) -> Topology:
    """Every rail is a fabric of its own and nothing joins the rails: traffic between them changes rail inside a host."""
    rails, shared = _rails(ask, ask.radix * ask.fan)
    one = _one_rail(replace(ask, ports=shared))
    switches: list[str] = []
    wires: list[Wire] = []
    for rail in range(rails):
        name = f"rail{rail + 1}-"
        switches += [name + switch for switch in one.switches]
        wires += [Wire(w.a if isinstance(w.a, int) else name + w.a, name + w.b, w.count) for w in one.wires]
    return Topology(tuple(switches), tuple(wires), None if one.bisection is None else one.bisection * rails)


def _one_rail(ask: Ask) -> Topology:
    if ask.hosts * ask.ports <= ask.radix * ask.fan:
        down = tuple(Wire(host, "leaf-1", ask.ports) for host in range(ask.hosts))
        return Topology(("leaf-1",), down, _half(ask.hosts) * ask.ports)
    return two_tier(ask)


def dual_plane(ask: Ask) -> Topology:
    """Every port is split in two of half the rate on two leaves of planes that nothing joins: either may fail alone."""
    each, up = _leaf_shape(ask, ask.ports, planes=2)
    count = ceil(ask.hosts / each)
    switches: list[str] = []
    wires: list[Wire] = []
    through = 0
    for plane in "ab":
        leaves = _names(f"plane-{plane}-leaf-", count)
        wires += [Wire(host, leaves[host // each], ask.ports) for host in range(ask.hosts)]
        spines, joined = _join(leaves, up, ask.radix, f"plane-{plane}-spine-") if count > 1 else ([], [])
        switches += [*leaves, *spines]
        wires += joined
        through += _across(leaves, joined) * ask.fan
    inside = _half(ask.hosts) * ask.ports
    crossing = inside if count == 1 else min(inside, through)
    return Topology(tuple(switches), tuple(wires), crossing, planes=2)


def dragonfly(ask: Ask) -> Topology:
    """Groups of a switches, all joined inside a group, every two groups joined alike; balanced at a = 2p = 2h.

    a p (a h + 1) host ports at most. Half of g groups face the other half over `(g/2)^2` pairs.
    """
    p = (ask.radix + 1) // 4
    a = 2 * p
    h = min(p, ask.radix - p - (a - 1))
    each = p * ask.fan // ask.ports
    if each < 1 or h < 1:
        raise TopologyError(
            f"A switch of {ask.radix} ports is too small for a dragonfly of hosts with {ask.ports} ports."
        )
    groups = ceil(ask.hosts / (each * a))
    if groups > a * h + 1:
        raise TopologyError(f"{ask.hosts} hosts need {groups} groups; switches of {ask.radix} ports join {a * h + 1}.")
    names = [[f"group{g + 1}-sw-{n + 1}" for n in range(a)] for g in range(groups)]
    wires = [Wire(host, names[host // (each * a)][host // each % a], ask.ports) for host in range(ask.hosts)]
    wires += [Wire(row[i], row[j], 1) for row in names for i in range(a) for j in range(i + 1, a)]
    pair = a * h // (groups - 1) if groups > 1 else 0
    used = [0] * groups
    joined: dict[tuple[str, str], int] = {}
    for one in range(groups):
        for other in range(one + 1, groups):
            for _ in range(pair):
                ends = names[one][used[one] % a], names[other][used[other] % a]
                used[one], used[other] = used[one] + 1, used[other] + 1
                joined[ends] = joined.get(ends, 0) + 1
    wires += [Wire(*ends, count) for ends, count in joined.items()]
    half = _half(groups) * (groups - _half(groups)) * pair * ask.fan if groups > 1 else None
    crossing = None if half is None or groups % 2 else min(half, _half(ask.hosts) * ask.ports)
    return Topology(tuple(name for row in names for name in row), tuple(wires), crossing)


def slim_fly(ask: Ask) -> Topology:
    """Two hops between any two of 2q^2 switches with (3q - d)/2 neighbours (graphs of McKay, Miller and Siran, q prime).

    The two kinds of switches, q^2 each, face each other over q^3 cables.
    """
    for q in (5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43):
        degree = (3 * q - (1 if q % 4 == 1 else -1)) // 2
        room = min(ask.radix - degree, ceil(degree / 2))
        each = room * ask.fan // ask.ports if room > 0 else 0
        if each >= 1 and each * 2 * q * q >= ask.hosts:
            break
    else:
        raise TopologyError(
            f"No Slim Fly of switches with {ask.radix} ports takes {ask.hosts} hosts of {ask.ports} ports."
        )
    own, other = _generator_sets(q)
    names = {(s, x, y): f"set{s + 1}-{x}-{y}" for s in (0, 1) for x in range(q) for y in range(q)}
    order = list(names.values())
    # Hosts spread over all switches, so that a half-full fabric keeps its symmetry.
    each = ceil(ask.hosts / len(order))
    wires = [Wire(host, order[host % len(order)], ask.ports) for host in range(ask.hosts)]
    for s, steps in ((0, own), (1, other)):
        for x in range(q):
            wires += [
                Wire(names[s, x, y], names[s, x, z], 1)
                for y in range(q)
                for z in range(y + 1, q)
                if (z - y) % q in steps
            ]
    wires += [
        Wire(names[0, x, (m * x + c) % q], names[1, m, c], 1) for x in range(q) for m in range(q) for c in range(q)
    ]
    crossing = min(q**3 * ask.fan, _half(ask.hosts) * ask.ports)
    return Topology(tuple(order), tuple(wires), crossing)


def _generator_sets(q: int) -> tuple[set[int], set[int]]:
    """Differences along which switches of either kind are joined: even and odd powers of a primitive root."""
    root = next(g for g in range(2, q) if len({pow(g, k, q) for k in range(q - 1)}) == q - 1)
    powers = [pow(root, k, q) for k in range(q - 1)]
    if q % 4 == 1:
        return set(powers[0::2]), set(powers[1::2])
    w = (q + 1) // 4
    own = {powers[2 * k] for k in range(w)} | {powers[2 * w - 1 + 2 * k] for k in range(w)}
    other = {powers[2 * k + 1] for k in range(w)} | {powers[(2 * w + 2 * k) % (q - 1)] for k in range(w)}
    return own, other


def cube_torus(ask: Ask) -> Topology:
    """Hosts are cubes with six faces; face link i of a dimension meets optical switch i of that dimension, which joins
    every cube to its neighbour along a ring.

    A torus of side N has a bisection of 2 N^2 links: two planes of faces, the shortest way across the longest side.
    """
    x, y, z = ask.sides
    if x * y * z != ask.hosts or min(ask.sides) < 1:
        raise TopologyError(f"{x} x {y} x {z} cubes are {x * y * z}; {ask.hosts} hosts were chosen.")
    face, rest = divmod(ask.ports, 6)
    if rest or face < 1:
        raise TopologyError(f"A cube has six equal faces; {ask.ports} ports do not divide by 6.")
    if 2 * ask.hosts > ask.radix:
        raise TopologyError(f"An optical switch needs {2 * ask.hosts} ports, two for every cube; it has {ask.radix}.")
    names = [f"ocs-{dim}{link + 1:0{len(str(face))}d}" for dim in "xyz" for link in range(face)]
    wires = [Wire(host, name, 2) for name in names for host in range(ask.hosts)]
    circuits = [Circuit(name, a, b, count) for name in names for a, b, count in rings(ask.sides, "xyz".index(name[4]))]
    longest = max(ask.sides)
    crossing = 2 * face * ask.hosts // longest if longest % 2 == 0 else None
    return Topology(tuple(names), tuple(wires), crossing, circuits=tuple(circuits))


def rings(sides: tuple[int, int, int], axis: int) -> list[tuple[int, int, int]]:
    """(cube, next cube, light paths) along one axis; two cubes are joined both ways round, one alone to nobody."""
    found: dict[tuple[int, int], int] = {}
    x, y, z = sides
    for place in range(x * y * z):
        at = [place % x, place // x % y, place // (x * y)]
        at[axis] = (at[axis] + 1) % sides[axis]
        other = at[0] + x * (at[1] + y * at[2])
        if other != place:
            pair = (min(place, other), max(place, other))
            found[pair] = found.get(pair, 0) + 1
    return [(a, b, count) for (a, b), count in sorted(found.items())]


KINDS = {
    "clos-2": (two_tier, "Two-tier Clos"),
    "clos-3": (three_tier, "Three-tier Clos"),
    "rail-optimised": (rail_optimised, "Rail-optimised"),
    "rail-only": (rail_only, "Rail-only"),
    "dual-plane": (dual_plane, "Dual plane"),
    "dragonfly": (dragonfly, "Dragonfly"),
    "slim-fly": (slim_fly, "Slim Fly"),
    "ocs-torus": (cube_torus, "3D torus of cubes by optical switches"),
}
"""Generators by name, and what the window calls them."""


def build(kind: str, ask: Ask) -> Topology:
    """The fabric of a kind. Raises TopologyError in one sentence when it cannot be built.

    A host with more ports than a switch can take is cabled in equal parts, each as a host of its own.
    """
    if kind not in KINDS:
        raise TopologyError(f"There is no fabric “{kind}”; expected one of {', '.join(KINDS)}.")
    if ask.hosts < 2:
        raise TopologyError(f"A fabric joins at least 2 hosts, not {ask.hosts}.")
    if min(ask.ports, ask.radix, ask.fan) < 1 or not (ask.ratio > 0.0 and ask.top_ratio > 0.0):
        raise TopologyError("Ports and ratios of a fabric are above 0.")
    if kind not in SPLIT:
        return KINDS[kind][0](ask)
    told: TopologyError | None = None
    for parts in (n for n in range(1, ask.ports + 1) if ask.ports % n == 0):
        try:
            return _joined(KINDS[kind][0](replace(ask, hosts=ask.hosts * parts, ports=ask.ports // parts)), parts)
        except TopologyError as error:
            # That a host is too wide for one switch says less than why its parts cannot be joined.
            if told is None or str(told).startswith(TOO_WIDE):
                told = error
    assert told is not None
    raise told


TOO_WIDE = "A switch of"
SPLIT = frozenset({"clos-2", "clos-3", "dual-plane", "dragonfly", "slim-fly"})
"""Kinds whose hosts may be cabled in parts."""


def _joined(made: Topology, parts: int) -> Topology:
    """The fabric with the parts of each host put together again."""
    if parts == 1:
        return made
    counts: dict[tuple[End, str], int] = {}
    for wire in made.wires:
        ends = (wire.a // parts if isinstance(wire.a, int) else wire.a, wire.b)
        counts[ends] = counts.get(ends, 0) + wire.count
    return replace(made, wires=tuple(Wire(a, b, count) for (a, b), count in counts.items()))
