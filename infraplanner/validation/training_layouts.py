"""Shape and layouts of a measured training row: what it states, what the catalogue adds, what has to be assumed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

import numpy as np

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import Llm
from infraplanner.compile.rules import constants
from infraplanner.kernels.arrays import Floats
from infraplanner.kernels.training_types import Device, Shape

from . import phrases
from .measured import Row

SEQUENCES_AN_ACCELERATOR = 8  # of a step, where a row states no batch
SEQUENCE_TOKENS = 4096  # where neither row nor model states a length
TENSOR = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64)
FFN_RATIO = 4
DEFAULT_VOCAB = 51200
MICRO_BATCHES = (1, 2, 4, 8)
STAGES = (1, 2, 4, 8, 16, 32)
STATED = ("layers", "hidden", "heads")


def model_of(row: Row) -> dict[str, Any]:
    """The row's model: its mapping, or its name alone."""
    model = row.get("model")
    return {k: v for k, v in model.items() if v is not None} if isinstance(model, dict) else {"name": str(model)}


def shape_of(row: Row, catalog: Catalog, assumed: list[str]) -> Shape | None:
    """The row's own figures first, then those of the catalogue's model of this name; None when neither has a shape."""
    from infraplanner.engine.training import shape  # noqa: PLC0415 - loads Numba, only when a row is predicted

    model = model_of(row)
    llm = catalog.find(str(model.get("name")))
    known = shape(llm) if isinstance(llm, Llm) else None
    if not all(name in model for name in STATED):
        if isinstance(llm, Llm):
            assumed.append(f"shape of {llm.id}")
        return known
    if known is None or llm is None or not isinstance(llm, Llm):
        return _own_shape(model, assumed)
    hidden, heads = float(model["hidden"]), float(model["heads"])
    width = known.qk_width * hidden / known.hidden
    value = known.value_width * hidden / known.hidden
    kv = known.kv_width * hidden / known.hidden
    return known._replace(
        layers=float(model["layers"]),
        hidden=hidden,
        heads=heads,
        qk_width=width,
        value_width=value,
        kv_width=kv,
        attention_weights=known.attention_weights * (hidden / known.hidden) ** 2,
        ffn_width=float(model.get("ffn") or known.ffn_width * hidden / known.hidden),
        vocab=float(model.get("vocab") or known.vocab),
    )


def _own_shape(model: dict[str, Any], assumed: list[str]) -> Shape:
    """A dense model from the row alone; gated feed-forward when that comes nearer to its stated size."""
    layers, hidden, heads = (float(model[name]) for name in STATED)
    head = float(model.get("head_dim") or hidden / heads)
    kv = float(model.get("kv_heads") or heads)
    ffn = float(model.get("ffn") or FFN_RATIO * hidden)
    vocab = float(model.get("vocab") or DEFAULT_VOCAB)
    attention = hidden * head * (2.0 * heads + 2.0 * kv)
    stated = model.get("params")
    if "ffn" not in model:
        assumed.append(f"feed-forward width {FFN_RATIO} h")
    if "vocab" not in model:
        assumed.append(f"vocabulary {DEFAULT_VOCAB}")

    def miss(matrices: float) -> float:
        size = layers * (attention + matrices * hidden * ffn) + vocab * hidden
        return abs(size - float(stated)) if stated else matrices

    return Shape(
        layers=layers, moe_layers=0.0, hidden=hidden, heads=heads, qk_width=heads * head, value_width=heads * head,
        kv_width=2.0 * kv * head, attention_weights=attention, ffn_width=ffn, ffn_matrices=min((2.0, 3.0), key=miss),
        vocab=vocab, embedding_tables=1.0, expert_count=1.0, experts_per_token=1.0, shared_count=0.0, expert_width=ffn,
        expert_domains_count=np.inf,
    )  # fmt: skip


def sequence_tokens(row: Row, catalog: Catalog, assumed: list[str]) -> float:
    """Tokens of one sequence."""
    model = model_of(row)
    if "seq" in model:
        return float(model["seq"])
    llm = catalog.find(str(model.get("name")))
    length = min(SEQUENCE_TOKENS, llm.max_context) if isinstance(llm, Llm) else SEQUENCE_TOKENS
    assumed.append(f"sequences of {length} tokens")
    return float(length)


def published(row: Row, catalog: Catalog, part: str, assumed: list[str]) -> Row:
    """The row with the groups that the publisher states once for the whole run (constants `benchmark.training.*`), where
    the row itself is silent.
    """
    llm, rule = catalog.find(str(model_of(row).get("name"))), constants(catalog)
    if llm is None:
        return row
    found = {name: rule(f"benchmark.training.{llm.id}.{part}.{name}") for name in ("tp", "pp", "ep")}
    own = {name: int(value) for name, value in found.items() if not np.isnan(value) and row.get(name) is None}
    if own:
        assumed.append("as the publisher states for this run: " + ", ".join(f"{name} {own[name]}" for name in own))
    return {**row, **own}


