"""Design rules: one function a rule; `run` is what the session gives to the engine."""

from .context import Rule
from .registry import RULES, run

__all__ = ["RULES", "Rule", "run"]
