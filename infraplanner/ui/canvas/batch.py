"""Thousands of rectangles or lines in one painter call.

Qt's QRectF and QLineF are four doubles in a row, so that a NumPy buffer of shape (n, 4) is an array of them: the first is
wrapped as a Qt object at the buffer's address and handed over with a count. Nothing is copied and nothing is created per item.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QPainter

Floats = NDArray[np.float64]


def draw_rects(painter: QPainter, rects: Floats) -> None:
    """Draw rectangles given as (n, 4) left, top, width, height in the painter's pen and brush."""
    if len(rects):
        data = np.ascontiguousarray(rects, dtype=np.float64)
        painter.drawRects(cast(QRectF, shiboken6.wrapInstance(data.ctypes.data, QRectF)), len(data))


def draw_lines(painter: QPainter, lines: Floats) -> None:
    """Draw lines given as (n, 4) x1, y1, x2, y2 in the painter's pen."""
    if len(lines):
        data = np.ascontiguousarray(lines, dtype=np.float64)
        painter.drawLines(cast(QLineF, shiboken6.wrapInstance(data.ctypes.data, QLineF)), len(data))
