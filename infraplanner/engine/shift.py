"""What one sample of a plan differs in, and what it gave. Plain data: importing it loads no kernel."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from infraplanner.results.snapshot import Summary


@dataclass(frozen=True, slots=True)
class Shift:
    """Values that differ from those in force: constants by id, fields of the site, figures of the climate (added when
    they end in `_c`, else a ratio), ratio of tokens by class of prediction, place in the price range by line.
    """

    constants: Mapping[str, float] = field(default_factory=dict)
    site: Mapping[str, float] = field(default_factory=dict)
    climate: Mapping[str, float] = field(default_factory=dict)
    tokens: Mapping[str, float] = field(default_factory=dict)
    lines: Mapping[str, float] = field(default_factory=dict)

    @property
    def money_only(self) -> bool:
        """True when nothing physical differs."""
        return (
            not self.tokens
            and all(name.startswith("cost.") for name in self.constants)
            and not set(self.climate) & {"dry_bulb_c", "wet_bulb_c"}
        )


@dataclass(frozen=True, slots=True)
class Sampled:
    """What one sample gave: headline figures, use of every wall, and the binding one when asked for."""

    summary: Summary
    walls: dict[str, float | None]
    binding: str | None = None


def figures(sampled: Sampled, names: Iterable[str]) -> list[float]:
    """Named figures of a sample, walls as `wall.power`; NaN where unknown."""
    out = []
    for name in names:
        value = (
            sampled.walls[name.removeprefix("wall.")] if name.startswith("wall.") else getattr(sampled.summary, name)
        )
        out.append(math.nan if value is None else float(value))
    return out
