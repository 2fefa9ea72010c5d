"""The floor: one widget that paints a scene in batches and hands the mouse to the active tool.

A QWidget and not a QGraphicsScene: there is no item per rack to manage, so a scene graph would only add its index, its
transforms and its lifetimes. What stands still is kept in a pixmap; during a drag only what moves is painted over it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, QVariantAnimation, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter, QPixmap, QWheelEvent
from PySide6.QtWidgets import QWidget

from infraplanner.model.changes import ChangeSet
from infraplanner.results.coded import CodedText
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.bridge import Bridge
from infraplanner.ui.theme.current import current

from . import link_colours, paint_air, paint_far, paint_floor, paint_lines, paint_marks, picking, rulers
from .camera import RACK, Camera, detail_level
from .overlays import Overlay, build_overlay
from .paint_bodies import BodyFigures, paint_bodies
from .paint_ports import paint_ports
from .port import Geometry
from .scene import FAMILIES, Ints, Scene, build_scene, moved, with_media, with_ways
from .snapping import Guide

LAYERS = ("grid", "zones", "trays", "links", "feeds", "loops", "bodies", "findings")
LEGEND_PX = 40.0
"""Room for the legend of an overlay below a hall that fills the view."""
_LINKS = ("link_load", *link_colours.MODES)
"""Overlays that colour cables."""
_MOVE_ONLY = frozenset({"x_mm", "y_mm", "rotation_deg"})
_MEDIA_NAMES = {"dac": "Passive copper", "aec": "Active copper", "multimode": "Multimode", "single_mode": "Single mode",
                "optical_switch": "Optical switch"}  # fmt: skip
READOUT_DROP_PX = 220.0
"""The readout of a drag goes below what is dragged when that ends so near below the pointer."""


class FloorView(Geometry, QWidget):
    """The canvas. Tools see the world through its signals and small verbs, never through its painters."""

    camera_changed = Signal()
    pointer_moved = Signal(float, float)
    activated = Signal(str)
    context_wanted = Signal(object)
    dropped = Signal(str, float, float)

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bridge = bridge
        self.camera = Camera()
        self.level = 1
        self.scene: Scene = build_scene(bridge.session.document.snapshot(), bridge.session.catalog.find)
        self.result: ResultSnapshot | None = None
        self.overlay_key = "none"
        self.overlay: Overlay | None = None
        self.layers: frozenset[str] = frozenset(LAYERS)
        self.locked_layers: frozenset[str] = frozenset()
        self.tool: Any = None
        self.hover: str | None = None
        self.pointer: QPointF | None = None
        self.moving: frozenset[str] = frozenset()
        self.guides: tuple[Guide, ...] = ()
        self.marquee: tuple[QPointF, QPointF] | None = None
        self.measure: tuple[tuple[float, float], tuple[float, float]] | None = None
        self.rubber: tuple[QPointF, QPointF] | None = None
        self.readout: list[tuple[str, str]] = []
        self.preview: Callable[[QPainter, Camera], None] | None = None
        self.emphasis = ""
        self.frame_ms = 0.0
        self.fault = ""
        self._media: dict[str, str] = {}
        self._linked: tuple[Sequence[str], Sequence[str]] = ((), ())
        self._figures: BodyFigures | None = None
        self._still: QPixmap | None = None
        self._still_key: object = None
        self._epoch = 0
        self._fitted = False
        self._pan_from: QPointF | None = None
        self._space = False
        self._glide: QVariantAnimation | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAcceptDrops(True)
        self.setMinimumSize(320, 240)
        self.setAccessibleName(self.tr("Floor plan"))
        bridge.changed.connect(self._take_changes)
        bridge.result.connect(self.take_result)
        bridge.opened.connect(self.reopen)
        bridge.selection_changed.connect(self.update)
        current().changed.connect(self._retheme)

    # --- data in

    def reopen(self) -> None:
        """Another document is shown: rebuild everything and fit it."""
        self.result, self._figures, self.overlay, self._media = None, None, None, {}
        self._linked = ((), ())
        self._rebuild()
        self._fitted = False
        self.hover = None
        self._fit_once()

    def _take_changes(self, changes: ChangeSet) -> None:
        snapshot = self.bridge.session.document.snapshot()
        shifted = self._only_moved(changes)
        if shifted is None:
            self._rebuild()
        else:
            self.scene = moved(self.scene, snapshot, shifted, keep_memo=bool(self.moving))
            if not self.moving:
                self._epoch += 1
        self.update()

    def _only_moved(self, changes: ChangeSet) -> set[str] | None:
        """Ids that were merely shifted or turned, or None when more than that happened."""
        if changes.whole:
            return None
        ids: set[str] = set()
        for name, change in changes.tables.items():
            if name not in ("racks", "cooling", "power") or change.added or change.removed:
                return None
            if any(not fields <= _MOVE_ONLY for fields in change.modified.values()):
                return None
            ids |= change.modified.keys()
        return ids

    def _rebuild(self) -> None:
        session = self.bridge.session
        self.scene = build_scene(session.document.snapshot(), session.catalog.find, self._media)
        if self.result is not None:
            self.scene = with_ways(self.scene, self.result.fabric.ways)
        self._refresh_figures()
        self._colour_links()
        self._epoch += 1
        self.update()

    def take_result(self, result: ResultSnapshot) -> None:
        """Colour and label by a new result; ranges stay fixed while something is dragged."""
        self.result = result
        if self._media_changed(result):
            self._media = dict(zip(result.fabric.link_ids, result.fabric.medium, strict=False))
            self.scene = with_media(self.scene, self.bridge.session.catalog.find, self._media)
        self.scene = with_ways(self.scene, result.fabric.ways, keep_memo=bool(self.moving))
        self._refresh_figures()
        if not self.moving:
            if self.overlay_key in link_colours.MODES:
                self._colour_links()
            self._epoch += 1
        self.update()

    def _media_changed(self, result: ResultSnapshot) -> bool:
        """True when a link has another medium than in the result before; a hundred thousand links cost no dict then."""
        ids, medium = result.fabric.link_ids, result.fabric.medium
        if ids == self._linked[0] and medium == self._linked[1]:
            return False
        kept = CodedText(medium.codes.copy(), medium.names) if isinstance(medium, CodedText) else tuple(medium)
        self._linked = (ids, kept)
        return True

    def _refresh_figures(self) -> None:
        result, bodies = self.result, self.scene.bodies
        if result is None:
            self._figures = self.overlay = None
            return
        power, load = np.full(len(bodies.ids), np.nan), np.full(len(bodies.ids), np.nan)
        parts = (
            (
                result.power.rack_ids,
                result.power.rack_power_w,
                result.power.rack_power_w / np.maximum(result.power.rack_nameplate_w, 1e-9),
            ),
            (result.power.node_ids, result.power.node_out_w, result.power.node_load_frac),
            (result.thermal.unit_ids, result.thermal.unit_heat_w, result.thermal.unit_load_frac),
        )
        for ids, watts, fractions in parts:
            rows = np.array([bodies.index.get(key, -1) for key in ids], dtype=np.int64)
            known = rows >= 0
            power[rows[known]] = np.asarray(watts)[known] / 1e3
            load[rows[known]] = np.asarray(fractions)[known]
        self._figures = BodyFigures(power, load)
        keep = self.overlay.high if self.moving and self.overlay else None
        self.overlay = build_overlay(self.overlay_key, self.scene, result, keep)

    def set_overlay(self, key: str) -> None:
        """Colour bodies by another figure."""
        self.overlay_key = key
        self._refresh_figures()
        self._colour_links()
        self._restart()

    def _colour_links(self) -> None:
        """Cables by medium, load or reach, as the overlay says."""
        codes = link_colours.link_codes(self.overlay_key, self.scene, self.result)
        if codes is not None:
            self.scene = link_colours.with_codes(self.scene, codes)
        elif (self.scene.cables.family >= link_colours.FIRST).any():
            self.scene = with_media(self.scene, self.bridge.session.catalog.find, self._media)
        self._epoch += 1

    def set_emphasis(self, layer: str) -> None:
        """Draw one kind of line at full strength while its tool is in the hand."""
        if layer != self.emphasis:
            self.emphasis = layer
            self._restart()

    def set_layers(self, visible: frozenset[str]) -> None:
        """Show these layers."""
        self.layers = visible
        self._restart()

    def _retheme(self) -> None:
        self._refresh_figures()
        self._restart()

    def _restart(self) -> None:
        self._epoch += 1
        self.update()

    # --- verbs for tools

    def body_at(self, point: QPointF) -> str | None:
        """Id under a screen point."""
        x_mm, y_mm = self.camera.to_world(point)
        return picking.at_point(self.scene.bodies, x_mm, y_mm, 2 / self.camera.scale)

    def bodies_in(self, start: QPointF, end: QPointF) -> list[str]:
        """Ids a marquee encloses (left to right) or touches (right to left)."""
        (x0, y0), (x1, y1) = self.camera.to_world(start), self.camera.to_world(end)
        frame = min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
        return picking.in_frame(self.scene.bodies, *frame, touching=end.x() < start.x())

    def set_moving(self, ids: frozenset[str]) -> None:
        """These bodies are being dragged: everything else is kept in the still picture."""
        if ids != self.moving:
            self.moving = ids
            if not ids:
                self.scene.memo = {}
                self.guides, self.readout = (), []
                self._refresh_figures()
            self._restart()

    def _fit_once(self) -> None:
        if not self._fitted and self.width() > 100:
            self._fitted = True
            self.set_camera(
                self.camera.resized(self.width(), self.height()).fitted(*self.scene.working_extent(), margin_px=40)
            )

    def fit(self) -> None:
        """Show the whole hall."""
        left, bottom, right, top = self.scene.extent()
        whole = self.camera.fitted(left, bottom, right, top, margin_px=46)
        if self.overlay is not None:  # clear of the legend
            whole = self.camera.fitted(left, bottom - LEGEND_PX / whole.scale, right, top, margin_px=46)
        self.glide(whole)

    def zoom_to(self, ids: list[str]) -> None:
        """Bring bodies into view and select them."""
        index = self.scene.bodies.index
        rows = [index[key] for key in ids if key in index]
        if rows:
            self.bridge.select([key for key in ids if key in index])
            left, bottom, right, top = paint_marks.frame_of(self.scene.bodies, rows)
            self.glide(self.camera.fitted(left - 1500, bottom - 1500, right + 1500, top + 1500))

    def glide(self, target: Camera) -> None:
        """Move the camera in 120 ms; at once when the view is hidden."""
        if not self.isVisible():
            self.set_camera(target)
            return
        start = self.camera
        self._glide = QVariantAnimation(self, duration=120, startValue=0.0, endValue=1.0)

        def step(share: float) -> None:
            ease = 1 - (1 - share) ** 2
            scale = start.px_per_m * (target.px_per_m / start.px_per_m) ** ease
            x, y = start.x_mm + (target.x_mm - start.x_mm) * ease, start.y_mm + (target.y_mm - start.y_mm) * ease
            self.set_camera(Camera(x, y, scale, self.width(), self.height()))

        self._glide.valueChanged.connect(step)
        self._glide.start()

    def set_camera(self, camera: Camera) -> None:
        """Look somewhere else."""
        self.camera = camera
        self.level = detail_level(camera.px_per_m, self.level)
        self.camera_changed.emit()
        self.update()

    # --- painting

    def paintEvent(self, _event: object) -> None:
        """Still picture, then what moves, then marks and rulers; a painter's fault is told, it never ends the program."""
        start = time.perf_counter()
        painter = QPainter(self)
        self.fault = ""
        try:
            self._paint(painter)
        except Exception as error:
            painter.resetTransform()
            painter.setOpacity(1.0)
            painter.fillRect(self.rect(), current().theme.colour("surface.canvas"))
            painter.setPen(current().theme.colour("text.primary"))
            text = self.tr("The floor could not be drawn: {0}. The plan is untouched.").format(
                f"{type(error).__name__}: {error}"
            )
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)
            self.fault = text
        painter.end()
        self.frame_ms = 1e3 * (time.perf_counter() - start)

    def _paint(self, painter: QPainter) -> None:
        painter.drawPixmap(0, 0, self._still_picture())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.moving:
            self._paint_moving(painter)
        self._paint_marks(painter)
        self._paint_frame(painter)

    def _still_picture(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        key = (self.camera, self._epoch, self.moving, ratio, self.level)
        if self._still is None or key != self._still_key:
            picture = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
            picture.setDevicePixelRatio(ratio)
            painter = QPainter(picture)
            try:
                self.paint_world(painter, self.camera, still_only=True)
            finally:
                painter.end()
            self._still, self._still_key = picture, key
        return self._still

    def paint_world(self, painter: QPainter, camera: Camera, *, still_only: bool = False) -> None:
        """Paint the plan itself: what exports share with the screen."""
        theme, scene, bodies = current().theme, self.scene, self.scene.bodies
        painter.fillRect(QRectF(0, 0, camera.width, camera.height), theme.colour("surface.canvas"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_floor.paint_floor(painter, theme, camera, scene, self.level, self.layers)
        air = self.overlay if self.overlay is not None and self.overlay.key == "temperature" else None
        if air is not None and self.result is not None:
            paint_air.paint_air(painter, theme, camera, scene, self.result.thermal.air.halls, air)
        rows: NDArray[np.int64] | None = None
        gone = np.array([bodies.index[key] for key in self.moving if key in bodies.index], dtype=np.int64)
        if still_only and len(gone):
            rows = np.setdiff1d(np.arange(len(bodies.ids), dtype=np.int64), gone)
        line_opacity = 0.55 if self.overlay_key not in ("none", "findings", *_LINKS) else 1.0
        faint = 0.35 if self.bridge.selection and self.overlay_key not in _LINKS else line_opacity
        if paint_far.is_far(camera):
            self._paint_far(painter, camera, faint)
        else:
            self._paint_lines(painter, camera, faint, gone if still_only else gone[:0])
        if "zones" in self.layers:
            paint_floor.paint_zone_names(painter, theme, camera, scene, self.level)
        if "bodies" in self.layers:
            if paint_far.is_block(camera) and self.overlay is None and rows is None:
                rows = paint_far.paint_blocks(painter, theme, camera, scene)
            paint_bodies(painter, theme, camera, bodies, rows, self.level, self._figures, self.overlay)
            if self.level == RACK and "links" in self.layers:
                paint_ports(painter, theme, camera, scene, rows, self.bridge.session.catalog.find)
        if air is not None and not self.moving:
            paint_air.paint_inlet_labels(painter, theme, camera, bodies, air, self.level)

    def _paint_far(self, painter: QPainter, camera: Camera, faint: float) -> None:
        """All lines of a large hall seen from far away; those of what moves stay where they were until release."""
        theme, scene = current().theme, self.scene
        strong = 1.0 if self.emphasis == "feeds" else 0.55
        for layer, opacity in (("links", faint), ("loops", 1.0), ("feeds", strong)):
            if layer in self.layers:
                paint_far.paint_far(painter, theme, camera, scene, layer, opacity, resolved=self.result is not None)

    def _paint_lines(self, painter: QPainter, camera: Camera, faint: float, gone: Ints) -> None:
        theme, scene = current().theme, self.scene
        if "links" in self.layers:
            runs = paint_lines.all_ribbons(scene)
            if len(gone):
                cables = np.flatnonzero(~(np.isin(scene.cables.a, gone) | np.isin(scene.cables.b, gone)))
                runs = paint_lines.ribbons(scene, cables)
            paint_lines.paint_ribbons(painter, theme, camera, runs, self.level, faint, resolved=self.result is not None)
        if "loops" in self.layers:
            paint_lines.paint_loops(painter, theme, camera, scene, self.level)
            paint_floor.paint_pipes(painter, theme, camera, scene)
        if "feeds" in self.layers:
            paint_lines.paint_feeds(painter, theme, camera, scene, self.level, strong=self.emphasis == "feeds")

    def _paint_moving(self, painter: QPainter) -> None:
        theme, scene, bodies = current().theme, self.scene, self.scene.bodies
        rows = np.array(sorted(bodies.index[key] for key in self.moving if key in bodies.index), dtype=np.int64)
        own = np.flatnonzero(np.isin(scene.cables.a, rows) | np.isin(scene.cables.b, rows))
        runs = paint_lines.ribbons(scene, own)
        paint_lines.paint_ribbons(painter, theme, self.camera, runs, self.level, resolved=self.result is not None)
        paint_bodies(painter, theme, self.camera, bodies, rows, self.level, self._figures, self.overlay)
        clashes = picking.overlaps(bodies, rows)
        paint_marks.paint_ghosts(painter, theme, self.camera, bodies, rows.tolist(), clashes)

    def _paint_marks(self, painter: QPainter) -> None:
        theme, bodies, camera = current().theme, self.scene.bodies, self.camera
        if "findings" in self.layers and self.result is not None and not self.moving:
            paint_marks.paint_findings(painter, theme, camera, bodies, self.result.findings)
        rows = [bodies.index[key] for key in self.bridge.selection if key in bodies.index]
        if rows and not self.moving and len(rows) <= 40:
            if "feeds" in self.layers:
                paint_lines.paint_feeds(painter, theme, camera, self.scene, self.level, set(rows), strong=True)
            if "loops" in self.layers:
                paint_lines.paint_loops(painter, theme, camera, self.scene, self.level, set(rows))
        if rows and not self.moving:
            own = np.flatnonzero(np.isin(self.scene.cables.a, rows) | np.isin(self.scene.cables.b, rows))
            if "links" in self.layers and len(own):
                runs = paint_lines.ribbons(self.scene, own)
                paint_lines.paint_ribbons(painter, theme, camera, runs, self.level, resolved=self.result is not None)
            paint_marks.paint_selection(painter, theme, camera, bodies, rows)
        self._paint_what_if(painter)
        hover = bodies.index.get(self.hover or "", -1)
        if hover >= 0 and not self.moving:
            paint_marks.paint_hover(painter, theme, camera, bodies, hover)
        if self.preview is not None:
            self.preview(painter, camera)
        paint_marks.paint_guides(painter, theme, camera, self.guides)
        if self.measure is not None:
            paint_marks.paint_distance(painter, theme, camera, *self.measure)
        if self.rubber is not None:
            paint_lines.rubber_line(painter, theme, *self.rubber)
        if self.marquee is not None:
            paint_marks.paint_marquee(painter, theme, *self.marquee)
        if self.readout and self.pointer is not None:
            paint_marks.paint_readout(
                painter, theme, self._below_moving(self.pointer), self.readout, QRectF(self.rect())
            )

    def _below_moving(self, pointer: QPointF) -> QPointF:
        """A point by the pointer from which on the row that is being worked on and its cables stay in sight."""
        rows = [self.scene.bodies.index[key] for key in self.moving if key in self.scene.bodies.index]
        if not rows:
            return pointer
        bottom = self.camera.rect(*paint_marks.frame_of(self.scene.bodies, rows)).bottom()
        return QPointF(pointer.x(), bottom) if pointer.y() < bottom < pointer.y() + READOUT_DROP_PX else pointer

    def _paint_what_if(self, painter: QPainter) -> None:
        if self.result is not None and self.result.failed:
            power = self.result.power
            dark = [key for key, fed in zip(power.rack_ids, power.rack_powered, strict=True) if not fed]
            paint_marks.paint_failed(painter, current().theme, self.camera, self.scene.bodies, self.result.failed, dark)

    def _paint_frame(self, painter: QPainter) -> None:
        theme = current().theme
        pointer = (self.pointer.x(), self.pointer.y()) if self.pointer is not None else None
        rulers.paint_rulers(painter, theme, self.camera, pointer)
        rulers.paint_scale_bar(painter, theme, self.camera)
        if self.overlay is not None:
            provisional = self.result is not None and self.result.provisional
            rulers.paint_legend(
                painter, theme, self.camera, self.overlay, self.tr("provisional") if provisional else ""
            )
        if self.result is not None and self.result.failed:
            paint_marks.paint_banner(painter, theme, self.camera, self.bridge.what_if)
        if self.overlay is None and self.overlay_key in _LINKS and self.result is not None:
            rulers.paint_media_legend(painter, theme, self.camera, self._media_rows())

    def _media_rows(self) -> list[tuple[str, str, str]]:
        if self.overlay_key in link_colours.MODES:
            return link_colours.legend_rows(self.scene, self.tr(link_colours.MODES[self.overlay_key]))
        totals: dict[str, float] = {}
        for key, count in zip(self.scene.cables.family.tolist(), self.scene.cables.count.tolist(), strict=True):
            name = FAMILIES[key] if key >= 0 else ""
            totals[name] = totals.get(name, 0) + count
        return [
            (name, _MEDIA_NAMES.get(name, self.tr("No medium")), f"{int(totals[name])}")
            for name in (*FAMILIES, "")
            if name in totals
        ]

    # --- events

    def resizeEvent(self, event: object) -> None:
        """Keep the centre, or fit a freshly opened plan."""
        self.camera = self.camera.resized(self.width(), self.height())
        self._fit_once()
        super().resizeEvent(event)  # type: ignore[arg-type]

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Middle button or space pans; everything else is the tool's."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.pointer = event.position()
        if event.button() == Qt.MouseButton.MiddleButton or (
            self._space and event.button() == Qt.MouseButton.LeftButton
        ):
            self._pan_from = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif event.button() == Qt.MouseButton.LeftButton and self.tool is not None:
            self.tool.press(event.position(), event.modifiers())
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pan, or let the tool follow."""
        before, self.pointer = self.pointer, event.position()
        if self._pan_from is not None and before is not None:
            delta = event.position() - before
            self.set_camera(self.camera.panned(delta.x(), delta.y()))
        elif self.tool is not None:
            self.tool.move(event.position(), event.modifiers(), bool(event.buttons() & Qt.MouseButton.LeftButton))
        self.pointer_moved.emit(*self.camera.to_world(event.position()))
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End panning, or the tool's gesture."""
        if self._pan_from is not None and event.button() in (Qt.MouseButton.MiddleButton, Qt.MouseButton.LeftButton):
            self._pan_from = None
            self.unsetCursor()
        elif event.button() == Qt.MouseButton.LeftButton and self.tool is not None:
            self.tool.release(event.position(), event.modifiers())
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Zoom to what is under the pointer."""
        key = self.body_at(event.position())
        if key is not None:
            self.activated.emit(key)

    def leaveEvent(self, _event: object) -> None:
        """The pointer is gone, and with it hover and ruler marks."""
        self.pointer = None
        self.hover = None
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the pointer; Shift and Ctrl pan."""
        delta = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.set_camera(self.camera.panned(delta.y() or delta.x(), 0))
        else:
            self.set_camera(self.camera.zoomed(1.0015 ** (delta.y() or delta.x()), event.position()))
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Figures typed during a drag are distances, not the shortcuts of overlays."""
        if event.type() == QEvent.Type.ShortcutOverride and self.tool is not None and self.tool.busy:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The tool first, then space to pan."""
        if self.tool is not None and self.tool.key(event):
            self.update()
            return
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = True
            self.setCursor(Qt.CursorShape.OpenHandCursor)
            return
        super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space up ends panning."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self.unsetCursor()
            return
        super().keyReleaseEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask the window for a menu on what is under the pointer."""
        key = self.body_at(QPointF(event.pos()))
        if key is not None and key not in self.bridge.selection:
            self.bridge.select([key])
        self.context_wanted.emit(event.globalPos())

    def dragEnterEvent(self, event: Any) -> None:
        """Accept catalogue rows."""
        if event.mimeData().hasFormat("application/x-infraplanner-profile"):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: Any) -> None:
        """Show the ghost of what would be placed."""
        self.pointer = event.position()
        if self.tool is not None and hasattr(self.tool, "hover_drop"):
            profile = bytes(event.mimeData().data("application/x-infraplanner-profile").data()).decode()
            self.tool.hover_drop(profile, event.position(), event.modifiers())
        event.acceptProposedAction()
        self.update()

    def dragLeaveEvent(self, _event: Any) -> None:
        """Forget the ghost."""
        self.preview = None
        self.update()

    def dropEvent(self, event: Any) -> None:
        """Place what was dragged from the catalogue."""
        profile = bytes(event.mimeData().data("application/x-infraplanner-profile").data()).decode()
        self.preview = None
        x_mm, y_mm = self.camera.to_world(event.position())
        event.acceptProposedAction()
        QTimer.singleShot(0, lambda: self.dropped.emit(profile, x_mm, y_mm))
