"""A field that takes a quantity in any unit and shows it in its own; a bad entry is told below and changes nothing."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from infraplanner.units import UnitError, parse, plain, whole

_SHOWN = {
    "mm": "mm", "m": "m", "kw": "kW", "kg": "kg", "gbps": "Gb/s", "l_per_min": "L/min", "deg": "°", "c": "°C", "s": "s",
    "frac": "%", "k": "K", "tokens": "", "count": "", "kg_per_m2": "kg/m²", "w_per_m2": "W/m²", "usd_per_kwh": "$/kWh",
    "usd_per_kw_month": "$/kW/month", "usd": "$", "usd_per_million": "$/M tok",
    "g_per_kwh": "g/kWh", "years": "y", "": "",
}  # fmt: skip


class UnitField(QWidget):
    """`committed` carries the number in the field's unit (a fraction for per cent), or None when it was cleared."""

    committed = Signal(object)

    def __init__(
        self, unit: str, *, whole: bool = False, optional: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.unit = unit
        self.whole = whole
        self.optional = optional
        self._shown = ""
        self.edit = QLineEdit(self)
        self.edit.setAlignment(Qt.AlignmentFlag.AlignLeft)
        self.edit.setFixedHeight(24)
        self.suffix = QLabel(_SHOWN.get(unit, unit), self.edit)
        self.suffix.setObjectName("muted")
        self.suffix.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.suffix.adjustSize()
        self.edit.setTextMargins(0, 0, self.suffix.width() + 4, 0)
        self.reason = QLabel(self)
        self.reason.setObjectName("reason")
        self.reason.setWordWrap(True)
        self.reason.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.edit)
        layout.addWidget(self.reason)
        self.edit.editingFinished.connect(self.commit)
        self.setFocusProxy(self.edit)

    def resizeEvent(self, event: object) -> None:
        """The unit sits inside at the right."""
        super().resizeEvent(event)  # type: ignore[arg-type]
        self.suffix.move(self.edit.width() - self.suffix.width() - 7, (self.edit.height() - self.suffix.height()) // 2)

    def show_value(self, value: float | None, *, mixed: bool = False) -> None:
        """Show a value unless the user is typing."""
        if self.edit.hasFocus() and self.edit.isModified():
            return
        self._bad("")
        scale = 100.0 if self.unit == "frac" else 1.0
        text = "" if value is None or mixed else whole(value * scale) if self.whole else plain(value * scale)
        self._shown = text
        self.edit.setPlaceholderText(self.tr("mixed") if mixed else self.tr("not set") if value is None else "")
        self.edit.setText(text)

    def commit(self) -> None:
        """Take what was typed. Bad entry: the reason appears below and the old value stays in force."""
        text = self.edit.text().strip()
        if text == self._shown:
            self._bad("")
            return
        if not text and self.optional:
            self._accept(None, "")
            return
        try:
            value = parse(text if self.unit != "frac" or "%" in text else f"{text} %", self.unit or "count")
        except UnitError as error:
            self._bad(str(error))
            return
        if self.whole and value != round(value) and self.unit != "mm":
            self._bad(self.tr("“{0}” is not a whole number.").format(text))
            return
        self._accept(round(value) if self.whole else value, text)

    def _accept(self, value: float | None, text: str) -> None:
        self._bad("")
        self._shown = text
        self.edit.setModified(False)
        self.committed.emit(value)

    def refuse(self, reason: str) -> None:
        """The plan refused the value: say why here."""
        self._bad(reason)

    def _bad(self, reason: str) -> None:
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))
        self.edit.setProperty("bad", bool(reason))
        self.edit.style().unpolish(self.edit)
        self.edit.style().polish(self.edit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape brings the old value back."""
        if event.key() == Qt.Key.Key_Escape:
            self.edit.setText(self._shown)
            self._bad("")
            self.edit.setModified(False)
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel scrolls the panel, it never changes a value."""
        event.ignore()