def batch_of(row: Row, tokens: float, count: int, assumed: list[str]) -> float:
    """Sequences of one step."""
    batch = row.get("global_batch")
    if isinstance(batch, int | float):
        return float(batch)
    stated = phrases.read("batch_tokens", batch)
    if stated:
        return float(stated) / tokens
    assumed.append(f"a batch of {SEQUENCES_AN_ACCELERATOR} sequences an accelerator")
    return float(SEQUENCES_AN_ACCELERATOR * count)


def layouts(row: Row, shape: Shape, device: Device, tokens: float, style: str, assumed: list[str]) -> Floats:
    """Every layout that the row allows, one a line in the order of `Job`; empty when it contradicts itself."""
    count = accelerators(row)
    batch = batch_of(row, tokens, count, assumed)
    names = ("tp", "pp", "dp", "micro_batch", "interleave", "recompute")
    missing = [name for name in names if row.get(name) is None]
    lines = list(_lines(row, shape, device, (count, tokens, batch), style))
    if missing and len(lines) > 1:
        assumed.append(f"best layout over {', '.join(missing)}")
    return np.array(lines, dtype=float).reshape(len(lines), 14)


def accelerators(row: Row) -> int:
    """Accelerators of the job: stated, or the product of its groups."""
    count = row.get("n_accelerators")
    sizes = [int(row.get(name) or 1) for name in ("tp", "cp", "pp", "dp")]
    return int(count) if count else int(np.prod(sizes))


def _lines(
    row: Row, shape: Shape, device: Device, size: tuple[int, float, float], style: str
) -> Iterator[tuple[float, ...]]:
    count, tokens, batch = size
    fused = 1.0 if style == "tuned" else 0.0
    block = phrases.read("parallel_block", row.get("notes")) or 0.0
    for tp, cp, pp, dp in _groups(row, shape, device, count):
        for ep, micro in product(_experts(row, shape, dp * cp), _micro(row, batch, dp)):
            for chunks, (again, rows), zero in product(
                _chunks(row, shape, pp, batch / (dp * micro)), _recompute(row, style), _zero(row, style)
            ):
                yield (tp, cp, pp, dp, ep, chunks, micro, batch, tokens, again, rows, zero, fused, block)


def _groups(row: Row, shape: Shape, device: Device, count: int) -> Iterator[tuple[int, int, int, int]]:
    product_of = phrases.read("model_parallel", row.get("notes"))
    cp = int(row.get("cp") or 1)
    usual = [tp for tp in TENSOR if shape.heads % tp == 0 and tp <= device.domain_count]
    for tp in _choices(row.get("tp"), usual):
        for pp in _choices(row.get("pp"), _stages(shape, tp, product_of, count)):
            if product_of and tp * pp != product_of:
                continue
            stated = row.get("dp")
            dp = int(stated) if stated else count // (tp * cp * pp)
            if dp >= 1 and (stated is not None or tp * cp * pp * dp == count):
                yield tp, cp, pp, dp


def _stages(shape: Shape, tp: int, product_of: int | None, count: int) -> list[int]:
    """Stages that divide the layers, powers of two, or what a stated size of one replica leaves."""
    if product_of:
        return [product_of // tp]
    powers = [stages for stages in STAGES if stages <= min(shape.layers, count)]
    return sorted({*_divisors(int(shape.layers), count), *powers})


def _choices(stated: Any, otherwise: Iterable[int]) -> list[int]:
    return [int(stated)] if stated is not None else list(otherwise)


def _divisors(number: int, limit: int) -> list[int]:
    return [d for d in range(1, min(number, limit) + 1) if number % d == 0]


def _experts(row: Row, shape: Shape, ranks: int) -> list[int]:
    if shape.moe_layers == 0:
        return [1]
    sizes = [e for e in _divisors(int(shape.expert_count), ranks) if ranks % e == 0]
    return _choices(row.get("ep"), sizes)


def _micro(row: Row, batch: float, dp: int) -> list[int]:
    if row.get("micro_batch") is not None:
        return [int(row["micro_batch"])]
    whole = [size for size in MICRO_BATCHES if batch % (dp * size) == 0]
    return whole or ([1] if row.get("dp") is not None and batch >= dp else [])


def _chunks(row: Row, shape: Shape, pp: int, microbatches: float) -> list[int]:
    """Chunks a stage; interleaving needs a number of microbatches that the stages divide."""
    if row.get("interleave") is not None:
        return [int(row["interleave"])]
    if pp == 1 or microbatches % pp:
        return [1]
    return _divisors(-int(-shape.layers // pp), int(shape.layers))


def _recompute(row: Row, style: str) -> list[tuple[float, float]]:
    """(recompute, sequence parallelism): selective recompute came with sequence parallelism; tuned software has both."""
    text = row.get("recompute")
    stated, cut = phrases.read("recompute", text), phrases.read("sequence_parallel", text)
    modes = [phrases.KEEP_ALL, phrases.CORE, phrases.LAYER] if stated is None else [stated]
    usual = 1.0 if style == "tuned" else 0.0
    return [(mode, cut if cut is not None else max(usual, float(mode == phrases.CORE))) for mode in modes]


def _zero(row: Row, style: str) -> list[float]:
    stated = phrases.read("zero_stage", row.get("notes"))
    if stated is not None:
        return [stated]
    return [1.0, 2.0] if style == "tuned" else [0.0]
