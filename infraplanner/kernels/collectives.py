"""Time of collective operations on a group of accelerators: latency and bandwidth of each algorithm.

Symbols: n ranks, S bytes per rank [B], alpha time of one hop [s], B achievable bytes a second of one rank in one
direction [B/s] (the link's rate times its efficiency; on a drawn fabric that of the slowest member). Reference:
interconnect and training model, section 3.4; Thakur, Rabenseifner and Gropp, "Optimization of collective communication
operations in MPICH" (2005); Sanders, Speck and Traeff, "Two-tree algorithms" (2009). All forms hold for equal ranks
with no other traffic; a group of one takes no time.
"""

from __future__ import annotations

from math import ceil, log2

from ._jit import kernel

# Kinds of collective for `busbw_ratio`; they name cases and are no parameters.
ALL_REDUCE, ALL_GATHER, REDUCE_SCATTER, ALL_TO_ALL, POINT_TO_POINT = 0, 1, 2, 3, 4


@kernel
def point_to_point(size_b: float, hop_s: float, rate_b_per_s: float) -> float:
    """One message [s]: `alpha + S/B`. Worked: 1 GB at 50 GB/s and 10 us: 20.01 ms."""
    return hop_s + size_b / rate_b_per_s


@kernel
def reduce_scatter(size_b: float, rank_count: float, hop_s: float, rate_b_per_s: float) -> float:
    """Ring reduce-scatter of S [s]: `(n-1) alpha + (n-1)/n S/B`; S is the full size before the scatter.

    Worked: 8 ranks, 1 GB, 100 GB/s, no latency: 8.75 ms.
    """
    if rank_count <= 1.0:
        return 0.0
    return (rank_count - 1.0) * (hop_s + size_b / rank_count / rate_b_per_s)


@kernel
def all_gather(size_b: float, rank_count: float, hop_s: float, rate_b_per_s: float) -> float:
    """Ring all-gather to S [s], the mirror of `reduce_scatter`; S is the full size after the gather."""
    return reduce_scatter(size_b, rank_count, hop_s, rate_b_per_s)


@kernel
def ring_all_reduce(size_b: float, rank_count: float, hop_s: float, rate_b_per_s: float) -> float:
    """Reduce-scatter, then all-gather [s]: `2 (n-1) alpha + 2 (n-1)/n S/B`; bandwidth-optimal without switch help.

    Worked: 8 ranks, 1 GB, 370 GB/s, no latency: 4.73 ms.
    """
    return 2.0 * reduce_scatter(size_b, rank_count, hop_s, rate_b_per_s)


@kernel
def tree_all_reduce(size_b: float, rank_count: float, hop_s: float, rate_b_per_s: float) -> float:
    """Pipelined reduce up and broadcast down one tree [s]: `2 ceil(log2 n) alpha + 2 S/B`.

    Inner ranks receive from two children, so B is half of a link when its directions are shared by both.
    Worked: 16 ranks, 1 GB, 50 GB/s, 10 us: 40.08 ms.
    """
    if rank_count <= 1.0:
        return 0.0
    return 2.0 * ceil(log2(rank_count)) * hop_s + 2.0 * size_b / rate_b_per_s


@kernel
def double_tree_all_reduce(size_b: float, rank_count: float, hop_s: float, rate_b_per_s: float) -> float:
    """Two trees of S/2 each, a leaf of one is inner in the other [s]: `2 log2(n) alpha + 2 S/B`.

    Worked: 1,024 ranks, 1 MB, 50 GB/s, 10 us: 240 us, where a ring needs 20.5 ms.
    """
    if rank_count <= 1.0:
        return 0.0
    return 2.0 * log2(rank_count) * hop_s + 2.0 * size_b / rate_b_per_s


@kernel
def in_network_all_reduce(size_b: float, rank_count: float, hop_s: float, rate_b_per_s: float) -> float:
    """The switches add [s]: `2 alpha + S/B`, every byte goes up once and comes down once, both ways at the same time.

    Worked: 1 GB at 275 GB/s: 3.64 ms whatever the number of ranks; B is the rate that the reduction reaches.
    """
    if rank_count <= 1.0:
        return 0.0
    return 2.0 * hop_s + size_b / rate_b_per_s


@kernel
def all_to_all(size_b: float, rank_count: float, hop_s: float, rate_b_per_s: float, bisection_b_per_s: float) -> float:
    """Every rank sends S/n to each other one [s]: the larger of `(n-1)/n S/B` and `S n/4 / B_bisection`, plus
    `(n-1) alpha`. `bisection_b_per_s` is one way; infinite when no narrower cut is known.

    Worked: 8 ranks of 1 GB at 50 GB/s: 17.5 ms; with a bisection of 100 GB/s: 20 ms.
    """
    if rank_count <= 1.0:
        return 0.0
    own = (rank_count - 1.0) / rank_count * size_b / rate_b_per_s
    cut = 0.25 * rank_count * size_b / bisection_b_per_s
    return (rank_count - 1.0) * hop_s + max(own, cut)


@kernel
def hierarchical_all_reduce(
    size_b: float,
    inner_count: float,
    outer_count: float,
    inner_hop_s: float,
    outer_hop_s: float,
    inner_b_per_s: float,
    outer_b_per_s: float,
) -> float:
    """g ranks a domain, N domains [s]: reduce-scatter inside, ring of S/g across, all-gather inside.

    `2 (g-1) (alpha_in + S/(g B_in)) + 2 (N-1) (alpha_out + S/(g N B_out))`. Worked: g = 8, N = 2, 1 GB, 300 and
    25 GB/s: 5.83 + 5.00 = 10.83 ms.
    """
    inside = 2.0 * reduce_scatter(size_b, inner_count, inner_hop_s, inner_b_per_s)
    return inside + ring_all_reduce(size_b / max(1.0, inner_count), outer_count, outer_hop_s, outer_b_per_s)


@kernel
def hierarchical_gather(
    size_b: float,
    inner_count: float,
    outer_count: float,
    inner_hop_s: float,
    outer_hop_s: float,
    inner_b_per_s: float,
    outer_b_per_s: float,
) -> float:
    """All-gather (or reduce-scatter) of S over g x N ranks [s]: S/g across, then S inside; half of the all-reduce."""
    inside = reduce_scatter(size_b, inner_count, inner_hop_s, inner_b_per_s)
    return inside + reduce_scatter(size_b / max(1.0, inner_count), outer_count, outer_hop_s, outer_b_per_s)


@kernel
def busbw_ratio(kind: int, rank_count: float) -> float:
    """Bus bandwidth over S/T by kind: `2 (n-1)/n` all-reduce, `(n-1)/n` gather, scatter and all-to-all, else 1.

    Worked: an all-reduce of 8 ranks at 275 GB/s has a bus bandwidth of 481 GB/s. Reference: nccl-tests PERFORMANCE.md.
    """
    share = (rank_count - 1.0) / rank_count
    if kind == ALL_REDUCE:
        return 2.0 * share
    if kind == POINT_TO_POINT:
        return 1.0
    return share
