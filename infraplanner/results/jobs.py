"""What a training job yields: its speed, what failures and checkpoints cost it, when it ends and how well."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class JobResult:
    """One job in steady state; None where unknown, with `not_predicted` saying why."""

    id: str
    model: str
    pool: str
    accelerator_count: int = 0
    tokens_per_s: float | None = None
    """While it runs, between failures."""
    goodput_frac: float | None = None
    """Share of time that makes progress."""
    effective_tokens_per_s: float | None = None
    mtbf_s: float | None = None
    """Mean time between failures of the whole job."""
    checkpoint_interval_s: float | None = None
    time_to_train_s: float | None = None
    loss: float | None = None
    """Expected loss a token [nats] after all tokens, by the refitted law."""
    optimal_tokens: float | None = None
    """Tokens that the same compute trains best on, with a model of the size that goes with them."""
    optimal_parameters: float | None = None
    not_predicted: str = ""
    pace_frac: float | None = None
    """Share of its own pace that the drawn links let it keep; None: none of its machines carries a link."""
    binding_link: str = ""
    """The bundle that holds it back, if any does."""
    collision_frac: float | None = None
    """Share of its rate that this bundle reaches when flows are hashed; 1 where packets are sprayed."""
    estimate: bool = False
    """True while only some of its destinations are routed."""
    sent_b_per_s: dict[str, float] = field(default_factory=dict)
    """Traffic between machines at the pace in force, by what sends it: `tensor`, `context`, `pipeline`, `data` and `expert`
    groups, `checkpoint` to storage and `dataset` from it; empty where no machine carries a link."""
