"""Units stand in the names: every float that a kernel takes or yields has a unit's suffix or a name known to have
none.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import Any, get_type_hints

from infraplanner import kernels
from infraplanner.kernels.arrays import Flags, Floats, Ints

SUFFIXES = (
    "_w", "_m", "_k", "_c", "_s", "_b", "_bps", "_usd", "_frac", "_ratio", "_count", "_tokens", "_per_s", "_per_m",
    "_per_j", "_per_m3_k", "_flop", "_db", "_hz", "_eta", "_mu", "_pa", "_kg_per_m3", "_ohm", "_v", "_a", "_var",
    "_m2", "_j", "_kg", "_a_per_m2",
)  # fmt: skip
PLAIN = {
    # counts, shares and weights of a model or layout, spelled as in the field's papers
    "layers", "dense_layers", "moe_layers", "window_layers", "hidden", "heads", "vocab", "attention_weights",
    "ffn_weights", "experts_per_token", "expert_weights", "kv_elements", "kv_shards_max", "prefill_qkv_elements",
    "decode_qkv_elements", "tp", "pp", "ep", "dp", "batch", "batch_max", "pinned", "pinned_batch", "sequences",
    "decode", "phase", "tokens", "step", "steps", "context_tokens", "blend_exponent", "exponent", "imbalance", "moe_mu",
    # the same of a training job; laws of loss
    "qk_width", "value_width", "kv_width", "ffn_width", "ffn_matrices", "embedding_tables", "expert_width", "cp",
    "interleave", "micro_batch", "recompute", "sequence_parallel", "zero_stage", "fused_attention", "parallel_block",
    "irreducible", "parameter_scale", "token_scale", "parameter_exponent", "token_exponent",
    # tables and graph arrays whose columns carry units of their own
    "layouts", "table", "points", "load", "capacity", "demand", "class_demand", "flow", "weight", "cables", "instances",
    "accelerators", "cop", "xs", "ys", "x", "out", "source_share", "target_share", "family_cables", "expert_count",
    "feed_weight", "load_weight",
    # a fitted law `k Q^n`, a pump's falling curve, scratch of the flow network, tokens by class
    "coefficient", "slope", "share", "covers",
    # a small system of equations, the law of a cold plate
    "matrix", "right", "products", "a", "b", "plate_exponent", "chiller_cop", "part_load", "count",
}  # fmt: skip


def floats(hints: dict[str, Any]) -> set[str]:
    return {name for name, hint in hints.items() if hint is float or hint == Floats}


def test_every_float_has_its_unit_in_its_name() -> None:
    bad: set[str] = set()
    for info in pkgutil.iter_modules(kernels.__path__):
        module = importlib.import_module(f"infraplanner.kernels.{info.name}")
        for name, value in vars(module).items():
            if getattr(value, "__module__", "") != module.__name__:
                continue
            if inspect.isclass(value) and hasattr(value, "_fields"):
                hints = get_type_hints(value)
            elif hasattr(value, "py_func"):
                hints = {key: hint for key, hint in get_type_hints(value.py_func).items() if key != "return"}
            else:
                continue
            bad |= {
                f"{info.name}.{name}.{key}" for key in floats(hints) if not key.endswith(SUFFIXES) and key not in PLAIN
            }
            assert all(hint in (float, int, bool, Floats, Ints, Flags) or hint for hint in hints.values())
    assert bad == set()


def test_every_kernel_and_argument_tuple_is_documented() -> None:
    for info in pkgutil.iter_modules(kernels.__path__):
        module = importlib.import_module(f"infraplanner.kernels.{info.name}")
        assert module.__doc__, info.name
        for name, value in vars(module).items():
            if getattr(value, "__module__", "") == module.__name__ and not name.startswith("_"):
                if hasattr(value, "py_func"):
                    assert value.py_func.__doc__, name
                elif inspect.isclass(value):
                    assert value.__doc__, name
