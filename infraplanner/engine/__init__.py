"""Evaluation of a plan: stages, coupling, and the two threads. Importing this package does not import Numba."""

from .evaluate import evaluate, evaluate_failures
from .threads import Engine

__all__ = ["Engine", "evaluate", "evaluate_failures"]
