"""Rulers, scale bar and legend around the floor."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter, QStaticText

from infraplanner.ui.theme import fonts, maps
from infraplanner.ui.theme.tokens import Theme
from infraplanner.units import number

from .batch import draw_lines
from .camera import Camera
from .ink import DASHES, label, pen
from .link_colours import colour_of
from .overlays import Overlay
from .scene import Floats

RULER_PX = 22


def ruler_step_mm(px_per_m: float) -> float:
    """Distance between labelled ticks: 1, 2 or 5 times a power of ten metres, at least 48 px apart."""
    wanted = 48 / px_per_m * 1000
    base = 10.0 ** math.floor(math.log10(wanted))
    return next(step * base for step in (1, 2, 5, 10) if step * base >= wanted)


@lru_cache(maxsize=512)
def _metres(text: str) -> QStaticText:
    """A ruler's figure, laid out once: laying text out costs more than drawing it."""
    made = QStaticText(text.replace("-", "\u2212"))
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.prepare(font=fonts.font(fonts.CAPTION))
    return made


def paint_rulers(painter: QPainter, theme: Theme, camera: Camera, pointer_px: tuple[float, float] | None) -> None:
    """Rulers at the top and left in metres; y grows upwards."""
    width, height = camera.width, camera.height
    painter.fillRect(QRectF(0, 0, width, RULER_PX), theme.colour("surface.window"))
    painter.fillRect(QRectF(0, 0, RULER_PX, height), theme.colour("surface.window"))
    step = ruler_step_mm(camera.px_per_m)
    left, bottom, right, top = camera.world_bounds()
    face = fonts.font(fonts.CAPTION)
    decimals = max(0, -math.floor(math.log10(step / 1000)))
    painter.setPen(pen(theme.colour("text.muted")))
    painter.setFont(face)
    xs: Floats = np.arange(math.ceil(left / step), math.floor(right / step) + 1, dtype=np.float64) * step
    ys: Floats = np.arange(math.ceil(bottom / step), math.floor(top / step) + 1, dtype=np.float64) * step
    across, along = np.round(camera.xs(xs)), np.round(camera.ys(ys))
    on_x, on_y = across >= RULER_PX, along >= RULER_PX
    ticks_x = np.stack([across, np.full_like(across, RULER_PX - 6), across, np.full_like(across, RULER_PX - 1)], axis=1)
    ticks_y = np.stack([np.full_like(along, RULER_PX - 6), along, np.full_like(along, RULER_PX - 1), along], axis=1)
    draw_lines(painter, np.concatenate([ticks_x[on_x], ticks_y[on_y]]))
    for at, x in zip(across[on_x].tolist(), xs[on_x].tolist(), strict=True):
        text = _metres(f"{x / 1000:.{decimals}f}")
        size = text.size()
        painter.drawStaticText(QPointF(at + 0.5 - size.width() / 2, 8 - size.height() / 2), text)
    painter.rotate(-90)
    for at, y in zip(along[on_y].tolist(), ys[on_y].tolist(), strict=True):
        text = _metres(f"{y / 1000:.{decimals}f}")
        size = text.size()
        painter.drawStaticText(QPointF(-at - 0.5 - size.width() / 2, 8 - size.height() / 2), text)
    painter.rotate(90)
    painter.setPen(pen(theme.colour("border.subtle")))
    painter.drawLine(0, RULER_PX, int(width), RULER_PX)
    painter.drawLine(RULER_PX, 0, RULER_PX, int(height))
    painter.fillRect(QRectF(0, 0, RULER_PX, RULER_PX), theme.colour("surface.window"))
    label(
        painter, QRectF(0, 0, RULER_PX, RULER_PX), "m", theme.colour("text.muted"), face, Qt.AlignmentFlag.AlignCenter
    )
    if pointer_px is not None:
        painter.setPen(pen(theme.colour("accent.line")))
        painter.drawLine(int(pointer_px[0]), 0, int(pointer_px[0]), RULER_PX)
        painter.drawLine(0, int(pointer_px[1]), RULER_PX, int(pointer_px[1]))


def _card(painter: QPainter, theme: Theme, box: QRectF) -> None:
    painter.setPen(pen(theme.colour("border.strong")))
    painter.setBrush(theme.colour("surface.overlay", 0.96))
    painter.drawRoundedRect(box, 6, 6)


