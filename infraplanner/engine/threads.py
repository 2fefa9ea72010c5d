"""The engine: two long-lived threads, changes merged, latest wins, nothing older than what was shown is delivered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from infraplanner.compile.parts import Catalogue
from infraplanner.model.changes import ChangeSet
from infraplanner.model.document import Snapshot
from infraplanner.results.snapshot import ResultSnapshot

from . import kernel_cache
from .protocol import Check

if TYPE_CHECKING:
    from infraplanner.compile.once import Once

    from .stages import Settled
    from .tiers import Tier

# ruff: noqa: PLC0415 - kernels, and with them Numba, are imported on the engine's threads when first needed

OnResult = Callable[[ResultSnapshot], None]
OnProgress = Callable[[int, int, str], None]
OnFailure = Callable[[str], None]
Job = Callable[[Callable[[], bool]], None]
"""Work for the background thread when nothing is to be settled; it asks its argument often whether a newer edit has come."""


TRAFFIC = "traffic"
"""What progress is called while the load of jobs is routed in full."""


class Request:
    """Changes that one thread has not seen yet, merged, with the newest snapshot."""

    __slots__ = ("changes", "snapshot")

    def __init__(self, snapshot: Snapshot, changes: ChangeSet) -> None:
        self.snapshot = snapshot
        self.changes = changes

    def then(self, snapshot: Snapshot, changes: ChangeSet) -> Request:
        """This request followed by a later edit."""
        return Request(snapshot, self.changes.then(changes))


class Engine:
    """Evaluates a plan while it is edited.

    `live` answers every submission with a provisional result (tier A); `background` answers with a settled one (tier B)
    when nothing is being dragged. Callbacks run on these threads, one at a time. With `force_sync` there are no
    threads: `submit` returns after the callback.
    """

    def __init__(
        self,
        catalog: Catalogue,
        *,
        on_result: OnResult,
        on_progress: OnProgress | None = None,
        on_failure: OnFailure | None = None,
        check: Check | None = None,
        force_sync: bool = False,
    ) -> None:
        self._catalog = catalog
        self._on_result, self._on_progress, self._on_failure = on_result, on_progress, on_failure
        self._check = check
        self._sync = force_sync
        self._state = threading.Condition()
        self._delivery = threading.Lock()
        self._live: Request | None = None
        self._back: Request | None = None
        self._back_wanted = False
        self._warm_wanted = False
        self._busy = 0
        self._generation = 0
        self._catalog_generation = 0
        self._last: Snapshot | None = None
        self._shown = (-1, 0)
        self._settled: Settled | None = None
        self._failed: frozenset[str] = frozenset()
        self._jobs: dict[str, Job] = {}
        self._closed = False
        self._tiers: dict[str, tuple[int, Tier]] = {}
        self._once: Once | None = None
        self._threads: list[threading.Thread] = []
        if not force_sync:
            for name, loop in (("live", self._live_loop), ("background", self._background_loop)):
                thread = threading.Thread(target=loop, name=f"infraplanner-{name}", daemon=True)
                self._threads.append(thread)
                thread.start()

    def submit(self, snapshot: Snapshot, changes: ChangeSet, *, dragging: bool) -> None:
        """Take note of an edit. While `dragging` only provisional results are made."""
        with self._state:
            if self._closed:
                return
            self._generation += 1
            self._last = snapshot
            self._live = self._live.then(snapshot, changes) if self._live else Request(snapshot, changes)
            self._back = self._back.then(snapshot, changes) if self._back else Request(snapshot, changes)
            self._back_wanted = not dragging
            self._state.notify_all()
        if self._sync:
            self._run_inline()

    def warm_up(self) -> None:
        """Compile all kernels on the live thread, reporting progress; returns at once."""
        if self._sync:
            self._warm()
            return
        with self._state:
            self._warm_wanted = True
            self._state.notify_all()

    def set_catalog(self, catalog: Catalogue) -> None:
        """Use another catalogue from now on; the last plan is evaluated anew."""
        with self._state:
            self._catalog = catalog
            self._catalog_generation += 1
            last = self._last
        if last is not None:
            self.submit(last, ChangeSet(last.revision, {}, whole=True), dragging=False)

    def set_failed(self, failed: frozenset[str]) -> None:
        """These records are out of service from now on (a what-if); the last plan is evaluated anew."""
        with self._state:
            self._failed = failed
            last = self._last
        if last is not None:
            self.submit(last, ChangeSet(last.revision), dragging=False)

    def run_when_idle(self, job: Job, name: str = "") -> None:
        """Run a job on the background thread once everything is settled (tier C).

        A later job replaces a waiting one of the same name.
        """
        if self._sync:
            self._run_job(job, self._generation)
            return
        with self._state:
            self._jobs[name] = job
            self._state.notify_all()

    def wait_idle(self, timeout_s: float) -> bool:
        """Wait until nothing is pending or running; False when the time is up first."""
        deadline = time.monotonic() + timeout_s
        with self._state:
            while not self._idle():
                left = deadline - time.monotonic()
                if left <= 0.0:
                    return False
                self._state.wait(left)
            return True

    def close(self) -> None:
        """Stop both threads after what they are doing; further submissions are ignored."""
        with self._state:
            self._closed = True
            self._generation += 1
            self._live = self._back = None
            self._back_wanted = self._warm_wanted = False
            self._jobs.clear()
            self._state.notify_all()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()

    def _idle(self) -> bool:
        waiting = self._live or self._warm_wanted or self._jobs or (self._back and self._back_wanted)
        return not (self._busy or waiting)

    def _live_loop(self) -> None:
        while True:
            with self._state:
                self._state.wait_for(lambda: self._closed or self._live is not None or self._warm_wanted)
                if self._closed:
                    return
                warm, self._warm_wanted = self._warm_wanted, False
                request = None if warm else self._live
                if request is not None:
                    self._live = None
                self._busy += 1
            try:
                if warm:
                    self._warm()
                elif request is not None:
                    self._run_live(request)
            finally:
                self._rest()

    def _background_loop(self) -> None:
        while True:
            with self._state:
                self._state.wait_for(lambda: self._closed or self._settle_waits() or bool(self._jobs))
                if self._closed:
                    return
                request: Request | None = None
                job: Job | None = None
                if self._settle_waits():
                    request, self._back = self._back, None
                else:
                    job = self._jobs.pop(next(iter(self._jobs)))
                generation = self._generation
                self._busy += 1
            try:
                if request is not None:
                    self._run_settled(request, generation)
                elif job is not None:
                    self._run_job(job, generation)
            finally:
                self._rest()

    def _settle_waits(self) -> bool:
        return self._back_wanted and self._back is not None

    def _run_job(self, job: Job, generation: int) -> None:
        try:
            kernel_cache.prepare_once()
            job(lambda: generation != self._generation)
        except Exception as error:
            self._fail(f"Work in the background failed: {type(error).__name__}: {error}.")

    def _rest(self) -> None:
        with self._state:
            self._busy -= 1
            self._state.notify_all()

    def _warm(self) -> None:
        kernel_cache.prepare_once()
        try:
            from .tiers import warm_up

            warm_up(self._on_progress)
        except Exception as error:
            self._fail(f"Preparing the models failed: {error}.")

    def _run_live(self, request: Request) -> None:
        try:
            kernel_cache.prepare_once()
            from .stages import Settled

            tier = self._tier("live")
            tier.follow(request.snapshot, request.changes)
            self._deliver(tier.live(self._settled or Settled(), self._failed))
        except Exception as error:
            self._broken(request.snapshot, error, provisional=True)

    def _run_settled(self, request: Request, generation: int) -> None:
        try:
            kernel_cache.prepare_once()
            from .stages import FirstAnswer, Settled, Superseded

            tier = self._tier("background")
            tier.follow(request.snapshot, request.changes)
            try:
                before = Settled() if request.changes.whole else self._settled or Settled()
                first = FirstAnswer(self._deliver, before)
                result, self._settled = tier.settle(lambda: generation != self._generation, self._failed, first)
            except Superseded:
                self._again(request)
                return
            self._deliver(result)
            if any(job.estimate for job in result.throughput.jobs):
                self._finish(tier, request, generation)
        except Exception as error:
            self._broken(request.snapshot, error, provisional=False)

    def _finish(self, tier: Tier, request: Request, generation: int) -> None:
        """Follow an estimate with the exact answer, unless a newer edit comes first."""
        from .stages import Superseded

        def tell(done: int, total: int) -> None:
            if self._on_progress is not None:
                self._on_progress(done, total, TRAFFIC)

        try:
            result, self._settled = tier.finish(lambda: generation != self._generation, self._failed, tell)
        except Superseded:
            self._again(request)
            return
        finally:
            tell(1, 1)
        self._deliver(result)

    def _again(self, request: Request) -> None:
        """Keep a superseded request pending, so that a drag without effect still ends in a settled result."""
        with self._state:
            if self._back is None and not self._closed:
                self._back = Request(request.snapshot, ChangeSet(request.snapshot.revision))

    def _run_inline(self) -> None:
        with self._state:
            request = self._live
            settle, self._live, self._back, self._back_wanted = self._back_wanted, None, None, False
            generation = self._generation
        if request is None:
            return
        if settle:
            self._run_settled(request, generation)
        else:
            self._run_live(request)

    def _tier(self, name: str) -> Tier:
        from infraplanner.compile.once import Once

        from .tiers import Tier

        name = "both" if self._sync else name
        with self._state:
            catalog, generation = self._catalog, self._catalog_generation
            if self._once is None and not self._sync:
                self._once = Once()
        held = self._tiers.get(name)
        if held is None or held[0] != generation:
            held = (generation, Tier(catalog, self._check, self._once))
            self._tiers[name] = held
        return held[1]

    def _deliver(self, result: ResultSnapshot) -> None:
        with self._delivery:
            rank = 2 if not result.provisional else 1 if result.refreshing else 0
            revision, shown = self._shown
            if result.revision < revision or (result.revision == revision and rank < shown) or self._closed:
                return
            self._shown = (result.revision, rank)
            self._on_result(result)

    def _broken(self, snapshot: Snapshot, error: Exception, *, provisional: bool) -> None:
        text = f"The evaluation failed: {type(error).__name__}: {error}."
        self._fail(text)
        self._deliver(ResultSnapshot(snapshot.revision, provisional, failures=(text,)))

    def _fail(self, text: str) -> None:
        if self._on_failure is not None:
            self._on_failure(text)
