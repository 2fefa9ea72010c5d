"""PySide6 6.12.0 on CPython 3.11 drops a reference to None on every void call and aborts after a few thousand."""

from __future__ import annotations

import sys

from PySide6.QtCore import QObject, QPointF, Signal
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication, QLabel

CALLS = 5000


class Sender(QObject):
    """A signal with an argument."""

    sent = Signal(object)


def test_void_calls_do_not_eat_none(qapp: QApplication) -> None:
    """Tens of thousands of calls that return nothing leave the count where it was (CPython 3.12 and later never moves it)."""
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    label, sender, got = QLabel(), Sender(), []
    sender.sent.connect(got.append)
    point = QPointF()
    before = sys.getrefcount(None)
    for _ in range(CALLS):
        label.setText("a")
        label.update()
        point.setX(1.0)
        sender.sent.emit(None)
        got.clear()
        painter = QPainter(image)
        painter.setOpacity(0.5)
        painter.drawLine(0, 0, 7, 7)
        painter.end()
    after = sys.getrefcount(None)
    assert after > before - CALLS // 10, "references to None were lost"
    assert sys.getrefcount(None) > 1000
