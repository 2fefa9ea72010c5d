"""Kernel figures of `bench`, in a process of their own: JSON on stdout."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from infraplanner.catalog.loader import load_catalog
from infraplanner.engine.measure import measure_kernels

from .generate import generate_plan

RACKS = 400

if __name__ == "__main__":
    plan = generate_plan(RACKS)
    sys.stdout.write(json.dumps([asdict(kernel) for kernel in measure_kernels(plan.snapshot(), load_catalog())]))
