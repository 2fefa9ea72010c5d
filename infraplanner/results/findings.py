"""Findings: what is wrong, where, and by how much. Plain data that every room may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class Finding:
    """One statement about the plan; `targets` are record ids, the first is where the window zooms to."""

    rule: str
    severity: Severity
    message: str
    targets: tuple[str, ...] = ()
    wall: Literal["", "power", "memory", "thermal", "copper"] = ""
    waived: bool = False
    reason: str = ""
