"""How sure the headline figures are: bands, what moves them, and how often each wall binds."""

from __future__ import annotations

from dataclasses import dataclass, field

FIGURES: tuple[str, ...] = (
    "tokens_per_s", "it_power_kw", "facility_power_kw", "pue", "wue_l_per_kwh", "tokens_per_j", "usd_per_million_tokens",
    "kg_co2e_per_million_tokens", "capex_usd", "opex_usd_per_year", "training_tokens_per_s",
    "wall.power", "wall.memory", "wall.thermal", "wall.copper",
)  # fmt: skip
"""Fields of the summary, and the use of every wall."""


@dataclass(frozen=True, slots=True)
class UncertainInput:
    """One input that is not known exactly: the value in force, its 5th and 95th percentile (`z_end` says which, in standard
    deviations), and where that comes from. `kind` and `key` say what is moved.
    """

    id: str
    name: str
    kind: str
    key: str
    low: float
    mid: float
    high: float
    unit: str
    confidence: str
    note: str = ""
    z_end: float = 1.6449
    most: float = float("inf")

    def at(self, z: float) -> float:
        """The value at a standard normal deviate: two half normals that meet at the value in force. Cut at `most`, and at
        zero for what is never negative.
        """
        side = self.high - self.mid if z > 0.0 else self.mid - self.low
        value = min(self.mid + side * z / self.z_end, self.most)
        return value if self.low < 0.0 else max(0.0, value)


@dataclass(frozen=True, slots=True)
class Band:
    """A figure in force with its 5th, 50th and 95th percentile."""

    value: float | None
    p5: float | None
    p50: float | None
    p95: float | None


@dataclass(frozen=True, slots=True)
class Swing:
    """What a figure becomes when one input alone goes to its low and its high end."""

    input: str
    at_low: float
    at_high: float


@dataclass(frozen=True, slots=True)
class UncertaintyResult:
    """Bands and swings of every figure that is known.

    `solved_count` samples went through all models; the others, if any, through the response to each input alone.
    `check_error_frac` is how far that response lay from the solved samples at worst, by figure.
    """

    revision: int = 0
    seed: int = 0
    sample_count: int = 0
    solved_count: int = 0
    bands: dict[str, Band] = field(default_factory=dict)
    swings: dict[str, tuple[Swing, ...]] = field(default_factory=dict)
    inputs: tuple[UncertainInput, ...] = ()
    check_error_frac: dict[str, float] = field(default_factory=dict)
    binding_frac: dict[str, float] = field(default_factory=dict)
    """Share of the solved samples in which each wall binds."""
    elapsed_s: float = 0.0
