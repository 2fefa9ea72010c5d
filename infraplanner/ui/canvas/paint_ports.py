"""Ports of racks at high zoom: one bar a port group along the front edge, filled as far as cables are plugged in."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from infraplanner.catalog.types import System
from infraplanner.ui.theme import fonts
from infraplanner.ui.theme.tokens import Theme

from .camera import Camera
from .ink import label
from .scene import Find, Ints, Scene

Group = tuple[str, int, int]
"""Name of a port group, ports in use and ports in all."""
BAR_PX, GAP_PX, MOST = 5.0, 12.0, 4


def port_groups(scene: Scene, find: Find) -> dict[int, list[Group]]:
    """Groups of every body with ports, those of its devices together; kept with the scene."""
    if "ports" not in scene.memo:
        snapshot = scene.snapshot
        given: dict[tuple[str, str], int] = {}
        used: dict[tuple[str, str], int] = {}
        home = {key: device.rack for key, device in snapshot.table("devices").items()}
        for table in ("racks", "devices"):
            for key, record in snapshot.table(table).items():
                profile = find(record.profile)
                for group in profile.port_groups if isinstance(profile, System) else ():
                    if group.role != "scale_up":
                        at = home.get(key, key), group.group
                        given[at] = given.get(at, 0) + group.count
        for port in snapshot.table("ports").values():
            at = home.get(port.owner, port.owner), port.group
            given[at] = given.get(at, 0) + port.count
        for link in snapshot.table("links").values():
            for end, name in ((link.a, link.a_port), (link.b, link.b_port)):
                if name:
                    used[home.get(end, end), name] = used.get((home.get(end, end), name), 0) + link.count
        out: dict[int, list[Group]] = {}
        for (rack, name), count in sorted(given.items()):
            row = scene.bodies.index.get(rack)
            if row is not None:
                out.setdefault(row, []).append((name, used.get((rack, name), 0), count))
        scene.memo["ports"] = out
    found: dict[int, list[Group]] = scene.memo["ports"]
    return found


def paint_ports(painter: QPainter, theme: Theme, camera: Camera, scene: Scene, rows: Ints | None, find: Find) -> None:
    """Bars of the bodies in view; more cables than ports (a breakout) fill the bar."""
    groups = port_groups(scene, find)
    shown = groups if rows is None else {row: groups[row] for row in rows.tolist() if row in groups}
    if not shown:
        return
    bounds = scene.bodies.bounds(np.array(list(shown), dtype=np.int64))
    face = fonts.font(fonts.CAPTION, fonts.TILE)
    for (_, held), edge in zip(shown.items(), bounds, strict=True):
        corner, other = camera.to_screen(edge[0], edge[1]), camera.to_screen(edge[2], edge[3])
        box = QRectF(corner.x(), other.y(), other.x() - corner.x(), corner.y() - other.y())
        if box.right() < 0 or box.left() > camera.width or box.bottom() < 0 or box.top() > camera.height:
            continue
        if box.width() < 70 or box.height() < 120:
            continue
        y = box.bottom() - 8 - (BAR_PX + GAP_PX) * min(MOST, len(held))
        for name, used, count in held[:MOST]:
            line = QRectF(box.left() + 8, y, box.width() - 16, GAP_PX)
            label(painter, line, f"{name} {used}/{count}", theme.colour("text.secondary"), face)
            bar = QRectF(box.left() + 8, y + GAP_PX, box.width() - 16, BAR_PX - 1)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("border.control"))
            painter.drawRect(bar)
            bar.setWidth(bar.width() * min(1.0, used / max(1, count)))
            painter.setBrush(theme.colour("wall.copper"))
            painter.drawRect(bar)
            y += BAR_PX + GAP_PX
