"""The headline strip: six figures and the binding wall."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from infraplanner.results.snapshot import WALLS, ResultSnapshot, Summary
from infraplanner.results.uncertainty import Band, UncertaintyResult
from infraplanner.ui.bridge import Bridge
from infraplanner.ui.theme import fonts
from infraplanner.ui.theme.current import current
from infraplanner.ui.widgets.stat_cell import StatCell
from infraplanner.ui.widgets.wall_row import LETTERS, tile
from infraplanner.units import number, scaled

_NAMES = {"power": "Power", "memory": "Memory", "thermal": "Thermal", "copper": "Copper", "compute": "Compute",
          "demand": "Demand", "none": "none"}  # fmt: skip


LEAST_BAND = 5e-4


class BindingCell(QWidget):
    """Which wall binds, where, and how full all four are."""

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.result: ResultSnapshot | None = None
        self.waiting = ""
        self.setMinimumWidth(200)
        self.setFixedHeight(61)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(420, 61)

    def show_result(self, result: ResultSnapshot | None) -> None:
        """Show a result."""
        self.result = result
        wall = result.summary.binding_wall if result else None
        self.setAccessibleName(self.tr("Binding wall: {0}").format(_NAMES.get(wall or "", "–")))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Tile, name, where; mini bars at the right when there is room."""
        theme = current().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        wall = (self.result.summary.binding_wall if self.result else None) or ""
        box = QRectF(8.5, 5.5, self.width() - 17, self.height() - 12)
        if wall in LETTERS:
            painter.setPen(theme.colour(f"wall.{wall}"))
            painter.setBrush(theme.colour(f"wall.{wall}", theme.tint("wall_cell")))
        else:
            painter.setPen(theme.colour("border.strong"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 6, 6)
        tile(painter, wall, QRectF(box.left() + 10, box.center().y() - 17, 34, 34))
        bars = box.width() > 250
        room = box.width() - 66 - (100 if bars else 0)
        strong = fonts.font(fonts.TITLE, fonts.STRONG)
        painter.setFont(strong)
        painter.setPen(theme.colour("text.primary"))
        title = self.tr("Binding wall: {0}").format(_NAMES.get(wall, "–"))
        if QFontMetricsF(strong).horizontalAdvance(title) > room:
            title = _NAMES.get(wall, "–")
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(box.left() + 56, box.top() + 4, room, 20), left, title)
        small = fonts.font(fonts.CAPTION)
        painter.setFont(small)
        painter.setPen(theme.colour("text.secondary"))
        text = QFontMetricsF(small).elidedText(self._where(wall), Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(box.left() + 56, box.top() + 25, room, 18), left, text)
        if bars:
            self._bars(painter, box)

    def _where(self, wall: str) -> str:
        if self.result is None:
            return self.waiting
        if wall in LETTERS:
            found = self.result.walls[wall]
            return found.where or found.note or ""
        if not self.result.throughput.pools:
            return self.tr("Give racks to a pool that serves a model.")
        return {
            "compute": self.tr("More FLOP/s would help most."),
            "demand": self.tr("The offered load is met."),
        }.get(wall, self.tr("No capacity changes tokens/s by itself."))

    def _bars(self, painter: QPainter, box: QRectF) -> None:
        theme = current().theme
        painter.setFont(fonts.font(fonts.CAPTION, fonts.TILE))
        for index, name in enumerate(WALLS):
            x = box.right() - 92 + 22 * index
            value = self.result.walls[name].utilisation if self.result else None
            frame = QRectF(x, box.top() + 5, 13, 25)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("surface.canvas"))
            painter.drawRect(frame)
            if value is not None:
                height = frame.height() * min(value, 1.2) / 1.2
                painter.setBrush(theme.colour(f"wall.{name}"))
                painter.drawRect(QRectF(x, frame.bottom() - height, 13, height))
            line = frame.bottom() - frame.height() / 1.2
            painter.fillRect(QRectF(x - 2, line - 1, 17, 2), theme.colour("text.primary"))
            painter.setPen(theme.colour("text.secondary"))
            painter.drawText(QRectF(x - 4, frame.bottom() + 1, 21, 14), Qt.AlignmentFlag.AlignCenter, LETTERS[name])

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Show the walls."""
        self.clicked.emit()


class Headline(QWidget):
    """Seven cells, updated in place."""

    chart_wanted = Signal(str)
    why_wanted = Signal(str)

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("headline")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(62)
        self._bridge = bridge
        self.bands: dict[str, Band] = {}
        self.opening: ResultSnapshot | None = None
        self.healthy: ResultSnapshot | None = None
        self.cells = {
            "it_power_kw": StatCell(self.tr("IT power")),
            "pue": StatCell(self.tr("PUE")),
            "tokens_per_s": StatCell(self.tr("Throughput")),
            "tokens_per_j": StatCell(self.tr("Energy")),
            "usd_per_million_tokens": StatCell(self.tr("Cost")),
            "kg_co2e_per_million_tokens": StatCell(self.tr("Carbon")),
        }
        self.binding = BindingCell()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 1)
        layout.setSpacing(0)
        for key, cell in self.cells.items():
            layout.addWidget(cell, 2)
            cell.clicked.connect(lambda key=key: self.chart_wanted.emit(key))
            cell.why_wanted.connect(lambda key=key: self.why_wanted.emit(key))
        layout.addWidget(self.binding, 5)
        bridge.result.connect(self.take)
        bridge.changed.connect(self._mark_stale)
        bridge.opened.connect(self.forget)
        bridge.uncertain.connect(self.show_bands)
        self.forget()

    def forget(self) -> None:
        """Another plan: nothing is known of it yet."""
        self.opening = self.healthy = None
        self.bands = {}
        for cell in self.cells.values():
            cell.show_value("–", "", tooltip=self.tr("Not computed yet."))
            cell.show_change("", None)
        racks = len(self._bridge.session.document.table("racks"))
        self.binding.waiting = self.tr("Computing ...") if racks else self.tr("Place a rack to see what limits it.")
        self.binding.show_result(None)

    def _mark_stale(self, _changes: object) -> None:
        for cell in self.cells.values():
            cell.stale = True

    def take(self, result: ResultSnapshot) -> None:
        """Show a result. Changes are against the plan as opened, in a what-if against the plan without failures."""
        if not result.provisional and not result.failed:
            self.opening = self.opening or result
            self.healthy = result
        summary = result.summary
        trains = summary.tokens_per_s is None and summary.training_tokens_per_s is not None
        self.cells["tokens_per_s"].title = self.tr("Training") if trains else self.tr("Throughput")
        shown = {
            "it_power_kw": scaled(None if summary.it_power_kw is None else 1e3 * summary.it_power_kw, "W"),
            "pue": (number(summary.pue, 3), ""),
            "tokens_per_s": scaled(summary.training_tokens_per_s if trains else summary.tokens_per_s, "tok/s"),
            "tokens_per_j": (number(summary.tokens_per_j, 3), "tok/J"),
            "usd_per_million_tokens": (number(summary.usd_per_million_tokens, 3), "$/M tok"),
            "kg_co2e_per_million_tokens": scaled(
                None if summary.kg_co2e_per_million_tokens is None else 1e3 * summary.kg_co2e_per_million_tokens,
                "g/M tok",
            ),
        }
        for key, (value, unit) in shown.items():
            cell = self.cells[key]
            coverage = result.coverage.get(key)
            tip = f"{coverage.state.replace('_', ' ')}: {coverage.note}" if coverage else ""
            band, told = self._band(key, summary)
            tip += told
            cell.show_value(value, unit if value != "–" else "", provisional=result.provisional, tooltip=tip, note=band)
            cell.show_change(*self._change(key, result))
        # What binds is worked out with the first settled state; a quicker answer before it must not say that nothing does.
        early = result.provisional and self.opening is None and result.summary.binding_wall not in LETTERS
        self.binding.show_result(None if early else result)

    def show_bands(self, found: UncertaintyResult) -> None:
        """Bands of samples; until the next ones they stand as shares of what is shown."""
        self.bands = found.bands
        if self.healthy is not None and not self._bridge.session.failed:
            self.take(self.healthy)

    def _band(self, key: str, summary: Summary) -> tuple[str, str]:
        """The band of a figure in per cent and where it is from: samples of all inputs, else that of tokens alone."""
        found = self.bands.get(key)
        if found is not None and found.value and found.p5 is not None and found.p95 is not None:
            words = _ends(found.p5 / found.value, found.p95 / found.value)
            if max(abs(found.p5 / found.value - 1), abs(found.p95 / found.value - 1)) < LEAST_BAND:
                return "", self.tr("\nNothing that is known to be uncertain moves it.")
            return words, self.tr("\n5 to 95 % of samples of what is uncertain: {0}.").format(words)
        middle, low, high = summary.tokens_per_s, summary.tokens_per_s_low, summary.tokens_per_s_high
        if not key.startswith("tokens") or not middle or low is None or high is None:
            return "", ""
        words = _ends(low / middle, high / middle)
        return words, self.tr("\nHeld-out measurements lie {0} from predictions like this.").format(words)

    def _change(self, key: str, result: ResultSnapshot) -> tuple[str, bool | None]:
        """Arrow and per cent against the reference; fewer is better but for tokens."""
        reference = self.healthy if result.failed else self.opening
        before = getattr(reference.summary, key) if reference else None
        now = getattr(result.summary, key)
        if not before or now is None or result is reference:
            return "", None
        share = now / before - 1
        if abs(share) < 5e-5:
            return "= 0.0 %", None
        arrow = "▲" if share > 0 else "▼"
        better = share > 0 if key.startswith("tokens") else share < 0
        return f"{arrow} {number(100 * abs(share), 2)} %", None if key == "it_power_kw" else better


LEAST_SHOWN = 5e-4
"""Ends of a band nearer to the figure than this are the figure itself: a cap that is met holds it there."""


def _ends(low: float, high: float) -> str:
    """Both ends of a band as per cent of the figure in force."""

    def signed(share: float) -> str:
        return "±0" if abs(share) < LEAST_SHOWN else ("+" if share > 0 else "") + number(100 * share, 2)

    return f"{signed(low - 1)} {signed(high - 1)} %"
