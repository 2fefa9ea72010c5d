"""The JSON Schema of the plan file, for editors that complete and check YAML."""

from __future__ import annotations

from typing import Any

import msgspec

from infraplanner.model.entities import TABLES
from infraplanner.model.ids import ID_PATTERN
from infraplanner.text.limits import INTEGER_LIMIT

from .layout import FORMAT, VERSION

_REFERENCE = "#/$defs/{name}"


def plan_schema() -> dict[str, Any]:
    """The schema (draft 2020-12). Fields that we do not know are kept by the reader but flagged by an editor."""
    kinds = [TABLES[name] for name in sorted(TABLES)]
    _, components = msgspec.json.schema_components(kinds, ref_template=_REFERENCE)
    for component in components.values():
        _refine(component)
    tables = {
        name: {
            "type": ["array", "null"],
            "description": (TABLES[name].__doc__ or "").split("\n")[0],
            "items": {"$ref": _REFERENCE.format(name=TABLES[name].__name__)},
        }
        for name in sorted(TABLES)
    }
    header = {
        "format": {"const": FORMAT},
        "version": {
            "type": "integer",
            "minimum": 1,
            "description": f"Version of the format; this program writes {VERSION}.",
        },
        "min_reader": {
            "type": "integer",
            "minimum": 1,
            "description": "Oldest format version whose readers understand it.",
        },
        "created_with": {"type": "string"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Infraplanner plan",
        "description": "A data hall: positions in millimetres, x right, y up from the hall's lower-left corner.",
        "type": "object",
        "required": ["format", "version"],
        "properties": {**header, **tables},
        "$defs": dict(sorted(components.items())),
    }


def _refine(component: dict[str, Any]) -> None:
    """What the types do not say: the form of ids, the largest integer; `unknown` is how we keep fields, not a field."""
    properties = component.get("properties", {})
    properties.pop("unknown", None)
    if "id" in properties:
        properties["id"]["pattern"] = f"^{ID_PATTERN}$"
    for info in properties.values():
        if info.get("type") == "integer":
            info.setdefault("maximum", INTEGER_LIMIT)
            info.setdefault("minimum", -INTEGER_LIMIT)
