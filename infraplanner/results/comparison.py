"""The plan as it stands beside its scenarios: what they are compared by, and how far each lies from the plan."""

from __future__ import annotations

from dataclasses import dataclass

from infraplanner.units import KILO, number, scaled

from .snapshot import ResultSnapshot

LEAST_CHANGE = 5e-5
"""Smaller changes are below what two solutions of one plan differ by."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A headline figure that scenarios are compared by: field of the summary, caption, unit, factor to it, and whether more
    of it is better (1), worse (-1) or neither (0).
    """

    field: str
    caption: str
    unit: str
    factor: float = 1.0
    sense: int = 0


FIGURES = (
    Figure("it_power_kw", "IT power", "W", KILO),
    Figure("pue", "PUE", "", 1.0, -1),
    Figure("tokens_per_s", "Throughput", "tok/s", 1.0, 1),
    Figure("training_tokens_per_s", "Training", "tok/s", 1.0, 1),
    Figure("tokens_per_j", "Energy", "tok/J", 1.0, 1),
    Figure("usd_per_million_tokens", "Cost", "$/M tok", 1.0, -1),
    Figure("kg_co2e_per_million_tokens", "Carbon", "g/M tok", KILO, -1),
    Figure("capex_usd", "Capital", "$", 1.0, -1),
    Figure("opex_usd_per_year", "Running cost", "$/year", 1.0, -1),
)
PLAIN_UNITS = frozenset({"", "tok/J", "$/M tok", "g/M tok"})
"""Units that take no prefix."""


@dataclass(frozen=True, slots=True)
class Case:
    """The plan as it stands (empty id) or under one scenario; `refusal` says in one sentence why it cannot be applied."""

    id: str
    name: str
    result: ResultSnapshot | None
    refusal: str = ""


def known_figures(cases: list[Case]) -> list[Figure]:
    """The figures that at least one case has."""
    found = [case.result.summary for case in cases if case.result is not None]
    return [figure for figure in FIGURES if any(getattr(summary, figure.field) is not None for summary in found)]


def change_frac(case: Case, base: Case, figure: Figure) -> float | None:
    """Change of a figure against the plan as it stands; 0 below `LEAST_CHANGE`, None where one of both has none."""
    if case.result is None or base.result is None:
        return None
    value, before = getattr(case.result.summary, figure.field), getattr(base.result.summary, figure.field)
    if value is None or not before:
        return None
    share = float(value / before - 1.0)
    return share if abs(share) >= LEAST_CHANGE else 0.0


def told(case: Case, figure: Figure) -> str:
    """A figure with its unit; a dash where there is none."""
    value = getattr(case.result.summary, figure.field) if case.result is not None else None
    if value is None:
        return "\u2013"
    if figure.unit in PLAIN_UNITS:
        return f"{number(figure.factor * value)} {figure.unit}".rstrip()
    return " ".join(scaled(figure.factor * value, figure.unit))
