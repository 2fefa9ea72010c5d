"""The design tokens, read once; every colour, size and weight of the window comes from here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml
from PySide6.QtGui import QColor

from infraplanner.places import resources_dir


@dataclass(frozen=True)
class Theme:
    """One token set (`dark`, `light`). Colours by dotted name: `surface.panel`, `wall.power`, `media.dac`."""

    name: str
    colours: dict[str, str]
    tints: dict[str, float]

    def hex(self, name: str) -> str:
        """Hex text of a colour. Raises KeyError for an unknown name."""
        return self.colours[name]

    def colour(self, name: str, alpha: float = 1.0) -> QColor:
        """A colour with an opacity of 0 to 1."""
        colour = QColor(self.colours[name])
        colour.setAlphaF(alpha)
        return colour

    def tint(self, name: str) -> float:
        """Opacity of a named tint, such as `ghost`."""
        return self.tints[name]

    @property
    def is_dark(self) -> bool:
        """True for the dark set."""
        return self.name == "dark"


@lru_cache(maxsize=1)
def raw_tokens() -> dict[str, Any]:
    """The token file as plain data (our own shipped file, so the safe loader is enough)."""
    path = resources_dir() / "themes" / "tokens.yaml"
    tokens: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return tokens


def _flatten(node: Any, prefix: str, out: dict[str, str]) -> None:
    if isinstance(node, str):
        out[prefix] = node
    elif isinstance(node, dict):
        if "hex" in node:
            out[prefix] = node["hex"]
        else:
            for key, value in node.items():
                _flatten(value, f"{prefix}.{key}" if prefix else str(key), out)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            _flatten(value, f"{prefix}.{index}", out)


@lru_cache(maxsize=4)
def theme(name: str) -> Theme:
    """The token set `dark` or `light`. Raises KeyError for another name."""
    data = raw_tokens()["themes"][name]
    colours: dict[str, str] = {}
    _flatten({key: value for key, value in data.items() if key != "tint"}, "", colours)
    return Theme(name, colours, {key: float(value) for key, value in data["tint"].items()})
