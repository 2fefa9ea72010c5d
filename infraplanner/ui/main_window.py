"""The window: a shell that puts canvas, docks, tools and actions together and does nothing itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import QByteArray, QPoint, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QMenu,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QTabBar,
    QTabWidget,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.session import Session
from infraplanner.ui.actions import MENUS, SPECS, TOOL_BAR, Actions
from infraplanner.ui.bridge import Bridge
from infraplanner.ui.canvas.overlays import OVERLAYS
from infraplanner.ui.canvas.power_tree import PowerTree
from infraplanner.ui.canvas.view import FloorView
from infraplanner.ui.charts.dock import ChartDock
from infraplanner.ui.charts.validation import ValidationView
from infraplanner.ui.command_palette import CommandPalette
from infraplanner.ui.fabric_dialog import FabricDialog
from infraplanner.ui.files import Files
from infraplanner.ui.panels.catalogue import CataloguePanel
from infraplanner.ui.panels.findings import FindingsPanel
from infraplanner.ui.panels.headline import Headline
from infraplanner.ui.panels.inspector import InspectorPanel
from infraplanner.ui.panels.layers import HistoryPanel, LayersPanel
from infraplanner.ui.panels.link_table import LinkTable
from infraplanner.ui.panels.tree import TreePanel
from infraplanner.ui.panels.walls import WallsPanel
from infraplanner.ui.panels.walls_view import WallsView
from infraplanner.ui.panels.welcome import WelcomePage
from infraplanner.ui.price_book import PriceBook
from infraplanner.ui.settings import Settings
from infraplanner.ui.sheets import show_licences, show_shortcuts
from infraplanner.ui.theme.current import current
from infraplanner.ui.tools.base import Tool
from infraplanner.ui.tools.connect import FeedTool, LinkTool, LoopTool
from infraplanner.ui.tools.cut import CutTool
from infraplanner.ui.tools.fit import fit_part, is_fitted
from infraplanner.ui.tools.place import PlaceTool
from infraplanner.ui.tools.select import SelectTool
from infraplanner.ui.tools.simple import FailTool, MeasureTool, PanTool
from infraplanner.ui.tools.tray import TrayTool
from infraplanner.ui.widgets.dock import DockHeader, make_dock
from infraplanner.ui.widgets.overlay_switch import OverlaySwitch

LAYOUT_VERSION = 1


class MainWindow(QMainWindow):
    """One plan in one window."""

    def __init__(self, session: Session, settings: Settings | None = None) -> None:
        super().__init__()
        self.settings = settings or Settings()
        self.bridge = Bridge(session, self)
        self.setAcceptDrops(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setDockOptions(QMainWindow.DockOption.AllowNestedDocks | QMainWindow.DockOption.AllowTabbedDocks)
        self.floor = FloorView(self.bridge)
        self.welcome = WelcomePage()
        self.files = Files(self, self.bridge, self.settings)
        self.tools: dict[str, Tool] = {
            "select": SelectTool(self.floor, self.bridge, self),
            "pan": PanTool(self.floor, self.bridge, self),
            "place": PlaceTool(self.floor, self.bridge, self),
            "link": LinkTool(self.floor, self.bridge, self),
            "feed": FeedTool(self.floor, self.bridge, self),
            "loop": LoopTool(self.floor, self.bridge, self),
            "measure": MeasureTool(self.floor, self.bridge, self),
            "fail": FailTool(self.floor, self.bridge, self),
            "cut": CutTool(self.floor, self.bridge, self),
            "tray": TrayTool(self.floor, self.bridge, self),
        }
        self.actions_ = Actions(self, self._verbs())
        self._build_menus()
        self._build_bars()
        self._build_centre()
        self._build_docks()
        self._build_status()
        self.palette_ = CommandPalette(self, self.bridge, self.actions_, self.take_part, self._find)
        self._connect()
        self.use_tool("select")
        self.actions_["snap"].setChecked(True)
        self._restore()
        self.show_welcome()
        self.refresh_state()

    # --- building

    def _verbs(self) -> dict[str, Any]:
        floor, files, bridge = self.floor, self.files, self.bridge
        verbs: dict[str, Any] = {
            "new": files.new, "open": files.open, "save": files.save, "save_as": files.save_as, "quit": self.close,
            "export_png": lambda: files.export("png"), "export_svg": lambda: files.export("svg"), "welcome": self.show_welcome,
            "undo": bridge.undo, "redo": bridge.redo, "duplicate": lambda: self._select_tool().duplicate(),
            "rotate": lambda: self._key(Qt.Key.Key_R), "delete": lambda: self._key(Qt.Key.Key_Delete),
            "select_all": lambda: bridge.select(list(floor.scene.bodies.ids)), "select_same": self._select_same,
            "fit": floor.fit, "zoom_selection": lambda: floor.zoom_to(list(bridge.selection)),
            "zoom_in": lambda: self._zoom(1.25), "zoom_out": lambda: self._zoom(0.8), "theme": self.toggle_theme,
            "presentation": self._presentation, "reset_layout": self.reset_layout, "snap": self._snap,
            "next_finding": self._next_finding, "palette": self._open_palette, "next_dock": self._next_dock,
            "validate": self._validate, "why": self._why, "split_pool": bridge.split_pool,
            "reconfigure": bridge.reconfigure, "make_fabric": lambda: FabricDialog(bridge, self).open(),
            "price_book": lambda: PriceBook(bridge, self).show(),
            "export_csv": lambda: files.export_schedule("csv"), "export_xlsx": lambda: files.export_schedule("xlsx"),
            "link_detail": lambda: self.charts.open_chart(self.charts.link_detail),
            "fail": lambda: bridge.toggle_failed(bridge.selection), "repair_all": bridge.repair_all,
            "shortcuts": lambda: show_shortcuts(self), "licences": lambda: show_licences(self),
        }  # fmt: skip
        verbs |= {f"tool_{name}": (lambda name=name: self.use_tool(name)) for name in self.tools}
        for key, _, why_not in OVERLAYS:
            if not why_not:
                verbs[f"overlay_{key}"] = lambda key=key: self.overlays.choose(key)
        return verbs

    def _build_menus(self) -> None:
        bar = self.menuBar()
        bar.setFixedHeight(30)
        self.menus: dict[str, QMenu] = {}
        for name in MENUS:
            self.menus[name] = bar.addMenu(self.tr(name))
            for spec in SPECS:
                if spec.menu == name:
                    self.menus[name].addAction(self.actions_[spec.key])
        self.recent_menu = QMenu(self.tr("Recent"), self)
        self.menus["File"].insertMenu(self.actions_["save"], self.recent_menu)
        self.recent_menu.aboutToShow.connect(lambda: self.files.fill_recent(self.recent_menu))
        self.plan_label = QLabel("")
        self.plan_label.setObjectName("secondary")
        self.plan_label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.plan_label.setFixedSize(320, 28)
        self.plan_label.setContentsMargins(0, 0, 14, 0)
        bar.setCornerWidget(self.plan_label)

    def _build_bars(self) -> None:
        bar = QToolBar(self.tr("Tools"))
        bar.setObjectName("tools")
        bar.setMovable(False)
        bar.setFixedHeight(44)
        for index, group in enumerate(TOOL_BAR):
            if index:
                bar.addSeparator()
            for key in group:
                bar.addAction(self.actions_[key])
                button = bar.widgetForAction(self.actions_[key])
                button.setFixedSize(32, 32)
                button.setAccessibleName(self.actions_[key].text())
        spacer = QWidget()
        spacer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        bar.addWidget(spacer)
        self.command = QPushButton(self.tr("Do or find anything"))
        self.command.setObjectName("field")
        self.command.setToolTip(self.tr("Do or find anything  (Ctrl+K)"))
        self.command.setFixedWidth(316)
        self.command.clicked.connect(self._open_palette)
        bar.addWidget(self.command)
        self.addToolBar(bar)
        self.addToolBarBreak()
        strip = QToolBar(self.tr("Headline"))
        strip.setObjectName("headlineBar")
        strip.setMovable(False)
        strip.setContentsMargins(0, 0, 0, 0)
        strip.setStyleSheet("QToolBar { padding: 0; border: none; }")
        self.headline = Headline(self.bridge)
        strip.addWidget(self.headline)
        self.addToolBar(strip)

    def _build_centre(self) -> None:
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        row = QWidget()
        row.setObjectName("canvasTabs")
        row.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row.setFixedHeight(30)
        inner = QHBoxLayout(row)
        inner.setContentsMargins(6, 0, 0, 0)
        self.tabs = QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.addTab(self.tr("Floor"))
        self.tabs.addTab(self.tr("Power tree"))
        self.tabs.addTab(self.tr("Links"))
        self.tabs.addTab(self.tr("Walls"))
        self.tabs.currentChanged.connect(self._show_tab)
        self.overlays = OverlaySwitch(OVERLAYS)
        inner.addWidget(self.tabs)
        inner.addStretch(1)
        inner.addWidget(self.overlays)
        self.busy = QProgressBar()
        self.busy.setTextVisible(False)
        self.busy.setFixedHeight(2)
        self.busy.hide()
        self.stack = QStackedWidget()
        self.stack.addWidget(self.welcome)
        self.stack.addWidget(self.floor)
        self.power_tree = PowerTree(self.bridge)
        self.tree_area = QScrollArea()
        self.tree_area.setWidgetResizable(True)
        self.tree_area.setWidget(self.power_tree)
        self.stack.addWidget(self.tree_area)
        self.link_table = LinkTable(self.bridge)
        self.stack.addWidget(self.link_table)
        self.walls_view = WallsView(self.bridge)
        self.stack.addWidget(self.walls_view)
        self.views: tuple[QWidget, ...] = (self.floor, self.tree_area, self.link_table, self.walls_view)
        self.tab_row = row
        for widget in (row, self.busy, self.stack):
            layout.addWidget(widget)
        self.setCentralWidget(centre)

    def _build_docks(self) -> None:
        self.catalogue = CataloguePanel(self.bridge)
        self.tree = TreePanel(self.bridge)
        self.layers = LayersPanel()
        self.history = HistoryPanel(self.bridge)
        left = QTabWidget()
        left.setDocumentMode(True)
        for panel, name in (
            (self.catalogue, "Catalogue"),
            (self.tree, "Plan"),
            (self.layers, "Layers"),
            (self.history, "History"),
        ):
            left.addTab(panel, self.tr(name))
        self.left = make_dock("left", self.tr("Library"), left)
        self.left.setTitleBarWidget(QWidget())
        self.walls = WallsPanel(self.bridge)
        self.inspector = InspectorPanel(self.bridge)
        self.findings = FindingsPanel(self.bridge)
        self.charts = ChartDock(self.bridge)
        self.walls_dock = make_dock("walls", self.tr("Four walls"), self.walls, self.tr("whole hall"))
        self.inspector_dock = make_dock("inspector", self.tr("Inspector"), self.inspector)
        self.findings_dock = make_dock("findings", self.tr("Findings"), self.findings)
        self.charts_dock = make_dock("charts", self.tr("Charts"), self.charts)
        self.charts_dock.setTitleBarWidget(QWidget())
        self.docks = [self.left, self.walls_dock, self.inspector_dock, self.findings_dock, self.charts_dock]
        area = Qt.DockWidgetArea
        self.setCorner(Qt.Corner.BottomLeftCorner, area.LeftDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, area.RightDockWidgetArea)
        self.addDockWidget(area.LeftDockWidgetArea, self.left)
        for dock in (self.walls_dock, self.inspector_dock, self.findings_dock):
            self.addDockWidget(area.RightDockWidgetArea, dock)
        self.addDockWidget(area.BottomDockWidgetArea, self.charts_dock)
        for dock in self.docks:
            self.menus["Window"].addAction(dock.toggleViewAction())

    def _build_status(self) -> None:
        bar = self.statusBar()
        bar.setFixedHeight(24)
        bar.setSizeGripEnabled(False)
        self.hint = QLabel("")
        bar.addWidget(self.hint, 1)
        self.cells = {name: QLabel("") for name in ("models", "cursor", "grid", "zoom", "frame", "saved")}
        for cell in self.cells.values():
            bar.addPermanentWidget(cell)

    def _connect(self) -> None:
        floor, bridge = self.floor, self.bridge
        self.overlays.chosen.connect(floor.set_overlay)
        self.layers.changed.connect(floor.set_layers)
        self.catalogue.taken.connect(self.take_part)
        self.walls.where_wanted.connect(lambda key: floor.zoom_to([key]))
        self.findings.zoom_wanted.connect(floor.zoom_to)
        self.charts.failures.picked.connect(bridge.select)
        self.findings.counted.connect(cast(DockHeader, self.findings_dock.titleBarWidget()).scope.setText)
        self.tree.zoom_wanted.connect(floor.zoom_to)
        self.headline.chart_wanted.connect(self._open_chart)
        self.headline.why_wanted.connect(self._why)
        header = cast(DockHeader, self.walls_dock.titleBarWidget())
        header.offer_scopes(self.walls.fill_scopes, self.tr("What the walls are shown of"))
        self.walls.scope_changed.connect(lambda text, part: header.show_scope(text, part=part))
        self.charts.why.zoom_wanted.connect(self._zoom_on_floor)
        floor.activated.connect(lambda key: floor.zoom_to([key]))
        floor.dropped.connect(self._drop)
        floor.context_wanted.connect(self._context_menu)
        self.link_table.zoom_wanted.connect(self._zoom_on_floor)
        self.walls_view.where_wanted.connect(lambda key: self._zoom_on_floor([key]))
        self.headline.binding.clicked.connect(lambda: self.tabs.setCurrentIndex(self.views.index(self.walls_view)))
        self.power_tree.context_wanted.connect(self._context_menu)
        floor.pointer_moved.connect(self._show_pointer)
        floor.camera_changed.connect(self._show_camera)
        bridge.changed.connect(lambda _changes: self.refresh_state())
        bridge.saved.connect(self.refresh_state)
        bridge.opened.connect(self._opened)
        bridge.refused.connect(self.hint.setText)
        bridge.failed.connect(self.hint.setText)
        bridge.noticed.connect(self.hint.setText)
        bridge.progress.connect(self._show_progress)
        bridge.result.connect(self._take_result)
        self.welcome.new_wanted.connect(self.files.new_sized)
        self.welcome.open_wanted.connect(self.files.open)
        self.welcome.template_wanted.connect(self.files.open_template)
        self.welcome.recent_wanted.connect(self.files.open_path)
        for tool in self.tools.values():
            tool.hint_changed.connect(self.hint.setText)
            tool.finished.connect(lambda: self.use_tool("select"))

    # --- layout

    def reset_layout(self) -> None:
        """Docks where they were designed to be."""
        for dock in self.docks:
            dock.setFloating(False)
            dock.show()
        wide = self.width() >= 1700
        right, left, bottom = (348, 264, 248) if wide else (316, 232, 208)
        walls, inspector = (434, 318) if wide else (372, 250)
        across, along = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        self.resizeDocks([self.left, self.walls_dock], [left, right], across)
        self.resizeDocks([self.charts_dock], [bottom], along)
        rest = max(120, self.height() - 160 - walls - inspector)
        self.resizeDocks([self.walls_dock, self.inspector_dock, self.findings_dock], [walls, inspector, rest], along)

    def _restore(self) -> None:
        geometry = self.settings.get("geometry")
        if geometry:
            self.restoreGeometry(QByteArray.fromBase64(geometry.encode()))
        else:
            self.resize(1440, 900)
        state = self.settings.get("state")
        if not (state and self.restoreState(QByteArray.fromBase64(state.encode()), LAYOUT_VERSION)):
            self._laid_out = False

    def showEvent(self, event: Any) -> None:
        """The first time docks get their designed sizes."""
        super().showEvent(event)
        if not getattr(self, "_laid_out", True):
            self._laid_out = True
            self.reset_layout()

    def show_welcome(self) -> None:
        """The start page in the centre."""
        self.welcome.show_recent(self.settings.recent())
        self.welcome.show_recoveries(self.files.recoveries(), self.files.recover)
        self.welcome.show_templates(self.files.templates(), self.files.thumbnail)
        self.stack.setCurrentWidget(self.welcome)
        self.tab_row.hide()

    def _show_tab(self, index: int) -> None:
        self.stack.setCurrentWidget(self.views[index])
        self.overlays.setVisible(index == 0)

    def _zoom_on_floor(self, ids: list[str]) -> None:
        self.tabs.setCurrentIndex(0)
        self.floor.zoom_to(ids)

    def _opened(self) -> None:
        self.tabs.setCurrentIndex(0)
        self.stack.setCurrentWidget(self.floor)
        self.tab_row.show()
        self.floor.setFocus()
        self.refresh_state()

    def _presentation(self) -> None:
        hidden = self.actions_["presentation"].isChecked()
        for dock in self.docks:
            dock.setVisible(not hidden)

    # --- verbs

    def use_tool(self, name: str) -> None:
        """Take a tool into the hand."""
        if self.floor.tool is not None:
            self.floor.tool.stop()
        self.floor.tool = self.tools[name]
        self.floor.set_emphasis({"feed": "feeds", "loop": "loops", "link": "links"}.get(name, ""))
        for key in self.tools:
            self.actions_[f"tool_{key}"].setChecked(key == name)
        self.tools[name].start()

    def take_part(self, profile_id: str) -> None:
        """Take a catalogue part: links go to the link tool, the rest is placed."""
        profile = self.bridge.session.catalog.find(profile_id)
        if type(profile).__name__ == "LinkMedium":
            self.use_tool("link")
            self._link_tool().profile_id = profile_id
            return
        if is_fitted(profile):
            fit_part(self.bridge, profile_id, self.bridge.selection)
            return
        place = self._place_tool()
        if place.choose(profile_id):
            self.use_tool("place")
            self.floor.setFocus()

    def _drop(self, profile_id: str, x_mm: float, y_mm: float) -> None:
        self.use_tool("select")
        profile = self.bridge.session.catalog.find(profile_id)
        if is_fitted(profile):
            under = self.floor.body_at(self.floor.camera.to_screen(x_mm, y_mm))
            fit_part(self.bridge, profile_id, [under] if under else [])
            return
        if self._place_tool().choose(profile_id):
            self._place_tool().place(profile_id, x_mm, y_mm)

    def _select_tool(self) -> SelectTool:
        return self.tools["select"]  # type: ignore[return-value]

    def _place_tool(self) -> PlaceTool:
        return self.tools["place"]  # type: ignore[return-value]

    def _link_tool(self) -> LinkTool:
        return self.tools["link"]  # type: ignore[return-value]

    def _key(self, key: Qt.Key) -> None:
        from PySide6.QtGui import QKeyEvent  # noqa: PLC0415 - only for menu clicks of canvas keys

        event = QKeyEvent(QKeyEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier)
        if self.floor.tool is not None:
            self.floor.tool.key(event)
            self.floor.update()

    def _select_same(self) -> None:
        document, bodies = self.bridge.session.document, self.floor.scene.bodies
        wanted = {
            document.table(bodies.tables[bodies.index[key]])[key].profile
            for key in self.bridge.selection
            if key in bodies.index
        }
        self.bridge.select(
            [
                key
                for key, table in zip(bodies.ids, bodies.tables, strict=True)
                if document.table(table)[key].profile in wanted
            ]
        )

    def _validate(self) -> None:
        paths, _ = QFileDialog.getOpenFileNames(self, self.tr("Files of measured rows"), "", "Rows (*.yaml *.yml)")
        if paths:
            ValidationView(self.bridge, paths, self).show()

    def _open_palette(self) -> None:
        self.palette_.open()

    def _find(self, key: str) -> None:
        self.bridge.select([key])
        self.floor.zoom_to([key])

    def _zoom(self, factor: float) -> None:
        middle = QPoint(self.floor.width() // 2, self.floor.height() // 2)
        self.floor.set_camera(self.floor.camera.zoomed(factor, middle.toPointF()))

    def _snap(self) -> None:
        for tool in self.tools.values():
            tool.snapping = self.actions_["snap"].isChecked()

    def toggle_theme(self) -> None:
        """Dark to light and back."""
        name = "light" if current().theme.is_dark else "dark"
        current().use(name)
        self.settings.put("theme", name)

    def _next_finding(self) -> None:
        found = [f for f in self.findings.findings if not f.waived and f.targets]
        if found:
            self._finding = (getattr(self, "_finding", -1) + 1) % len(found)
            self.floor.zoom_to(list(found[self._finding].targets))

    def _next_dock(self) -> None:
        stops: list[QWidget] = [self.floor, self.inspector, self.findings, self.charts.tabs, self.catalogue.search]
        here = next(
            (i for i, stop in enumerate(stops) if stop.hasFocus() or stop.isAncestorOf(self.focusWidget() or stop)), -1
        )
        stops[(here + 1) % len(stops)].setFocus(Qt.FocusReason.TabFocusReason)

    def _why(self, figure: str = "usd_per_million_tokens") -> None:
        """A headline figure traced back in the tab of charts."""
        self.charts.open_chart(self.charts.why)
        self.charts.why.ask(figure)

    def _open_chart(self, key: str) -> None:
        charts = self.charts
        wanted = {
            "pue": charts.heat,
            "it_power_kw": charts.waterfall,
            "usd_per_million_tokens": charts.cost_lines,
            "kg_co2e_per_million_tokens": charts.carbon,
        }.get(key, charts.tokens)
        charts.open_chart(wanted)

    def _context_menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        for key in ("zoom_selection", "fail", "repair_all", "rotate", "duplicate", "select_same", "delete"):
            menu.addAction(self.actions_[key])
        menu.exec(at)

    # --- state

    def _take_result(self, result: ResultSnapshot) -> None:
        self.charts.set_dragging(bool(self.floor.moving))
        self.busy.setVisible(False)
        self.cells["frame"].setText(f"{1e3 * result.elapsed_s:.1f} ms")

    def _show_progress(self, text: str, done: int, total: int) -> None:
        busy = done < total
        self.busy.setRange(0, max(1, total))
        self.busy.setValue(done)
        self.busy.setVisible(busy)
        self.cells["models"].setText(f"{text} {done} / {total}" if busy else "")

    def _show_pointer(self, x_mm: float, y_mm: float) -> None:
        text = f"x {x_mm:,.0f}  y {y_mm:,.0f} mm"
        self.cells["cursor"].setText(text.replace(",", "\u202f").replace("-", "\u2212"))

    def _show_camera(self) -> None:
        per_mm = self.floor.camera.scale
        dots_per_mm = self.floor.logicalDpiX() / 25.4
        self.cells["zoom"].setText(f"1:{dots_per_mm / per_mm:.0f}")
        self.cells["grid"].setText(self.tr("grid 100 mm"))

    def refresh_state(self) -> None:
        """Title, save state, undo and redo texts."""
        session = self.bridge.session
        name = session.path.name if session.path else self.tr("untitled")
        modified = session.is_modified
        self.setWindowTitle(f"{name}{' • edited' if modified else ''} - Infraplanner")
        self.plan_label.setText(
            f"{name}{' • ' + self.tr('edited') if modified else ''}    rev {session.document.revision}"
        )
        self.cells["saved"].setText(self.tr("not saved") if modified else self.tr("saved") if session.path else "")
        for key, text, verb in (
            ("undo", session.undo_text, self.tr("Undo")),
            ("redo", session.redo_text, self.tr("Redo")),
        ):
            self.actions_[key].setEnabled(text is not None)
            self.actions_[key].setText(f"{verb} {text}" if text else verb)

    # --- window events

    def resizeEvent(self, event: Any) -> None:
        """What gives way first as the window narrows."""
        super().resizeEvent(event)
        width = self.width()
        self.overlays.compact(width - 232 - 316 - 120)
        self.headline.cells["kg_co2e_per_million_tokens"].setVisible(width >= 1300)
        self.headline.cells["tokens_per_j"].setVisible(width >= 1160)
        self.command.setFixedWidth(316 if width >= 1200 else 180)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Plan files may be dropped anywhere."""
        urls = event.mimeData().urls()
        if urls and Path(urls[0].toLocalFile()).suffix in (".yaml", ".yml"):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open a dropped plan."""
        self.files.open_path(event.mimeData().urls()[0].toLocalFile())

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask about unsaved work, remember the layout, stop the engine."""
        if not self.files.may_leave():
            event.ignore()
            return
        self.settings.put("geometry", self.saveGeometry().toBase64().toStdString())
        self.settings.put("state", self.saveState(LAYOUT_VERSION).toBase64().toStdString())
        self.files.stop()
        self.bridge.detach()
        self.bridge.session.close()
        event.accept()
