#!/usr/bin/env python3
"""Export the glyphs the window uses to resources/icons/*.svg, so that no icon font is loaded at start.

A maker's tool: needs QtAwesome (its fonts: Phosphor, MIT; Material Design Icons, Apache 2.0) and fontTools.
Our own drawings (rack, cdu, tray, busway, ocs) are written here too, 16 x 16 grid, 1.25 px stroke.
"""

from __future__ import annotations

import json
from pathlib import Path

import qtawesome
from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont

FONTS = Path(qtawesome.__file__).parent / "fonts"
OUT = Path(__file__).resolve().parent.parent / "resources" / "icons"

PHOSPHOR = {
    "new": "file-plus", "open": "folder-open", "save": "floppy-disk", "save-as": "download-simple", "export": "export",
    "undo": "arrow-u-up-left", "redo": "arrow-u-up-right", "select": "cursor", "pan": "hand", "marquee": "selection",
    "rack-tool": "rows", "accelerator": "cpu", "cooling": "drop", "power": "lightning", "link": "link-simple",
    "wall": "wall", "measure": "ruler", "comment": "chat-circle", "snap": "magnet", "checks": "warning-circle",
    "search": "magnifying-glass", "close": "x", "more": "dots-three", "pop-out": "arrow-square-out", "plus": "plus",
    "compare": "git-diff", "sun": "sun", "moon": "moon", "copy": "copy", "delete": "trash", "rotate": "arrow-clockwise",
    "zoom-fit": "corners-out", "zoom-in": "magnifying-glass-plus", "zoom-out": "magnifying-glass-minus",
    "layers": "stack", "tree": "tree-structure", "catalogue": "squares-four", "eye": "eye", "eye-off": "eye-slash",
    "lock": "lock-simple", "unlock": "lock-simple-open", "history": "clock-counter-clockwise", "filter": "funnel",
    "ok": "check-circle", "info": "info", "warning": "warning", "error": "warning-octagon", "clock": "clock",
    "caret-down": "caret-down", "caret-right": "caret-right", "arrow-up": "arrow-up", "arrow-down": "arrow-down",
    "reset": "arrow-counter-clockwise", "network": "share-network", "storage": "database", "management": "desktop",
    "cpu-rack": "hard-drives", "snow": "snowflake", "utility": "broadcast", "battery": "battery-high", "hall": "buildings",
    "workload": "chat-text", "model": "brain", "feed": "path", "loop": "arrows-clockwise", "help": "question",
    "command": "command", "recent": "clock-clockwise", "chart": "chart-line", "keyboard": "keyboard", "tokens": "text-aa",
}  # fmt: skip
MATERIAL = {
    "fan": "fan",
    "plug": "power-plug-outline",
    "memory": "memory",
    "pipe": "pipe",
    "ups": "battery-charging-outline",
}
OWN = {
    "rack": (
        '<rect x="3.5" y="1.5" width="9" height="13"/>'
        '<path d="M3.5 5h9M3.5 8.2h9M3.5 11.4h9M5.5 3.2h1.5M5.5 6.6h1.5M5.5 9.8h1.5M5.5 13h1.5"/>'
    ),
    "cdu": (
        '<rect x="2.5" y="1.5" width="11" height="13"/>'
        '<path d="M8 4c1.8 2.2 2.6 3.4 2.6 4.6a2.6 2.6 0 0 1-5.2 0C5.4 7.4 6.2 6.2 8 4zM4.5 13h7"/>'
    ),
    "tray": '<path d="M1.5 4.5h13M1.5 11.5h13M4 4.5v7M8 4.5v7M12 4.5v7"/>',
    "busway": '<path d="M1.5 5.5h13v5h-13zM4.5 10.5v3M11.5 10.5v3M1.5 8h13"/>',
    "ocs": '<circle cx="8" cy="8" r="6"/><path d="M3 5.5l10 5M3 10.5l10-5"/>',
}
HEAD = '<svg xmlns="http://www.w3.org/2000/svg" viewBox='


def outline(font: TTFont, code: int) -> str:
    """One glyph as an SVG of its em square, y down, filled with the current colour."""
    glyphs = font.getGlyphSet()
    name = font.getBestCmap()[code]
    ascent, em = font["hhea"].ascent, font["head"].unitsPerEm
    pen = SVGPathPen(glyphs, ntos=lambda value: f"{value:.4g}")
    scale = 256 / em
    glyphs[name].draw(TransformPen(pen, (scale, 0, 0, -scale, 0, ascent * scale)))
    return f'{HEAD}"0 0 256 256"><path fill="currentColor" d="{pen.getCommands()}"/></svg>\n'


def main() -> None:
    """Write all icons."""
    OUT.mkdir(parents=True, exist_ok=True)
    for pattern, names in (("phosphor", PHOSPHOR), ("materialdesignicons6", MATERIAL)):
        font = TTFont(next(path for path in FONTS.glob(f"{pattern}*.ttf") if "brands" not in path.name))
        table = json.loads(next(FONTS.glob(f"{pattern}*charmap*.json")).read_text(encoding="utf-8"))
        for name, glyph in names.items():
            (OUT / f"{name}.svg").write_text(outline(font, int(table[glyph], 16)), encoding="utf-8")
    for name, body in OWN.items():
        stroke = 'fill="none" stroke="currentColor" stroke-width="1.25"'
        svg = f'{HEAD}"0 0 16 16"><g {stroke}>{body}</g></svg>\n'
        (OUT / f"{name}.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
