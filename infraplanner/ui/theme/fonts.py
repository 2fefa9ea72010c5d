"""The bundled font with tabular figures; one place decides family, sizes and weights."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtGui import QFont, QFontDatabase

from infraplanner.places import resources_dir

CAPTION, BODY, TITLE, PANEL_NUMBER, HEADLINE = 12, 13, 15, 16, 22
NORMAL, MEDIUM, STRONG, TILE = 400, 500, 600, 700


@lru_cache(maxsize=1)
def family() -> str:
    """Family name of the bundled Inter, loaded at first use; the system's sans where it cannot be read."""
    names = []
    for path in sorted((resources_dir() / "fonts").glob("Inter-*.otf")):
        names += QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(path)))
    return names[0] if names else QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family()


@lru_cache(maxsize=64)
def font(pixels: int = BODY, weight: int = NORMAL, *, italic: bool = False) -> QFont:
    """A font of the window: pixel size, weight 400 to 700, figures of equal width."""
    made = QFont(family())
    made.setPixelSize(pixels)
    made.setWeight(QFont.Weight(weight))
    made.setItalic(italic)
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made
