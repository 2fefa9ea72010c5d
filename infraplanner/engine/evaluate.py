"""One synchronous, settled evaluation; imports Numba on its first call only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from infraplanner.compile.parts import Catalogue
from infraplanner.model.document import Snapshot
from infraplanner.results.snapshot import ResultSnapshot

from . import kernel_cache
from .protocol import Check

if TYPE_CHECKING:
    from .sampling import Sampler

# ruff: noqa: PLC0415 - kernels, and with them Numba, are imported when first needed


def evaluate(
    snapshot: Snapshot,
    catalog: Catalogue,
    *,
    failed: frozenset[str] = frozenset(),
    check: Check | None = None,
) -> ResultSnapshot:
    """All models once, to the coupling tolerance; records named in `failed` are dead. A function of its arguments
    alone.
    """
    kernel_cache.prepare_once()
    from .pools import PoolSolver
    from .stages import settled_result
    from .workspace import Workspace

    space = Workspace(catalog, PoolSolver())
    space.exact = True
    space.follow(snapshot, None)
    return settled_result(space, failed, check)[0]


def evaluate_failures(
    snapshot: Snapshot, catalog: Catalogue, failures: Iterable[frozenset[str]], *, reuse: bool = True
) -> Iterator[ResultSnapshot]:
    """One result for every set of records out of service, compiled once, with what failures are ranked by. Read each before
    asking for the next. `reuse` False works out anew what a failure leaves as it is.
    """
    kernel_cache.prepare_once()
    from .failing import Failures
    from .pools import PoolSolver
    from .workspace import Workspace

    space = Workspace(catalog, PoolSolver())
    space.follow(snapshot, None)
    plan = Failures(space, reuse=reuse)
    for failed in failures:
        yield plan.result(failed)


def sampler(snapshot: Snapshot, catalog: Catalogue) -> Sampler:
    """A plan compiled once, to be solved under many shifts of what is not known exactly."""
    kernel_cache.prepare_once()
    from .sampling import Sampler as Found

    return Found(snapshot, catalog)
