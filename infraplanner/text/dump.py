"""Plain data out: JSON and YAML of results and listings (the plan file has its own canonical emitter)."""

from __future__ import annotations

import json
from typing import Any

import yaml


def json_text(data: Any) -> str:
    """Indented JSON with a final newline. Raises ValueError on NaN or infinity: results must have turned them into null."""
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def yaml_text(data: Any) -> str:
    """Block YAML with a final newline."""
    return str(yaml.dump(data, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, width=120))
