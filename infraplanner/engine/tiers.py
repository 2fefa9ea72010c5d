"""The work of the two threads: each owns a workspace; what they share is immutable."""

from __future__ import annotations

from collections.abc import Callable

from infraplanner.compile.once import Once
from infraplanner.compile.parts import Catalogue
from infraplanner.kernels.warmup import warm_up
from infraplanner.model.changes import ChangeSet
from infraplanner.model.document import Snapshot
from infraplanner.results.snapshot import ResultSnapshot

from .pools import PoolSolver
from .protocol import Check
from .stages import FirstAnswer, Settled, live_result, settled_result
from .workspace import Workspace

__all__ = ["FirstAnswer", "Settled", "Tier", "warm_up"]


class Tier:
    """A workspace with its catalogue; after a failed compile it starts from nothing."""

    def __init__(self, catalogue: Catalogue, check: Check | None, once: Once | None = None) -> None:
        self._space = Workspace(catalogue, PoolSolver(), once)
        self._check = check

    def follow(self, snapshot: Snapshot, changes: ChangeSet) -> None:
        """Bring the arrays up to a snapshot."""
        try:
            self._space.follow(snapshot, changes)
        except Exception:
            self._space.compiled = None
            raise

    def live(self, settled: Settled, failed: frozenset[str] = frozenset()) -> ResultSnapshot:
        """A provisional result with some records out of service."""
        return live_result(self._space, settled, self._check, failed)

    def settle(
        self,
        stop: Callable[[], bool] | None = None,
        failed: frozenset[str] = frozenset(),
        first: FirstAnswer | None = None,
    ) -> tuple[ResultSnapshot, Settled]:
        """The settled result of the snapshot last followed, with some records out of service; a large plan gives a
        `first` answer before.
        """
        return settled_result(self._space, failed, self._check, stop, first)

    def finish(
        self, stop: Callable[[], bool], failed: frozenset[str], tell: Callable[[int, int], None]
    ) -> tuple[ResultSnapshot, Settled]:
        """The settled result with every job's traffic routed in full, where `settle` gave an estimate."""
        self._space.exact, self._space.routing = True, tell
        try:
            return settled_result(self._space, failed, self._check, stop)
        finally:
            self._space.exact, self._space.routing = False, None
