"""Findings: what is wrong, sorted by severity, with zoom-to and waiving with a reason."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QInputDialog, QLabel, QMenu, QScrollArea, QVBoxLayout, QWidget

from infraplanner.edit import Place
from infraplanner.model.entities import Waiver
from infraplanner.model.ids import next_free_id
from infraplanner.results.findings import SEVERITIES, Finding
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.bridge import Bridge
from infraplanner.ui.theme import fonts
from infraplanner.ui.theme.current import current
from infraplanner.ui.widgets.severity import severity_glyph

MOST_ROWS = 60


class FindingRow(QWidget):
    """43 px: glyph with number, sentence, rule and place."""

    def __init__(self, number: int, finding: Finding, panel: FindingsPanel) -> None:
        super().__init__(panel)
        self.number, self.finding, self.panel = number, finding, panel
        self.setFixedHeight(43)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(f"{finding.message}\n{finding.rule} · {', '.join(finding.targets)}")
        self.setAccessibleName(f"{finding.severity}: {finding.message}")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def sizeHint(self) -> QSize:
        """As designed."""
        return QSize(280, 43)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        theme = current().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.hasFocus():
            painter.fillRect(self.rect(), theme.colour("surface.hover"))
        severity_glyph(painter, theme, self.finding.severity, QPointF(20, 21), str(self.number), 9)
        strong, small = fonts.font(fonts.CAPTION, fonts.STRONG), fonts.font(fonts.CAPTION)
        width = self.width() - 48
        painter.setFont(strong)
        painter.setPen(theme.colour("text.primary"))
        text = QFontMetricsF(strong).elidedText(self.finding.message, Qt.TextElideMode.ElideRight, width)
        painter.drawText(QRectF(38, 4, width, 17), Qt.AlignmentFlag.AlignVCenter, text)
        painter.setFont(small)
        painter.setPen(theme.colour("text.secondary"))
        place = f"{self.finding.rule} · {', '.join(self.finding.targets[:4])}"
        text = QFontMetricsF(small).elidedText(place, Qt.TextElideMode.ElideRight, width)
        painter.drawText(QRectF(38, 21, width, 17), Qt.AlignmentFlag.AlignVCenter, text)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Zoom to it; the right button offers to waive."""
        if event.button() == Qt.MouseButton.RightButton:
            menu = QMenu(self)
            menu.addAction(self.tr("Waive with a reason ..."), lambda: self.panel.waive(self.finding))
            menu.exec(event.globalPosition().toPoint())
        else:
            self.panel.zoom_wanted.emit(list(self.finding.targets))


class FindingsPanel(QScrollArea):
    """The list; waived findings collapse into a count."""

    zoom_wanted = Signal(list)
    counted = Signal(str)

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bridge = bridge
        self.setWidgetResizable(True)
        self.findings: tuple[Finding, ...] = ()
        self._shown: tuple[Finding, ...] | None = None
        self._list = QWidget(self)
        self._layout = QVBoxLayout(self._list)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self.setWidget(self._list)
        bridge.result.connect(self.take)

    def take(self, result: ResultSnapshot) -> None:
        """Show the findings of a result; an unchanged list is left alone."""
        order = {name: index for index, name in enumerate(SEVERITIES)}
        self.findings = tuple(sorted(result.findings, key=lambda f: (f.waived, order[f.severity])))
        if self.findings != self._shown:
            self._shown = self.findings
            self._fill()

    def _fill(self) -> None:
        while (item := self._layout.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        open_ones = [finding for finding in self.findings if not finding.waived]
        for number, finding in enumerate(open_ones[:MOST_ROWS], 1):
            self._layout.addWidget(FindingRow(number, finding, self))
        rest = []
        if len(open_ones) > MOST_ROWS:
            rest.append(self.tr("{0} more").format(len(open_ones) - MOST_ROWS))
        waived = len(self.findings) - len(open_ones)
        if waived:
            rest.append(self.tr("{0} waived").format(waived))
        if not open_ones:
            rest.insert(0, self.tr("Nothing found. The checks of bad input all pass."))
        if rest:
            label = QLabel(", ".join(rest))
            label.setObjectName("muted")
            label.setContentsMargins(14, 8, 8, 8)
            label.setWordWrap(True)
            self._layout.addWidget(label)
        self._layout.addStretch(1)
        counts = [(name, sum(f.severity == name for f in open_ones)) for name in SEVERITIES]
        self.counted.emit("  ".join(f"{count} {name}" for name, count in counts if count))

    def waive(self, finding: Finding) -> None:
        """Let a finding stand, with a reason that goes into the plan."""
        reason, given = QInputDialog.getText(self, self.tr("Waive"), self.tr("Why may this stand?"))
        if given and reason.strip() and finding.targets:
            taken = dict.fromkeys(self.bridge.session.document.ids())
            record = Waiver(
                id=next_free_id("waiver-00", taken), rule=finding.rule, target=finding.targets[0], reason=reason.strip()
            )
            self.bridge.execute(Place("waivers", record))
