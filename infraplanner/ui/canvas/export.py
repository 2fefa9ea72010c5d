"""Pictures of the floor by the painter that draws the screen: PNG, SVG, thumbnails."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QImage, QImageWriter, QPainter, QPixmap
from PySide6.QtSvg import QSvgGenerator

from infraplanner.model.document import Snapshot
from infraplanner.ui.theme.current import current

from . import paint_floor, paint_lines, rulers
from .camera import Camera, detail_level
from .paint_bodies import paint_bodies
from .scene import Find, build_scene
from .view import LAYERS, FloorView

DRAWING = QSize(2400, 1600)


def export_picture(view: FloorView, path: Path, kind: str, size: QSize = DRAWING) -> None:
    """Write the whole floor with scale bar and legend. Raises OSError when the file cannot be written."""
    camera = Camera(width=size.width(), height=size.height()).fitted(*view.scene.extent(), margin_px=70)
    level = view.level
    view.level = detail_level(camera.px_per_m, level)
    try:
        if kind == "svg":
            _svg(view, camera, path, size)
        else:
            image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
            _paint(view, camera, image)
            writer = QImageWriter(str(path), b"png")
            if not writer.write(image):
                raise OSError(errno.EIO, f"The picture cannot be written: {writer.errorString()}", str(path))
    finally:
        view.level = level


def _paint(view: FloorView, camera: Camera, device: QImage | QSvgGenerator) -> None:
    painter = QPainter(device)
    view.paint_world(painter, camera)
    theme = current().theme
    rulers.paint_rulers(painter, theme, camera, None)
    rulers.paint_scale_bar(painter, theme, camera)
    if view.overlay is not None:
        rulers.paint_legend(painter, theme, camera, view.overlay, "")
    painter.end()


def _svg(view: FloorView, camera: Camera, path: Path, size: QSize) -> None:
    with path.open("wb"):
        pass  # a folder that is missing or read-only is told before anything is drawn
    made = QSvgGenerator()
    made.setFileName(str(path))
    made.setSize(size)
    made.setViewBox(QRect(0, 0, size.width(), size.height()))
    made.setTitle("Infraplanner")
    _paint(view, camera, made)


def thumbnail(document: Snapshot, find: Find, size: QSize, ratio: float = 2.0) -> QPixmap:
    """A small picture of a plan without results."""
    scene = build_scene(document.snapshot() if hasattr(document, "snapshot") else document, find)
    camera = Camera(width=size.width(), height=size.height()).fitted(*scene.extent(), margin_px=8)
    picture = QPixmap(size * ratio)
    picture.setDevicePixelRatio(ratio)
    theme = current().theme
    picture.fill(theme.colour("surface.canvas"))
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    layers = frozenset(LAYERS) - {"grid", "findings"}
    paint_floor.paint_floor(painter, theme, camera, scene, 0, layers)
    runs = paint_lines.ribbons(scene)
    paint_lines.paint_ribbons(painter, theme, camera, runs, 0, 0.6, resolved=False)
    paint_bodies(painter, theme, camera, scene.bodies, np.arange(len(scene.bodies.ids)), 0, None, None)
    painter.end()
    return picture