def paint_scale_bar(painter: QPainter, theme: Theme, camera: Camera) -> None:
    """Scale bar in the lower right corner."""
    step = ruler_step_mm(camera.px_per_m * 0.6)
    length = step * camera.scale
    box = QRectF(camera.width - length - 52, camera.height - 46, length + 40, 34)
    _card(painter, theme, box)
    x, y = box.left() + 14, box.bottom() - 11
    painter.setPen(pen(theme.colour("text.primary"), 1.5))
    painter.drawLine(int(x), int(y), int(x + length), int(y))
    for at in (x, x + length / 2, x + length):
        painter.drawLine(int(at), int(y) - 5, int(at), int(y))
    face = fonts.font(fonts.CAPTION)
    text = f"{step / 1000:g} m"
    for at, caption in ((x, "0"), (x + length, text)):
        label(
            painter,
            QRectF(at - 30, box.top() + 2, 60, 16),
            caption,
            theme.colour("text.secondary"),
            face,
            Qt.AlignmentFlag.AlignCenter,
        )


def paint_legend(painter: QPainter, theme: Theme, camera: Camera, overlay: Overlay, note: str) -> None:
    """Colour bar with title, unit and ticks in the lower left corner; `note` says provisional or which revision."""
    box = QRectF(RULER_PX + 10, camera.height - 66, 300, 54)
    _card(painter, theme, box)
    face, small = fonts.font(fonts.CAPTION, fonts.STRONG), fonts.font(fonts.CAPTION)
    label(painter, QRectF(box.left() + 12, box.top() + 4, 200, 16), overlay.title, theme.colour("text.primary"), face)
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    unit = "   ".join(part for part in (note, overlay.said, overlay.unit) if part)
    label(
        painter,
        QRectF(box.left() + 12, box.top() + 4, box.width() - 24, 16),
        unit,
        theme.colour("text.secondary"),
        small,
        right,
    )
    bar = QRectF(box.left() + 12, box.top() + 22, box.width() - 24, 9)
    rows = maps.overlay_map(overlay.key, theme.is_dark)
    strip = np.ascontiguousarray(np.concatenate([rows, np.full((256, 1), 255, np.uint8)], axis=1)[None, :, :])
    painter.drawImage(bar, QImage(strip.tobytes(), 256, 1, 1024, QImage.Format.Format_RGBA8888))
    for value in overlay.lines:
        mark = round(bar.left() + (value - overlay.low) / (overlay.high - overlay.low) * bar.width())
        for colour, width in (("selection.casing", 4.0), ("text.primary", 2.0)):
            painter.setPen(pen(theme.colour(colour), width))
            painter.drawLine(mark, int(bar.top()) - 3, mark, int(bar.bottom()) + 2)
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        value = overlay.low + share * (overlay.high - overlay.low)
        at = bar.left() + share * bar.width()
        align = Qt.AlignmentFlag.AlignCenter
        spot = QRectF(at - 25, bar.bottom() + 3, 50, 14)
        if share == 0.0:
            align, spot = Qt.AlignmentFlag.AlignLeft, QRectF(at, bar.bottom() + 3, 50, 14)
        elif share == 1.0:
            align, spot = Qt.AlignmentFlag.AlignRight, QRectF(at - 50, bar.bottom() + 3, 50, 14)
        label(painter, spot, number(value, 3), theme.colour("text.secondary"), small, align)


def paint_media_legend(painter: QPainter, theme: Theme, camera: Camera, rows: list[tuple[str, str, str]]) -> None:
    """Line samples of the media in use: (token family, name, figure)."""
    face = fonts.font(fonts.CAPTION)
    metrics = QFontMetricsF(face)
    width = (
        max(
            (metrics.horizontalAdvance(name) + metrics.horizontalAdvance(figure) for _, name, figure in rows),
            default=0.0,
        )
        + 92
    )
    box = QRectF(RULER_PX + 10, camera.height - 20 - 18 * len(rows) - 12, width, 18.0 * len(rows) + 14)
    _card(painter, theme, box)
    for index, (family, name, figure) in enumerate(rows):
        y = box.top() + 7 + 18 * index
        token = family if family.startswith("step.") else f"media.{family}"
        colour = colour_of(theme, token) if family else theme.colour("status.error")
        painter.setPen(pen(colour, 3, None if family.startswith("step.") else DASHES.get(family, [1.0, 3.0])))
        painter.drawLine(int(box.left() + 12), int(y + 9), int(box.left() + 44), int(y + 9))
        label(painter, QRectF(box.left() + 54, y, width, 18), name, theme.colour("text.primary"), face)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        label(painter, QRectF(box.left() + 54, y, width - 66, 18), figure, theme.colour("text.secondary"), face, right)
