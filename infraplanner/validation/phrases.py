"""What measured rows say in words, read through one table of patterns: batches, recompute, precision, systems, links."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from infraplanner.units import BITS_PER_BYTE, GIGA

MEBI = 2.0**20  # batches stated in tokens are binary: 16M is 8 x 16 x 131,072
Reader = Callable[[re.Match[str]], Any]
KEEP_ALL, CORE, LAYER = 0.0, 1.0, 2.0

PHRASES: tuple[tuple[str, str, Reader], ...] = (
    # field, pattern anywhere in the text (ignoring case), value
    ("batch_tokens", r"^([\d.]+)M tokens$", lambda m: float(m[1]) * MEBI),
    ("recompute", r"^(none|n/a)", lambda m: KEEP_ALL),
    ("recompute", r"^selective", lambda m: CORE),
    ("recompute", r"^full", lambda m: LAYER),
    ("sequence_parallel", r"noseq", lambda m: 0.0),
    ("sequence_parallel", r"seqpar", lambda m: 1.0),
    ("precision", r"\b(fp8|fp4|int8)\b", lambda m: m[1].lower()),
    ("precision", r"\b(nvfp4|mxfp4)\b", lambda m: "fp4"),
    ("precision", r"\b(fp16|bf16)\b", lambda m: "bf16"),
    ("zero_stage", r"\bZeRO-([0-3])", lambda m: float(m[1])),
    ("zero_stage", r"FSDP without resharding", lambda m: 2.0),
    ("model_parallel", r"model-parallel size (\d+)", lambda m: int(m[1])),
    ("model_parallel", r"(\d+) GPUs per replica", lambda m: int(m[1])),
    ("software", r"system megascale", lambda m: "tuned"),
    ("software", r"system megatron", lambda m: "plain"),
    ("square_ratio", r"arXiv:2407\.21783", lambda m: 0.5),  # Llama 3: only the causal half closes its 128K row
    ("feature_alone", r"ablation: \+", lambda m: True),
    ("parallel_block", r"system megascale", lambda m: 1.0),
    ("nic_b_per_s", r"\bNDR(\d+)", lambda m: float(m[1]) * GIGA / BITS_PER_BYTE),
    ("nic_b_per_s", r"\b(\d+)G NIC", lambda m: float(m[1]) * GIGA / BITS_PER_BYTE),
    ("node_b_per_s", r"\b(\d+)x(\d+)G\b", lambda m: float(m[1]) * float(m[2]) * GIGA / BITS_PER_BYTE),
    ("message_b", r"\b(\d+)(?:-(\d+))? GiB messages?", lambda m: float(m[2] or m[1]) * 2.0**30),
    ("accelerators_in_name", r"at_(\d+)_gpus", lambda m: int(m[1])),
)


def read(field: str, *texts: object) -> Any:
    """The first value of `field` found in the texts, in their order and the table's; None when none says it."""
    for text in texts:
        for name, pattern, value in PHRASES:
            found = re.search(pattern, str(text), re.IGNORECASE) if name == field and text is not None else None
            if found:
                return value(found)
    return None


def plain_name(text: str) -> str:
    """A name without a remark in brackets that says only what the source did not: `H100 (not named ...)`."""
    return re.sub(r" \(not named[^)]*\)", "", text)
