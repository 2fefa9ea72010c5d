"""How much a file may ask of us; every limit is named in the message that enforces it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Guards against files that are too big, too deep or too many-noded to be meant."""

    size_bytes: int = 512_000_000
    depth: int = 64
    node_count: int = 50_000_000
    string_bytes: int = 1_000_000
    key_length: int = 500
    problem_count: int = 10_000


LIMITS = Limits()
# Beyond 2**53 a number no longer survives other programs' readers, and no millimetre or count needs it.
INTEGER_LIMIT = 2**53
DIGIT_LIMIT = 400
