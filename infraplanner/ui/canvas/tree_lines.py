"""Lines of the single-line view: where they run, which one is under the pointer, and what a node is called."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF

NEAR_PX = 5.0
KIND_WORDS = {
    "utility": "grid", "mv_transformer": "transformer", "solid_state_transformer": "SST", "ups_double_conversion": "UPS",
    "ups_small": "UPS", "switchgear": "switchboard", "pdu_transformer": "PDU", "rpp": "panel", "rack_pdu": "rack PDU",
    "busway": "busway", "bess": "battery", "gas_turbine": "gas turbine", "combined_cycle": "combined cycle",
    "gas_engine": "gas engine", "diesel_genset": "diesel set", "fuel_cell": "fuel cell", "pv": "solar",
    "sidecar_power_rack": "sidecar", "power_shelf": "power shelf", "grid_buffer": "grid buffer",
}  # fmt: skip


def elbow(start: QRectF, end: QRectF, side: str, gap: float) -> list[QPointF]:
    """From the right edge of one box to the left edge of the other; side A a little above side B."""
    shift = {"a": -5.0, "b": 5.0}.get(side, 0.0)
    a, b = QPointF(start.right(), start.center().y() + shift), QPointF(end.left(), end.center().y() + shift)
    middle = b.x() - gap / 2 + shift / 2
    return [a, QPointF(middle, a.y()), QPointF(middle, b.y()), b]


def lane(start: QRectF, end: QRectF, side: str, gap: float, at: float) -> list[QPointF]:
    """The same over several columns, in a lane at this height between them."""
    shift = {"a": -5.0, "b": 5.0}.get(side, 0.0)
    a, b = QPointF(start.right(), start.center().y() + shift), QPointF(end.left(), end.center().y() + shift)
    out, into = a.x() + gap / 2 - shift / 2, b.x() - gap / 2 + shift / 2
    return [a, QPointF(out, a.y()), QPointF(out, at), QPointF(into, at), QPointF(into, b.y()), b]


def near(points: list[QPointF], at: QPointF) -> bool:
    """Whether a point lies on a line of horizontal and vertical pieces, within a few pixels."""
    for a, b in pairwise(points):
        box = QRectF(min(a.x(), b.x()), min(a.y(), b.y()), abs(a.x() - b.x()), abs(a.y() - b.y()))
        if box.adjusted(-NEAR_PX, -NEAR_PX, NEAR_PX, NEAR_PX).contains(at):
            return True
    return False


def kind_word(kind: str) -> str:
    """What people call a part."""
    return KIND_WORDS.get(kind, kind.replace("_", " "))
