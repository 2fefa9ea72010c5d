"""Build a fabric: kind, hosts and switches on the left of one look at what it would take; one undoable edit."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from infraplanner.catalog.types import Frame, System
from infraplanner.edit import EditError, GenerateFabric
from infraplanner.edit.fabric import outline
from infraplanner.edit.topologies import KINDS
from infraplanner.ui.bridge import Bridge

SELECTION = ""
CABINET = "eia-48u-600x1200"


class FabricDialog(QDialog):
    """Every change of a field says at once what would be built, or why it cannot be."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bridge = bridge
        self.setWindowTitle(self.tr("Build fabric"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(460)
        session = bridge.session
        document, catalog = session.document, session.catalog
        self.kind, self.hosts, self.switch, self.into = QComboBox(), QComboBox(), QComboBox(), QLineEdit()
        for key, (_, name) in KINDS.items():
            self.kind.addItem(self.tr(name), key)
        chosen = [key for key in bridge.selection if key in document.table("racks") or key in document.table("devices")]
        if chosen:
            self.hosts.addItem(self.tr("Selection ({0})").format(len(chosen)), SELECTION)
        for key, pool in sorted(document.table("pools").items()):
            self.hosts.addItem(self.tr("Pool {0}").format(pool.name or key), key)
        for part in sorted(catalog.of(System).values(), key=lambda part: part.name):
            if (
                part.system_kind in ("switch", "ocs")
                and part.rack_units
                and any(g.role == "switch" for g in part.port_groups)
            ):
                self.switch.addItem(part.name, part.id)
        self.switch.setCurrentIndex(max(0, self.switch.findData("qm9700")))
        cabinets = [
            key
            for key, rack in sorted(document.table("racks").items())
            if isinstance(catalog.find(rack.profile), Frame)
        ]
        picked = [key for key in bridge.selection if key in cabinets]
        self.into.setText(", ".join(picked))
        self.into.setPlaceholderText(self.tr("new cabinets where there is room"))
        self.ratio, self.top = self._spin(), self._spin()
        self.pod = QSpinBox()
        self.pod.setRange(0, 1024)
        self.pod.setSpecialValueText(self.tr("as many as fit"))
        self.sides = QLineEdit("4, 4, 4")
        self.prefix = QLineEdit("fab")
        self.replace = QCheckBox(self.tr("Take out what is plugged into these ports"))
        form = QFormLayout()
        for name, field in (
            (self.tr("Kind"), self.kind), (self.tr("Hosts"), self.hosts), (self.tr("Switch"), self.switch),
            (self.tr("Cabinets"), self.into), (self.tr("Down over up, leaf"), self.ratio),
            (self.tr("Down over up, above"), self.top), (self.tr("Leaves of a pod"), self.pod),
            (self.tr("Cubes along x, y, z"), self.sides), (self.tr("Ids start with"), self.prefix), ("", self.replace),
        ):  # fmt: skip
            form.addRow(name, field)
        self.form = form
        self.answer = QLabel("")
        self.answer.setWordWrap(True)
        self.answer.setMinimumHeight(54)
        self.answer.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setText(self.tr("Build"))
        self.buttons.accepted.connect(self._build)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.answer)
        layout.addWidget(self.buttons)
        for box in (self.kind, self.hosts, self.switch):
            box.currentIndexChanged.connect(self._look)
        for line in (self.into, self.sides, self.prefix):
            line.textChanged.connect(self._look)
        for spin in (self.ratio, self.top, self.pod):
            spin.valueChanged.connect(self._look)
        self.replace.toggled.connect(self._look)
        self._look()

    def _spin(self) -> QDoubleSpinBox:
        spin = QDoubleSpinBox()
        spin.setRange(0.1, 100.0)
        spin.setValue(1.0)
        spin.setSingleStep(0.5)
        spin.setSuffix(" : 1")
        return spin

    def order(self) -> GenerateFabric:
        """The command as the fields stand. Raises EditError for sides that are no three numbers."""
        session = self.bridge.session
        document = session.document
        key = self.hosts.currentData()
        if key == SELECTION:
            hosts = [k for k in self.bridge.selection if k in document.table("racks") or k in document.table("devices")]
        else:
            hosts = [k for k, row in sorted(document.table("devices").items()) if row.pool == key]
            hosts = hosts or [k for k, row in sorted(document.table("racks").items()) if row.pool == key]
        try:
            x, y, z = (int(part) for part in self.sides.text().split(","))
        except ValueError:
            raise EditError("The cubes along x, y and z are three whole numbers, such as 4, 4, 4.") from None
        return GenerateFabric(
            kind=self.kind.currentData(), hosts=tuple(hosts), switch=self.switch.currentData() or "",
            catalogue=session.catalog, frame=CABINET,
            into=tuple(part.strip() for part in self.into.text().split(",") if part.strip()),
            ratio=self.ratio.value(), top_ratio=self.top.value(), pod_leaves=self.pod.value(), sides=(x, y, z),
            prefix=self.prefix.text().strip(), replace_links=self.replace.isChecked(),
        )  # fmt: skip

    def _look(self) -> None:
        """Fields that the kind does not ask for are hidden; the answer is what would be built."""
        kind = self.kind.currentData()
        self.form.setRowVisible(self.sides, kind == "ocs-torus")
        for field in (self.top, self.pod):
            self.form.setRowVisible(field, kind == "clos-3")
        self.form.setRowVisible(self.ratio, kind in ("clos-2", "clos-3", "rail-optimised", "rail-only", "dual-plane"))
        button = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        try:
            found = outline(self.order(), self.bridge.session.document)
        except EditError as error:
            self.answer.setText(str(error))
            button.setEnabled(False)
            return
        width = found.get("bisection_gbps")
        across = self.tr(", bisection {0} Tb/s").format(f"{width / 1e3:.1f}") if width is not None else ""
        self.answer.setText(
            self.tr("{0} switches and {1} cables join {2} hosts{3}.").format(
                f"{found['switches']:.0f}", f"{found['cables']:.0f}", f"{found['hosts']:.0f}", across
            )
        )
        button.setEnabled(True)

    def _build(self) -> None:
        try:
            order = self.order()
            self.bridge.session.execute(order, self.bridge.context())
        except EditError as error:
            self.answer.setText(str(error))
            return
        self.accept()
