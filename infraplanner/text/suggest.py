"""Did you mean: the known name that an unknown one most likely stands for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

# Longest first, so that `_gb_per_s` is not taken for `_s`.
_NAMES = """
    mm cm m km in inch ft um mm2 cm2 m2 kg g t lb w kw mw va kva c f k deg rad s ms us ns min h gbps mbps bps tbps
    gb_per_s tb_per_s gb gib mb tb b frac pct percent ratio count kg_per_m2 psf kpa pa bar w_per_m2 kw_per_m2 w_per_ft2
    usd_per_kwh usd_per_kw_month usd_per_mwh g_per_kwh kg_per_kwh usd eur l_per_min gpm lpm l_per_s l_per_min_per_kw v kv a px_per_m
    tokens per_s years months
"""
_UNITS = sorted(_NAMES.split(), key=len, reverse=True)


def stem(name: str) -> str:
    """The name without its unit: `x` of `x_mm`, the name itself when it carries none."""
    for unit in _UNITS:
        if name.endswith("_" + unit):
            return name[: -len(unit) - 1]
    return name


def wrong_unit(name: str, known: Iterable[str]) -> str | None:
    """The known field that differs from `name` only in its unit, or None."""
    bare = stem(name)
    for other in known:
        if other != name and stem(other) == bare and other != bare:
            return other
    return None


def closest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Up to `count` known names that look most like `name`, best first."""
    lowered = {other.lower(): other for other in known}
    return [lowered[match] for match in difflib.get_close_matches(name.lower(), lowered, count, 0.6)]
