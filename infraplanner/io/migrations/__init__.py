"""One small step a version: plain data of version n to plain data of version n + 1.

A step module is `to_0002.py` with a function `migrate(data)`, listed in STEPS under the version that it starts from. A
frozen sample of every version stands in `tests/data/files/v000n/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Step = Callable[[dict[str, Any]], dict[str, Any]]

STEPS: dict[int, Step] = {}


def migrate(data: dict[str, Any], version: int, target: int, steps: Mapping[int, Step] = STEPS) -> dict[str, Any]:
    """Plain data of a file brought from `version` to `target`. Raises LookupError when a step is missing."""
    for number in range(version, target):
        if number not in steps:
            raise LookupError(f"there is no way from version {number} to version {number + 1}")
        data = steps[number](data)
        data["version"] = number + 1
    return data
