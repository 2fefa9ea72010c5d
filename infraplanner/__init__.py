"""Infraplanner: plan an AI data hall to scale and see power, memory, thermal and copper limits live.

Library use: `import infraplanner as ip; plan = ip.open("hall.yaml"); ip.evaluate(plan).summary.tokens_per_s`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from infraplanner.version import __version__

if TYPE_CHECKING:
    from infraplanner.results.snapshot import ResultSnapshot
    from infraplanner.session import Session

__all__ = ["__version__", "evaluate", "open"]


def open(path: str | Path) -> Session:
    """Open a plan without a window. Raises io.plan_reader.PlanError that lists every problem of the file."""
    from infraplanner.catalog.loader import load_catalog  # noqa: PLC0415 - keep `import infraplanner` light
    from infraplanner.session import Session  # noqa: PLC0415

    session = Session(load_catalog(), force_sync=True)
    session.open(path)
    return session


def evaluate(plan: Session) -> ResultSnapshot:
    """All walls of the plan at hand, once, settled; waits until the engine is done."""
    plan.wait_idle()
    assert plan.result is not None
    return plan.result
