"""What the engine takes from outside without importing it."""

from __future__ import annotations

from collections.abc import Callable

from infraplanner.compile.plan import Compiled
from infraplanner.model.document import Snapshot
from infraplanner.results.findings import Finding
from infraplanner.results.snapshot import ResultSnapshot

Check = Callable[[Snapshot, Compiled, ResultSnapshot], tuple[Finding, ...]]
"""Design rules: plan, compiled tables and results in, findings out. `session` injects `checks.run`."""
