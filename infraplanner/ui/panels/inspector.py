"""The inspector: fields of the selection with typed units, where each number comes from, and what the engine says of it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from infraplanner.catalog.types import CoolingUnit, PowerUnit
from infraplanner.edit import SetFields
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.bridge import Bridge
from infraplanner.ui.theme import icons
from infraplanner.ui.theme.current import current
from infraplanner.ui.widgets.months_field import MonthsField
from infraplanner.ui.widgets.source_chip import CHIP_OF, SourceChip
from infraplanner.ui.widgets.unit_field import UnitField
from infraplanner.units import number, scaled

from .inspector_fields import FIELDS, ON_CHIPS, PROFILE_FACTS, RESULTS, Field
from .object_figures import object_figures
from .tariff import PeriodSource, TariffEditor

MIXED = object()


class InspectorPanel(QScrollArea):
    """Edits one object, or many of one table at once."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bridge = bridge
        self.table = ""
        self.ids: list[str] = []
        self.fields: dict[str, UnitField | MonthsField | QLineEdit | QComboBox] = {}
        self.tariff: TariffEditor | None = None
        self.outputs: dict[str, QLabel] = {}
        self.chips: dict[str, SourceChip] = {}
        self._result: ResultSnapshot | None = None
        self._last_refusal = ""
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        bridge.selection_changed.connect(self.rebuild)
        bridge.changed.connect(self._take_changes)
        bridge.opened.connect(self.rebuild)
        bridge.result.connect(self.take)
        bridge.refused.connect(self._note_refusal)
        self.rebuild()

    def _note_refusal(self, text: str) -> None:
        self._last_refusal = text

    # --- building

    def rebuild(self) -> None:
        """Lay out the fields of the selection."""
        known = self.bridge.session.document.ids()
        selection = [key for key in self.bridge.selection if key in known]
        tables = {known[key] for key in selection}
        self.fields, self.outputs, self.chips, self.tariff = {}, {}, {}, None
        body = QWidget(self)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(12, 8, 10, 12)
        layout.setSpacing(2)
        if len(tables) == 1 and next(iter(tables)) in FIELDS:
            self.table, self.ids = tables.pop(), selection
            self._header(layout)
            for section, fields in FIELDS[self.table].items():
                self._section(layout, section, fields)
            if self.table == "site":
                self.tariff = TariffEditor(self.bridge)
                layout.addWidget(section_head(self.tr("Tariff")))
                layout.addWidget(self.tariff)
            if self.table == "tariff":
                layout.addWidget(PeriodSource(self.bridge, self.ids))
            self._facts(layout)
            self._results(layout)
        else:
            self.table, self.ids = "", []
            self._empty(layout, len(selection))
        layout.addStretch(1)
        self.setWidget(body)
        self.refresh()

    def _empty(self, layout: QVBoxLayout, count: int) -> None:
        text = (
            self.tr("{0} objects of different kinds.").format(count)
            if count
            else self.tr("Select something on the floor to see and edit it.")
        )
        label = QLabel(text)
        label.setObjectName("muted")
        label.setWordWrap(True)
        layout.addWidget(label)

    def _records(self) -> list[Any]:
        if not self.table:
            return []
        table = self.bridge.session.document.table(self.table)
        return [table[key] for key in self.ids if key in table]

    def _header(self, layout: QVBoxLayout) -> None:
        records = self._records()
        row = QHBoxLayout()
        row.setSpacing(10)
        icon = QLabel()
        names = {
            "racks": "rack",
            "cooling": "cooling",
            "power": "power",
            "links": "link",
            "loops": "loop",
            "pools": "model",
        }
        icon.setPixmap(icons.pixmap(names.get(self.table, "hall"), current().theme.hex("text.link"), 20, 2.0))
        title = QLabel(self.ids[0] if len(self.ids) == 1 else self.tr("{0} {1}").format(len(self.ids), self.table))
        title.setObjectName("title")
        profiles = {getattr(record, "profile", "") for record in records}
        profile = self.bridge.session.catalog.find(next(iter(profiles))) if len(profiles) == 1 else None
        below = getattr(profile, "name", "") or (self.tr("several profiles") if len(profiles) > 1 else self.table)
        note = QLabel(below)
        note.setObjectName("secondary")
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(title)
        words.addWidget(note)
        row.addWidget(icon)
        row.addLayout(words, 1)
        layout.addLayout(row)

    def _section(self, layout: QVBoxLayout, name: str, fields: list[Field]) -> None:
        layout.addWidget(section_head(name))
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        for line, field in enumerate(fields):
            caption = QLabel(field.caption)
            caption.setObjectName("secondary")
            caption.setFixedWidth(92)
            editor = self._editor(field)
            editor.setAccessibleName(field.caption)
            chip = SourceChip()
            self.chips[field.name] = chip
            grid.addWidget(caption, line, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(editor, line, 1)
            grid.addWidget(chip, line, 2, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(grid)

    def _editor(self, field: Field) -> QWidget:
        if field.kind in ("number", "whole"):
            editor = UnitField(field.unit, whole=field.kind == "whole", optional=field.optional)
            editor.committed.connect(lambda value, name=field.name, box=editor: self._commit(name, value, box))
            self.fields[field.name] = editor
            return editor
        if field.kind == "months":
            months = MonthsField()
            months.committed.connect(lambda value, name=field.name: self._commit(name, value, None))
            self.fields[field.name] = months
            return months
        if field.kind == "text":
            line = QLineEdit()
            line.setFixedHeight(24)
            line.editingFinished.connect(lambda name=field.name, box=line: self._commit_text(name, box))
            self.fields[field.name] = line
            return line
        combo = QComboBox()
        combo.setFixedHeight(24)
        combo.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        for option, text in self._options(field):
            combo.addItem(text, option)
        combo.activated.connect(lambda _index, name=field.name, box=combo: self._commit(name, box.currentData(), None))
        combo.wheelEvent = lambda event: event.ignore()  # type: ignore[method-assign]
        self.fields[field.name] = combo
        return combo

    def _options(self, field: Field) -> list[tuple[Any, str]]:
        """(value, text) of everything that can be chosen."""
        kind, _, rest = field.kind.partition(":")
        if kind == "flag":
            return [(False, self.tr("no")), (True, self.tr("yes"))]
        if kind == "profile" and rest != "power":
            kinds = ON_CHIPS if rest == "plate" else {rest}
            units = [
                unit for unit in self.bridge.session.catalog.of(CoolingUnit).values() if unit.cooling_kind in kinds
            ]
            return [("", self.tr("the usual")), *((unit.id, unit.name) for unit in sorted(units, key=lambda u: u.name))]
        if kind == "profile":
            found = self.bridge.session.catalog.of(PowerUnit).values()
            wires = sorted((part.name, part.id) for part in found if part.current_system and part.ampacity_a)
            return [("", self.tr("none")), *((key, name) for name, key in wires)]
        names = rest.split(",") if kind == "choice" else ["", *sorted(self.bridge.session.document.table(rest))]
        return [(name, name or self.tr("none")) for name in names]

    def _facts(self, layout: QVBoxLayout) -> None:
        """Numbers of the profile with their source."""
        records = self._records()
        profiles = {getattr(record, "profile", "") for record in records}
        catalog = self.bridge.session.catalog
        profile = catalog.find(next(iter(profiles))) if len(profiles) == 1 else None
        facts = [fact for fact in PROFILE_FACTS.get(self.table, []) if hasattr(profile, fact[0])]
        if profile is None or not facts:
            return
        layout.addWidget(section_head(self.tr("Profile")))
        for name, caption, unit in facts:
            value = getattr(profile, name)
            shown = "–" if value is None else f"{number(100 * value)} %" if unit == "%" else _figure(value, unit)
            source = catalog.provenance(profile, name)
            tip = f"{source.confidence}: {', '.join(source.sources) or '–'}" + (
                f"\n{source.note}" if source.note else ""
            )
            layout.addLayout(_line(caption, QLabel(shown), CHIP_OF.get(source.confidence, "EST"), tip))

    def _results(self, layout: QVBoxLayout) -> None:
        captions = RESULTS.get(self.table)
        if not captions or len(self.ids) != 1:
            return
        layout.addWidget(section_head(self.tr("Result")))
        for key, caption in captions:
            label = QLabel("–")
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self.outputs[key] = label
            layout.addLayout(_line(caption, label, "CALC", self.tr("Computed from the plan and the profiles.")))

    # --- values

    def _take_changes(self, changes: Any) -> None:
        known = self.bridge.session.document.ids()
        structural = changes.whole or any(change.added or change.removed for change in changes.tables.values())
        if structural or any(known.get(key) != self.table for key in self.ids):
            self.rebuild()
        else:
            self.refresh()

    def refresh(self) -> None:
        """Show the present values; several different ones show `mixed`."""
        records = self._records()
        for name, editor in self.fields.items():
            values = {getattr(record, name) for record in records}
            value: Any = values.pop() if len(values) == 1 else MIXED
            if isinstance(editor, UnitField | MonthsField):
                editor.show_value(None if value is MIXED else value, mixed=value is MIXED)
            elif isinstance(editor, QComboBox):
                editor.setCurrentIndex(editor.findData("" if value is MIXED else value))
            elif not editor.hasFocus():
                editor.setText("" if value is MIXED else str(value))
                editor.setPlaceholderText(self.tr("mixed") if value is MIXED else "")
            self.chips[name].show_chip(
                "USER" if value not in (None, "") else "", self.tr("Typed or drawn in this plan.")
            )
        self._show_results()

    def _commit(self, name: str, value: Any, editor: UnitField | None) -> None:
        self._last_refusal = ""
        done = self.bridge.execute(SetFields(self.table, list(self.ids), {name: value}))
        if not done and self._last_refusal and editor is not None:
            editor.refuse(self._last_refusal)

    def _commit_text(self, name: str, box: QLineEdit) -> None:
        if box.isModified():
            box.setModified(False)
            self._commit(name, box.text().strip(), None)
            self.refresh()

    def take(self, result: ResultSnapshot) -> None:
        """Keep the result and show what it says of the selection."""
        self._result = result
        self._show_results()

    def _show_results(self) -> None:
        result = self._result
        if result is not None and self.tariff is not None:
            self.tariff.take(result)
        if result is None or not self.outputs or len(self.ids) != 1:
            return
        for key, text in object_figures(result, self.table, self.ids[0]).items():
            if key in self.outputs:
                self.outputs[key].setText(text + ("  ~" if result.provisional else ""))


def section_head(name: str) -> QWidget:
    """A caption with a rule."""
    box = QWidget()
    row = QHBoxLayout(box)
    row.setContentsMargins(0, 8, 0, 3)
    label = QLabel(name)
    label.setObjectName("section")
    rule = QFrame()
    rule.setObjectName("sectionRule")
    rule.setFixedHeight(1)
    row.addWidget(label)
    row.addWidget(rule, 1)
    return box


def _line(caption: str, value: QLabel, chip_text: str, tip: str) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    left = QLabel(caption)
    left.setObjectName("secondary")
    left.setFixedWidth(92)
    value.setMinimumHeight(24)
    value.setToolTip(tip)
    chip = SourceChip()
    chip.show_chip(chip_text, tip)
    row.addWidget(left)
    row.addWidget(value, 1)
    row.addWidget(chip)
    return row


def _figure(value: float, unit: str) -> str:
    return " ".join(scaled(value, unit)) if unit == "W" else f"{number(value, 4)} {unit}"
