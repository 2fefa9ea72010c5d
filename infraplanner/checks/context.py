"""What a rule sees, and how it speaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from infraplanner.compile.plan import Compiled
from infraplanner.model.document import Snapshot
from infraplanner.results.findings import Severity
from infraplanner.results.snapshot import ResultSnapshot

Wall = Literal["", "power", "memory", "thermal", "copper"]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
DIGITS_MOST = 5
CAP_TOLERANCE = 1e-6
"""How closely power and heat management meet a limit, relative to it."""
Message = tuple[str, tuple[str, ...]]
"""One sentence and the ids it is about, the one to look at first."""


@dataclass(frozen=True, slots=True)
class Context:
    """A plan, its compiled tables and its results, all of one revision."""

    snapshot: Snapshot
    compiled: Compiled
    result: ResultSnapshot
    shared: dict[str, object] = field(default_factory=dict)
    """What several rules compute alike."""

    def ids(self, table: str) -> tuple[str, ...]:
        """Ids of a compiled table in row order."""
        return self.compiled.tables[table].ids


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule's name, weight and wall, and the function that yields what breaks it."""

    id: str
    severity: Severity
    wall: Wall
    title: str
    find: Callable[[Context], Iterator[Message]]
    objects_live: int | None = None
    """While something is dragged in a plan with more placed objects than this, the rule waits for the mouse to rest."""


def rows(mask: NDArray[np.bool_]) -> list[int]:
    """Row numbers where a mask is set, as plain integers."""
    return [int(row) for row in np.flatnonzero(mask)]


def kw(power_w: float) -> str:
    """Watts as kW with one decimal below 100 and none above."""
    value = power_w / 1e3
    return f"{value:.1f} kW" if abs(value) < 100.0 else f"{value:.0f} kW"


def spread(share: Floats) -> str:
    """Shares as percent, "83%" or "83% to 90%" where they differ by half a percent or more."""
    low, high = float(share.min()), float(share.max())
    return f"{low:.0%}" if high - low < 5e-3 else f"{low:.0%} to {high:.0%}"


def apart(value: float, limit: float, digits: int = 1) -> tuple[str, str]:
    """Both numbers with as many decimals as it takes to tell them apart, five at most.

    Worked: 30.02 and 30.0 give "30.02" and "30.00"; 31.4 and 30.0 give "31.4" and "30.0".
    """
    while digits < DIGITS_MOST and f"{value:.{digits}f}" == f"{limit:.{digits}f}":
        digits += 1
    return f"{value:.{digits}f}", f"{limit:.{digits}f}"
