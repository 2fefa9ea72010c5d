"""Rows of parts that keep a model on chip: public speeds seen by one user, which state neither lengths nor chips."""

from __future__ import annotations

import math

from infraplanner.catalog.types import Accelerator, Llm
from infraplanner.engine import kernel_cache
from infraplanner.units import GIGA, MEGA

from .measured import Row

kernel_cache.prepare_once()
from infraplanner.engine import tuning  # noqa: E402 - loads Numba, after its cache folder is chosen

ONE_USER = "output_tokens_per_s_per_user"
LENGTH_TOKENS = 1024
SPARE_FRAC = 0.1
"""Room beside the weights for the cache of one user."""


def filled(row: Row, part: Accelerator, llm: Llm, assumed: list[str]) -> Row:
    """The row with what a single user's speed hardly depends on: 1,024 tokens in and out, and as many chips as hold the
    weights; other rows as they are. What is filled in is added to `assumed`.
    """
    if not tuning.sram_family(part) or row["metric"] != ONE_USER or part.sram_mb is None:
        return row
    out = dict(row)
    if out.get("precision") is None:
        out["precision"] = "int8" if part.int8_tops is not None else "bf16"
    for name in ("isl", "osl"):
        if out.get(name) is None:
            out[name] = LENGTH_TOKENS
            assumed.append(f"{name} {LENGTH_TOKENS}")
    if out.get("n_accelerators") is None:
        width = 1.0 if out["precision"] in ("int8", "fp8") else 2.0
        need = llm.params_total_b * GIGA * width * (1.0 + SPARE_FRAC)
        out["n_accelerators"] = math.ceil(need / (part.sram_mb * MEGA))
        assumed.append(f"{out['n_accelerators']} chips, enough to hold the weights")
    return out | {"tp": 1, "pp": out["n_accelerators"], "ep": 1, "attention_dp": 1}
