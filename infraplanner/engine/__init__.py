"""Evaluation of a plan: stages, coupling, and the two threads. Importing this package does not import Numba."""

from .chains import compare_chains
from .evaluate import evaluate, evaluate_failures
from .threads import Engine

__all__ = ["Engine", "compare_chains", "evaluate", "evaluate_failures"]
