"""Icons: our SVG files, tinted with a token colour at run time and cached as pixmaps."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from infraplanner.places import resources_dir


@lru_cache(maxsize=256)
def _svg(name: str) -> str:
    return (resources_dir() / "icons" / f"{name}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=1024)
def pixmap(name: str, colour: str, size: int = 16, ratio: float = 1.0) -> QPixmap:
    """An icon of `size` logical pixels in a colour (hex text), for a screen of the given pixel ratio."""
    renderer = QSvgRenderer(QByteArray(_svg(name).replace("currentColor", colour).encode()))
    image = QPixmap(round(size * ratio), round(size * ratio))
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter, QRectF(0, 0, image.width(), image.height()))
    painter.end()
    image.setDevicePixelRatio(ratio)
    return image


def icon(name: str, colour: str, disabled: str | None = None, size: int = 18) -> QIcon:
    """A QIcon in a colour, with another for the disabled state."""
    made = QIcon()
    for ratio in (1.0, 2.0, 3.0):
        made.addPixmap(pixmap(name, colour, size, ratio))
        if disabled:
            made.addPixmap(pixmap(name, disabled, size, ratio), QIcon.Mode.Disabled)
    return made


def draw(painter: QPainter, name: str, colour: QColor, x: float, y: float, size: int = 16) -> None:
    """Draw an icon with its upper-left corner at (x, y), in device-independent pixels."""
    ratio = painter.device().devicePixelRatio() if painter.device() else 1.0
    painter.drawPixmap(round(x), round(y), pixmap(name, colour.name(), size, ratio))
