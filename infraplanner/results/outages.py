"""Every single failure of the power tree, and what redundancy each group of alike nodes has."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def _floats() -> Floats:
    return np.empty(0)


def _ints() -> Ints:
    return np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Redundancy:
    """Alike nodes and how they back each other up. `scheme`: N, N+k, 2N, 3N/2, 4N/3, distributed, block redundant or
    spare; `limit_frac` is the highest share of its rating that one may carry so that no single failure overloads it, and
    `after_frac` what the worst one would then carry at the present load, `after_nameplate_frac` with everything at its
    most.
    """

    scheme: str
    kind: str
    ids: tuple[str, ...]
    limit_frac: float
    after_frac: float | None
    after_nameplate_frac: float | None = None


@dataclass(frozen=True, slots=True)
class SupplyClass:
    """Alike supplies (`what`: power shelf, power supply) in the racks or servers `ids` of one system: `count` of `unit_w`
    in each, `spare` of them more than its nameplate needs. What a box is short of when one of them fails, or when those
    on one of its two sides do: at its present draw and at its nameplate [W]. `two_sided` of the boxes are fed from both
    sides; the others have no half to go on with (0 W short).
    """

    system: str
    what: str
    ids: tuple[str, ...]
    boxes: int
    count: int
    unit_w: float
    spare: int
    short_w: float
    short_nameplate_w: float
    side_short_w: float
    side_short_nameplate_w: float
    two_sided: int = 0


@dataclass(frozen=True, slots=True)
class OutageResult:
    """One row a failure in `case_ids` (one unit where a node has several: `case_unit`). Dark loads lose all feeds; single
    ones keep one of several. `case_worst` is the most loaded node then, at `case_worst_frac` of its rating.
    Those of `case_nameplate_` are of the same failure with every rack at its nameplate. `supplies` are the racks' own.
    """

    case_ids: tuple[str, ...] = ()
    case_unit: tuple[bool, ...] = ()
    case_unserved_w: Floats = field(default_factory=_floats)
    case_dark: Ints = field(default_factory=_ints)
    case_single: Ints = field(default_factory=_ints)
    case_overloaded: Ints = field(default_factory=_ints)
    case_worst: tuple[str, ...] = ()
    case_worst_frac: Floats = field(default_factory=_floats)
    case_nameplate_unserved_w: Floats = field(default_factory=_floats)
    case_nameplate_overloaded: Ints = field(default_factory=_ints)
    case_nameplate_worst: tuple[str, ...] = ()
    case_nameplate_worst_frac: Floats = field(default_factory=_floats)
    supplies: tuple[SupplyClass, ...] = ()
    schemes: tuple[Redundancy, ...] = ()

    @property
    def worst(self) -> int | None:
        """Row of the failure that loses most load, then overloads most, then loads one node most; None without cases."""
        if not self.case_ids:
            return None
        keys = zip(
            self.case_unserved_w.tolist(), self.case_overloaded.tolist(), self.case_worst_frac.tolist(), strict=True
        )
        ranked = list(keys)
        return max(range(len(ranked)), key=lambda row: ranked[row])
