"""Generated fabrics: sizes from the textbooks, and the bisection that maximum flow finds against the formula."""

from __future__ import annotations

import numpy as np
import pytest

from infraplanner.edit.topologies import Ask, Topology, TopologyError, build

ASKS = {
    "clos-2": Ask(64, 4, 64),
    "clos-2 at 3:1": Ask(64, 6, 64, ratio=3.0),
    "clos-2 with breakout": Ask(32, 8, 64, fan=2),
    "clos-3": Ask(16, 1, 4),
    "clos-3 of radix 8": Ask(128, 1, 8),
    "clos-3 at 1:7": Ask(96, 4, 32, top_ratio=7.0, pod_leaves=6),
    "clos-2 of hosts wider than a switch": Ask(16, 72, 144, fan=2),
    "rail-optimised": Ask(64, 8, 32),
    "rail-optimised in one block": Ask(16, 8, 32),
    "rail-only": Ask(32, 8, 32),
    "rail-only in two tiers": Ask(64, 4, 32),
    "dual-plane": Ask(64, 4, 32),
    "dragonfly": Ask(64, 1, 7),
    "dragonfly not full": Ask(32, 1, 7),
    "slim-fly 5": Ask(200, 1, 11),
    "slim-fly 7": Ask(490, 1, 16),
    "ocs-torus": Ask(64, 96, 136, sides=(4, 4, 4)),
    "ocs-torus 2x4x8": Ask(64, 96, 136, sides=(2, 4, 8)),
}


def graph(made: Topology, hosts: int) -> tuple[dict[object, int], list[tuple[int, int, float]]]:
    """Nodes by name and edges in host-rate cables; light paths stand for optical switches."""
    node: dict[object, int] = {host: host for host in range(hosts)}
    for name in made.switches:
        node[name] = len(node)
    if made.circuits:
        return node, [(c.a, c.b, float(c.count)) for c in made.circuits]
    return node, [(node[w.a], node[w.b], float(w.count)) for w in made.wires]


def max_flow(made: Topology, ask: Ask, left: list[int], right: list[int]) -> float:
    from infraplanner.engine.bisection import flow  # noqa: PLC0415

    node, found = graph(made, ask.hosts)
    a, b, count = (np.array(column) for column in zip(*found, strict=True))
    hosts_wire = (a < ask.hosts) | (b < ask.hosts)
    weight = np.where(hosts_wire, count / made.planes, count * ask.fan)
    return flow(len(node), a, b, weight, np.array(left), np.array(right), 0.5)


@pytest.mark.parametrize("name", ASKS)
def test_bisection_is_what_theory_says(name: str) -> None:
    ask = ASKS[name]
    made = build("slim-fly" if name.startswith("slim") else name.split(" ", maxsplit=1)[0], ask)
    assert made.bisection is not None
    half = ask.hosts // 2
    hosts = list(range(ask.hosts))
    left, right = hosts[:half], hosts[half:]
    if name.startswith("slim"):  # the two kinds of switches
        size = len(made.switches) // 2
        left = [h for h in hosts if h % (2 * size) < size]
        right = [h for h in hosts if h % (2 * size) >= size]
    if made.circuits:  # across the longest side
        longest = int(np.argmax(ask.sides))
        stride = int(np.prod(ask.sides[:longest]))
        place = np.array(hosts) // stride % ask.sides[longest]
        left, right = (
            np.flatnonzero(place < ask.sides[longest] / 2).tolist(),
            np.flatnonzero(place >= ask.sides[longest] / 2).tolist(),
        )
    assert max_flow(made, ask, left, right) == pytest.approx(made.bisection)


