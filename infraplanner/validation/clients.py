"""What drove a measured run: the client and the settings that its publisher states for all rows of a table.

A row states lengths, layout and concurrency; how many requests ran, how their lengths spread and how much memory the
engine was given stand once in the publisher's instructions. Those facts are constants of the catalogue
(`benchmark.*`), each with its source; none is a measured result.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from infraplanner.catalog.types import Llm
from infraplanner.engine import kernel_cache

from .measured import Row

kernel_cache.prepare_once()
from infraplanner.kernels.inference import Tuning  # noqa: E402 - loads Numba, after its cache folder is chosen

Lookup = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class Client:
    """How a benchmark was driven. `requests`: how many ran (0: steady state). `length_frac`: mean length over the
    stated one. `burst_frac`: share that arrives together at the start. `memory_frac`: share of the memory free after
    loading that the engine gives its cache, and `reserve_b` what its runtime takes before; `batch_max`: its own limit
    (NaN: as planned). `reserved`: places in the cache are kept for whole requests. `poll_count`: decode steps between two
    looks at the queue (NaN: unknown). `told`: what this assumes, in words.
    """

    requests: float = 0.0
    length_frac: float = 1.0
    burst_frac: float = 0.0
    memory_frac: float = math.nan
    reserve_b: float = math.nan
    batch_max: float = math.nan
    reserved: bool = False
    poll_count: float = math.nan
    told: tuple[str, ...] = ()

    def tuned(self, tune: Tuning) -> Tuning:
        """The constants with the engine's settings in this run."""
        if not math.isnan(self.memory_frac):
            tune = tune._replace(usable_frac=1.0, cache_frac=self.memory_frac, reserve_b=self.reserve_b)
        if not math.isnan(self.batch_max):
            tune = tune._replace(batch_max=self.batch_max)
        if self.reserved:
            tune = tune._replace(kv_growth_frac=1.0)
        if not math.isnan(self.poll_count):
            tune = tune._replace(admission_count=tune.admission_count + 0.5 * self.poll_count)
        return tune


def drafts_of(row: Row, rule: Lookup, llm: Llm) -> int:
    """Tokens guessed a step: stated, or those of the publisher's recipe where one framework version ran only recipes with
    drafts; they need a model with a module that predicts them, which those with latent attention have. 0: none.
    """
    stated = row.get("draft_tokens")
    if stated is not None:
        return int(stated)
    if llm.kv_lora_rank is None or not str(row.get("source") or "").startswith("InferenceX"):
        return 0
    split = ".attention_dp" if int(row.get("attention_dp") or 1) > 1 else ""
    found = rule(f"benchmark.inferencex.drafts{split}.{row.get('framework')}.{row.get('framework_version')}")
    return 0 if math.isnan(found) else int(found)


def client_of(row: Row, rule: Lookup, *, four_bit: bool = False) -> Client:
    """The client of a row, recognised by framework, mode, source and lengths; a plain one where nothing is published.

    `four_bit`: the part has 4-bit units; only the recipes for such parts make SGLang look at its queue rarely.
    """
    tokens_in, tokens_out = int(row["isl"]), int(row["osl"])
    framework = str(row.get("framework") or "").lower()
    if row.get("mode") == "offline" and framework == "trtllm":
        count = rule(f"benchmark.trtllm.requests.{tokens_in}-{tokens_out}")
        told: tuple[str, ...] = ("places in the cache kept for whole requests",)
        if not math.isnan(count):
            told += (f"a run of {count:.0f} requests",)
        return Client(
            requests=0.0 if math.isnan(count) else count,
            memory_frac=rule("benchmark.trtllm.memory_fraction"),
            reserve_b=rule("benchmark.trtllm.reserved_bytes"),
            batch_max=rule("benchmark.trtllm.batch_limit"),
            reserved=True,
            told=told,
        )
    if row.get("mode") == "offline" and framework == "vllm" and row.get("concurrency_or_batch") is None:
        return Client(
            batch_max=rule("benchmark.vllm.batch_limit"), told=("at most 256 sequences, the engine's default",)
        )
    if row.get("mode") != "serving" or not str(row.get("source") or "").startswith("InferenceX"):
        return Client()
    known = not math.isnan(rule(f"benchmark.inferencex.lengths.{tokens_in}-{tokens_out}"))
    share = 1.0 / rule("benchmark.inferencex.waves")
    if not known:
        return Client(burst_frac=math.nan, told=("share of requests that arrive together, as fitted",))
    many = int(row.get("concurrency_or_batch") or 0) >= rule("benchmark.inferencex.poll_from")
    polls = framework == "sglang" and four_bit
    poll = rule(f"benchmark.inferencex.poll_steps.{'many' if many else 'few'}") if polls else math.nan
    return Client(
        length_frac=rule("benchmark.inferencex.length_mean"),
        burst_frac=share,
        poll_count=poll,
        told=("ten waves of requests", "lengths spread evenly from 0.8 to 1.0 of the stated ones"),
    )