@pytest.mark.parametrize("name", ASKS)
def test_no_port_is_used_twice(name: str) -> None:
    ask = ASKS[name]
    made = build("slim-fly" if name.startswith("slim") else name.split(" ", maxsplit=1)[0], ask)
    hosts, down, up = (
        dict.fromkeys(range(ask.hosts), 0),
        dict.fromkeys(made.switches, 0),
        dict.fromkeys(made.switches, 0),
    )
    for wire in made.wires:
        if isinstance(wire.a, int):
            hosts[wire.a] += wire.count
            down[wire.b] += wire.count
        else:
            up[wire.a] += wire.count
            up[wire.b] += wire.count
    planes = made.planes
    assert set(hosts.values()) == {ask.ports * planes}
    for name_ in made.switches:
        assert -(-down[name_] // (ask.fan * planes)) + up[name_] <= ask.radix, name_
    assert len({(w.a, w.b) for w in made.wires}) == len(made.wires)


def test_a_full_fat_tree_has_the_sizes_of_the_textbook() -> None:
    """Radix k: k^3/4 hosts, 5k^2/4 switches, k^3/8 cables across."""
    for k in (4, 8, 16):
        made = build("clos-3", Ask(k**3 // 4, 1, k))
        assert len(made.switches) == 5 * k * k // 4
        assert made.bisection == k**3 // 8


def test_a_balanced_dragonfly_takes_as_many_hosts_as_its_formula() -> None:
    """p = h = 2, a = 4: a p (a h + 1) = 72; the 73rd does not fit."""
    made = build("dragonfly", Ask(72, 1, 7))
    assert len(made.switches) == 36
    with pytest.raises(TopologyError, match="need 10 groups; switches of 7 ports join 9"):
        build("dragonfly", Ask(73, 1, 7))


@pytest.mark.parametrize(("q", "degree", "hosts", "radix"), [(5, 7, 200, 11), (7, 11, 490, 16), (11, 17, 2178, 26)])
def test_slim_fly_is_regular_and_two_hops_wide(q: int, degree: int, hosts: int, radix: int) -> None:
    made = build("slim-fly", Ask(hosts, 1, radix))
    assert len(made.switches) == 2 * q * q
    near: dict[str, set[str]] = {name: set() for name in made.switches}
    for wire in made.wires:
        if isinstance(wire.a, str):
            near[wire.a].add(wire.b)
            near[wire.b].add(wire.a)
    assert {len(other) for other in near.values()} == {degree}
    for name, other in near.items():
        reached = {name} | other
        for neighbour in other:
            reached |= near[neighbour]
        assert len(reached) == 2 * q * q


def test_48_optical_switches_join_64_cubes() -> None:
    """4,096 chips in 64 racks: 16 links a face, 48 switches with 128 ports each; a torus of side 16 has 2 x 16^2 links
    across.
    """
    made = build("ocs-torus", Ask(64, 96, 136, sides=(4, 4, 4)))
    assert len(made.switches) == 48
    assert made.bisection == 2 * 16 * 16
    used: dict[str, int] = {}
    for circuit in made.circuits:
        used[circuit.ocs] = used.get(circuit.ocs, 0) + 2 * circuit.count
    assert set(used.values()) == {128}


def test_what_cannot_be_built_says_why() -> None:
    with pytest.raises(TopologyError, match="no fabric"):
        build("mesh", Ask(4, 1, 8))
    with pytest.raises(TopologyError, match="Use three tiers"):
        build("clos-2", Ask(400, 1, 8))
    with pytest.raises(TopologyError, match="Use three tiers"):
        build("clos-2", Ask(64, 72, 64))  # told apart in parts, the leaves are too many
    with pytest.raises(TopologyError, match="A switch of 1 ports cannot take"):
        build("rail-optimised", Ask(64, 7, 1))
    with pytest.raises(TopologyError, match="are 24; 64 hosts"):
        build("ocs-torus", Ask(64, 96, 136, sides=(2, 3, 4)))
    with pytest.raises(TopologyError, match="at least 2 hosts"):
        build("clos-2", Ask(1, 1, 8))


def test_full_bisection_is_half_of_all_uplinks() -> None:
    """At a ratio of 1 half of the hosts talk to the other half at full rate; at 3:1 at a third."""
    assert build("clos-2", Ask(64, 4, 64)).bisection == 32 * 4
    assert build("rail-optimised", Ask(64, 8, 32)).bisection == 32 * 8
    assert build("dual-plane", Ask(64, 4, 32)).bisection == 32 * 4
    assert build("clos-2", Ask(64, 6, 64, ratio=3.0)).bisection == 32 * 6 / 3
    assert build("clos-3", Ask(96, 4, 32, top_ratio=7.0, pod_leaves=6)).bisection == pytest.approx(48 * 4 / 7, rel=0.2)


def test_disjoint_paths_between_leaves_are_their_uplinks() -> None:
    from infraplanner.engine.bisection import flow  # noqa: PLC0415

    made = build("clos-2", Ask(64, 4, 64))
    node, found = graph(made, 64)
    a, b, count = (np.array(column) for column in zip(*found, strict=True))
    leaf = np.array([node[name] for name in made.switches if name.startswith("leaf")])
    uplinks = sum(w.count for w in made.wires if w.a == "leaf-1")
    assert flow(len(node), a, b, count, leaf[:1], leaf[1:2], 1.0) == pytest.approx(uplinks)
