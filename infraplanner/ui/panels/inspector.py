"""The inspector: fields of the selection with typed units, where each number comes from, and what the engine says of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
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
from infraplanner.results.snapshot import PoolResult, PowerResult, ResultSnapshot, ThermalResult
from infraplanner.ui.bridge import Bridge
from infraplanner.ui.theme import icons
from infraplanner.ui.theme.current import current
from infraplanner.ui.widgets.months_field import MonthsField
from infraplanner.ui.widgets.source_chip import CHIP_OF, SourceChip
from infraplanner.ui.widgets.unit_field import UnitField
from infraplanner.units import number, scaled

from .power_figures import feed_figures, node_figures
from .tariff import PeriodSource, TariffEditor, tariff_figures

MIXED = object()


@dataclass(frozen=True, slots=True)
class Field:
    """One editable field of a table: its name, caption, unit and kind."""

    name: str
    caption: str
    unit: str = ""
    kind: str = "number"
    """number, whole, text, flag, choice:a,b, reference:table or profile:kind"""
    optional: bool = False


ON_CHIPS = frozenset({"cold_plate_1phase", "cold_plate_jet", "cold_plate_2phase", "mems_air"})
"""Cooling parts that sit on chips."""
PLACEMENT = [Field("x_mm", "Position x", "mm", "whole"), Field("y_mm", "Position y", "mm", "whole"),
             Field("rotation_deg", "Rotation", "deg", "whole")]  # fmt: skip
FIELDS: dict[str, dict[str, list[Field]]] = {
    "racks": {
        "Placement": [*PLACEMENT, Field("row", "Row", "", "text")],
        "Power": [
            Field("power_cap_frac", "Power cap", "frac", optional=True),
            Field("regulator", "Regulators", "", "choice:,discrete,vertical,integrated,package,ondie"),
        ],
        "Connections": [
            Field("loop", "Coolant loop", "", "reference:loops"),
            Field("pool", "Serving pool", "", "reference:pools"),
        ],
        "Cooling": [
            Field("plate", "On its chips", "", "profile:plate"),
            Field("air_class", "Air class", "", "choice:,A1,A2,A3,A4,H1"),
        ],
    },
    "cooling": {
        "Placement": PLACEMENT,
        "Connections": [
            Field("loop", "Serves loop", "", "reference:loops"),
            Field("source_loop", "Rejects to", "", "reference:loops"),
        ],
    },
    "power": {
        "Placement": PLACEMENT,
        "Power": [
            Field("rating_kw", "Rating", "kw", optional=True),
            Field("power_cap_kw", "Power cap", "kw", optional=True),
            Field("side", "Side", "", "choice:,a,b,c"),
            Field("units", "Units", "count", "whole"),
            Field("spare", "Spare units", "count", "whole"),
            Field("stage_frac", "Next unit at", "frac", optional=True),
            Field("maintenance", "Maintenance", "", "flag"),
            Field("eco", "Eco mode", "", "flag"),
        ],
        "As a source": [
            Field("dispatch", "Order of use", "count", "whole"),
            Field("mode", "Mode", "", "choice:,parallel,backup"),
            Field("available_frac", "Available", "frac", optional=True),
            Field("energy_kwh", "Stored energy", "kwh", optional=True),
            Field("electricity_usd_per_kwh", "Price of energy", "usd_per_kwh", optional=True),
            Field("carbon_g_per_kwh", "Carbon", "g_per_kwh", optional=True),
        ],
    },
    "feeds": {
        "Feed": [
            Field("side", "Side", "", "choice:,a,b,c"),
            Field("weight", "Weight", "count"),
            Field("order", "Order of use", "count", "whole", optional=True),
            Field("phase", "Phase", "", "choice:,l1,l2,l3"),
        ],
        "Conductor": [
            Field("conductor", "Cable or bar", "", "profile:power"),
            Field("length_mm", "Length", "mm", "whole", optional=True),
            Field("runs", "Runs", "count", "whole"),
            Field("ambient_c", "Ambient", "c", optional=True),
            Field("grouped", "In one raceway", "count", "whole"),
            Field("contacts", "Joints", "count", "whole"),
            Field("contact_uohm", "Of a joint", "uohm", optional=True),
        ],
    },
    "devices": {
        "Mounting": [Field("u", "Lowest unit", "count", "whole")],
        "Memory": [
            Field("cooler", "On its memory", "", "profile:mems_air"),
            Field("coolers", "Modules on each", "count", "whole"),
        ],
    },
    "links": {
        "Link": [
            Field("rate_gbps", "Rate a cable", "gbps"),
            Field("count", "Cables", "count", "whole"),
            Field("medium", "Medium", "", "text"),
        ],
        "Cooling": [
            Field("cooler", "On its plugs", "", "profile:mems_air"),
            Field("coolers", "Modules a plug", "count", "whole"),
        ],
    },
    "loops": {
        "Loop": [
            Field("supply_c", "Supply", "c", optional=True),
            Field("rise_k", "Rise", "k", optional=True),
            Field("flow_l_per_min_per_kw", "Flow per kW", "l_per_min", optional=True),
            Field("fluid", "Fluid", "", "choice:water,pg25,eg25,dielectric,r1233zd,air"),
            Field("spare", "Units to spare", "count", "whole"),
            Field("manage_heat", "Keep to capacity", "", "flag"),
        ],
        "Branches": [
            Field("return_path", "Return", "", "choice:direct,reverse"),
            Field("balanced", "Valves set", "", "flag"),
            Field("manifold", "Manifold", "", "profile:manifold"),
            Field("hose", "Hoses", "", "profile:hose"),
            Field("valve", "Valve", "", "profile:valve"),
        ],
    },
    "pools": {
        "Served": [
            Field("model", "Model", "", "text"),
            Field("workload", "Workload", "", "reference:workloads"),
            Field("framework", "Software", "", "text"),
            Field("weights", "Weights", "", "choice:auto,bf16,fp8,fp4,mxfp4,int8,int4"),
            Field("activations", "Activations", "", "choice:,bf16,fp8,fp4,int8"),
            Field("kv", "KV cache", "", "choice:bf16,fp8,fp4"),
            Field("phase", "Phase", "", "choice:both,prefill,decode"),
            Field("prefill_pool", "Prefill pool", "", "reference:pools"),
        ],
        "Layout (0 = chosen)": [
            Field("tp", "Tensor", "count", "whole"),
            Field("pp", "Pipeline", "count", "whole"),
            Field("ep", "Expert", "count", "whole"),
            Field("moe_tp", "Expert slices", "count", "whole"),
            Field("dp", "Data", "count", "whole"),
            Field("redundant_experts", "Spare experts", "count", "whole"),
            Field("two_batch", "Two-batch overlap", "", "flag"),
            Field("batch", "Batch", "count", "whole", optional=True),
            Field("chunk_tokens", "Prefill chunk", "tokens", "whole"),
        ],
        "Model options": [
            Field("pruned_frac", "Pruned away", "frac"),
            Field("layers_kept_frac", "Layers kept", "frac"),
            Field("kv_kept_frac", "Cache kept", "frac"),
            Field("draft_tokens", "Drafted tokens", "count", "whole"),
            Field("draft_method", "Drafted by", "", "choice:mtp1,eagle3"),
            Field("draft_accept_frac", "Drafts kept", "frac", optional=True),
        ],
        "Beyond the accelerator": [
            Field("weights_host_frac", "Weights in host", "frac"),
            Field("kv_host_frac", "Cache in host", "frac"),
            Field("prefix_tier", "Prefixes in", "", "choice:hbm,host,storage"),
        ],
    },
    "halls": {
        "Hall": [
            Field("width_mm", "Width", "mm", "whole"),
            Field("depth_mm", "Depth", "mm", "whole"),
            Field("height_mm", "Height", "mm", "whole"),
            Field("tile_mm", "Tile", "mm", "whole"),
            Field("supply_air_c", "Supply air", "c", optional=True),
            Field("air_class", "Air class", "", "choice:,A1,A2,A3,A4,H1"),
            Field("air_layers", "Air layers", "", "choice:one,two"),
            Field("manage_heat", "Keep to capacity", "", "flag"),
            Field("floor_rating_kg_per_m2", "Floor rating", "kg_per_m2", optional=True),
        ]
    },
    "site": {
        "Site": [
            Field("dry_bulb_c", "Dry bulb", "c", optional=True),
            Field("wet_bulb_c", "Wet bulb", "c", optional=True),
            Field("electricity_usd_per_kwh", "Electricity", "usd_per_kwh", optional=True),
            Field("demand_usd_per_kw_month", "Demand charge", "usd_per_kw_month", optional=True),
            Field("peak_usd_per_kwh", "Peak price", "usd_per_kwh", optional=True),
            Field("peak_hours", "Peak hours a day", "count", optional=True),
            Field("carbon_g_per_kwh", "Grid carbon", "g_per_kwh", optional=True),
            Field("clean_frac", "Clean energy", "frac", optional=True),
            Field("use_frac", "Use of a year", "frac", optional=True),
            Field("it_life_years", "Life of IT", "years", optional=True),
            Field("discount_rate_frac", "Cost of capital", "frac", optional=True),
            Field("capex_budget_usd", "Capital budget", "usd", optional=True),
            Field("usd_per_million_tokens_limit", "Cost limit, 1M tokens", "usd_per_million", optional=True),
        ]
    },
    "tariff": {
        "Hours": [
            Field("name", "Name", "", "text"),
            Field("months", "Months", "", "months"),
            Field("days", "Days", "", "choice:all,weekday,weekend"),
            Field("start_h", "From hour", "count", "whole"),
            Field("end_h", "To hour", "count", "whole"),
        ],
        "Price": [
            Field("usd_per_kwh", "Energy", "usd_per_kwh", optional=True),
            Field("demand_usd_per_kw_month", "Demand charge", "usd_per_kw_month", optional=True),
        ],
    },
    "workloads": {
        "Requests": [
            Field("complexity_b", "Needs parameters, B", "count", optional=True),
            Field("input_tokens", "Input", "tokens", "whole", optional=True),
            Field("output_tokens", "Output", "tokens", "whole", optional=True),
            Field("prefix_hit_frac", "Prefix hits", "frac", optional=True),
            Field("offered_requests_per_s", "Offered, req/s", "count", optional=True),
            Field("arrival_cv", "Arrival variation", "count", optional=True),
            Field("ttft_limit_s", "First token", "s", optional=True),
            Field("tpot_limit_s", "Each token", "s", optional=True),
        ]
    },
}
_PROFILE_FACTS = {
    "racks": [("power_max_w", "Rated, max", "W"), ("power_typical_w", "Typical", "W"), ("liquid_frac", "Liquid share", "%"),
              ("mass_kg", "Mass", "kg"), ("coolant_supply_max_c", "Supply, max", "°C")],
    "cooling": [("capacity_kw", "Capacity", "kW"), ("flow_l_per_min", "Rated flow", "L/min"), ("approach_k", "Approach", "K")],
    "power": [("capacity_kw", "Capacity", "kW"), ("start_s", "Start", "s"), ("step_load_frac", "Step it takes", "%"),
              ("carbon_g_per_kwh", "Carbon", "g/kWh"), ("ampacity_a", "Ampacity", "A")],
}  # fmt: skip

_RESULTS = {
    "devices": [("memory", "Memory case")],
    "racks": [
        ("draw", "Draw now"),
        ("flux", "Heat flux"),
        ("die", "Die heat flux"),
        ("inlet", "Inlet air"),
        ("chip", "Case, junction"),
        ("flow", "Coolant flow"),
        ("sides", "Feeds A, B"),
    ],
    "cooling": [("load", "Load"), ("flow", "Flow"), ("supply", "Supply, return"), ("power", "Own power")],
    "power": [
        ("load", "Load"),
        ("out", "Output"),
        ("loss", "Loss"),
        ("fails", "If it fails"),
        ("fuel", "Fuel, heat"),
        ("carbon", "Carbon"),
    ],
    "feeds": [
        ("carries", "Carries"),
        ("amperes", "Current"),
        ("volts", "Arrives"),
        ("loss", "Loss"),
        ("heat", "Conductor"),
    ],
    "links": [
        ("length", "Length"),
        ("medium", "Medium in force"),
        ("reach", "Reach"),
        ("watts", "Power"),
        ("load", "Load"),
    ],
    "tariff": [("hours", "Covers"), ("energy", "Energy"), ("peak", "Highest hour")],
    "pools": [
        ("tokens", "Throughput"),
        ("layout", "Layout in force"),
        ("batch", "Batch"),
        ("ttft", "First token"),
        ("tpot", "Each token"),
        ("load", "First, 95 %, each at load"),
        ("split", "Prefill apart"),
        ("memory", "Memory used"),
        ("limiter", "Limited by"),
    ],
}


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
        facts = [fact for fact in _PROFILE_FACTS.get(self.table, []) if hasattr(profile, fact[0])]
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
        captions = _RESULTS.get(self.table)
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


def _row(ids: tuple[str, ...], key: str) -> int | None:
    return ids.index(key) if key in ids else None


def object_figures(result: ResultSnapshot, table: str, key: str) -> dict[str, str]:
    """What a result says of one object, as texts."""
    if table == "racks":
        return _rack_figures(result, key)
    if table == "cooling":
        return _unit_figures(result, key)
    if table == "power":
        return node_figures(result, key)
    if table == "feeds":
        return feed_figures(result, key)
    if table == "links":
        return _link_figures(result, key)
    if table == "tariff":
        return tariff_figures(result, key)
    if table == "devices":
        return {"memory": _memory(result, key)}
    return _pool_figures(result, key) if table == "pools" else {}


def _rack_figures(result: ResultSnapshot, key: str) -> dict[str, str]:
    row = _row(result.power.rack_ids, key)
    if row is None:
        return {}
    power, thermal = result.power, result.thermal
    return {
        "draw": " ".join(scaled(float(power.rack_power_w[row]), "W")) + _held(power, row),
        "flux": f"{number(float(thermal.rack_heat_flux_w_per_m2[row]) / 1e3)} kW/m²",
        "die": _die(thermal, row),
        "inlet": _inlet(result, row),
        "chip": _chip(result, row),
        "flow": f"{number(float(thermal.rack_flow_l_per_min[row]))} L/min",
        "sides": f"{number(float(power.rack_a_w[row]) / 1e3)}, {number(float(power.rack_b_w[row]) / 1e3)} kW",
    }


def _memory(result: ResultSnapshot, key: str) -> str:
    """Case of a device's memory modules with its limit, and what it would be without modules on them."""
    memory = result.thermal.memory
    row = _row(memory.device_ids, key)
    if row is None or memory.limit_c is None or not math.isfinite(memory.case_c[row]):
        return "–"
    bare = f", bare {number(float(memory.bare_c[row]))} °C" if memory.module_w[row] > 0.0 else ""
    return f"{number(float(memory.case_c[row]))} of {number(memory.limit_c)} °C{bare}"


def _held(power: PowerResult, row: int) -> str:
    """The clock that a cap or its cooling leaves a rack's accelerators, where that is not all."""
    kept = float(power.rack_held_frac[row]) if len(power.rack_held_frac) else 1.0
    return f", held to {number(100 * kept, 2)} % clock" if kept < 1.0 - 1e-6 else ""


def _die(thermal: ThermalResult, row: int) -> str:
    """Mean heat flux of the hottest die, and the band that its hot spots are taken to lie in."""
    flux = float(thermal.rack_die_flux_w_per_cm2[row])
    if not math.isfinite(flux) or thermal.die_hot_spot_ratio is None:
        return "–"
    low, high = thermal.die_hot_spot_ratio
    return f"{number(flux)} W/cm², spots {number(low * flux, 2)}–{number(high * flux, 2)}"


def _inlet(result: ResultSnapshot, row: int) -> str:
    """Inlet temperature, and how much of the exhaust comes back; empty without a settled field."""
    air = result.thermal.air
    top = float(air.rack_inlet_top_c[row]) if len(air.rack_inlet_top_c) else math.nan
    above = f" ({number(top)} °C above)" if math.isfinite(top) else ""
    if not len(air.rack_inlet_c) or not math.isfinite(air.rack_inlet_c[row]):
        return "–"
    again = float(air.rack_recirculation_frac[row])
    return f"{number(float(air.rack_inlet_c[row]))} °C{above}, {number(100 * again, 2)} % recirculated"


def _chip(result: ResultSnapshot, row: int) -> str:
    """Case and junction of the hottest chip, and its clock where that is lowered."""
    chips = result.thermal.chips
    if not len(chips.rack_case_c) or not math.isfinite(chips.rack_case_c[row]):
        return "–"
    clock = float(chips.rack_clock_frac[row])
    slow = f", {number(100 * clock)} % clock" if clock < 1.0 else ""
    return f"{number(float(chips.rack_case_c[row]))}, {number(float(chips.rack_junction_c[row]))} °C{slow}"


def _unit_figures(result: ResultSnapshot, key: str) -> dict[str, str]:
    thermal = result.thermal
    row = _row(thermal.unit_ids, key)
    if row is None:
        return {}
    return {
        "load": f"{number(100 * float(thermal.unit_load_frac[row]))} % of {number(float(thermal.unit_capacity_w[row]) / 1e3)} kW",
        "flow": f"{number(float(thermal.unit_flow_l_per_min[row]))} L/min",
        "supply": f"{number(float(thermal.unit_supply_c[row]))}, {number(float(thermal.unit_return_c[row]))} °C",
        "power": " ".join(scaled(float(thermal.unit_power_w[row]), "W")),
    }


def _link_figures(result: ResultSnapshot, key: str) -> dict[str, str]:
    fabric = result.fabric
    row = _row(fabric.link_ids, key)
    if row is None:
        return {}
    return {
        "length": f"{number(float(fabric.ordered_m[row]))} m ordered, {number(float(fabric.length_m[row]))} m routed",
        "medium": fabric.medium[row] or "none reaches",
        "reach": f"{number(float(fabric.reach_m[row]))} m",
        "watts": " ".join(scaled(float(fabric.power_w[row]), "W")),
        "load": f"{number(100 * float(fabric.load_frac[row]))} %",
    }


def _band(pool: PoolResult) -> str:
    """The pool's error band in per cent, behind its figure."""
    if pool.tokens_per_s is None or pool.band_low_frac is None or pool.band_high_frac is None:
        return ""
    return f"  {number(100 * pool.band_low_frac, 2)} +{number(100 * pool.band_high_frac, 2)} %"


def _split(pool: PoolResult) -> str:
    """What the same accelerators would yield with prefill and decode apart."""
    if pool.split_prefill_frac is None or pool.split_tokens_per_s_per_accelerator is None:
        return "–"
    each = " ".join(scaled(pool.split_tokens_per_s_per_accelerator, "tok/s"))
    return f"{number(100 * pool.split_prefill_frac, 2)} % for prefill: {each} an accelerator"


def _pool_figures(result: ResultSnapshot, key: str) -> dict[str, str]:
    pool = next((pool for pool in result.throughput.pools if pool.id == key), None)
    if pool is None:
        return {}
    memory = "–" if pool.memory_used_frac is None else f"{number(100 * pool.memory_used_frac)} %"
    return {
        "tokens": " ".join(scaled(pool.tokens_per_s, "tok/s")) + _band(pool),
        "layout": f"{pool.instance_count} x tp {pool.tp}, pp {pool.pp}, ep {pool.ep}, dp {pool.dp}, {pool.weights}",
        "load": pool.load_note
        or ", ".join(
            " ".join(scaled(value, "s")) for value in (pool.load_ttft_s, pool.load_ttft_p95_s, pool.load_tpot_s)
        ),
        "split": _split(pool),
        "batch": str(pool.batch),
        "ttft": " ".join(scaled(pool.ttft_s, "s")),
        "tpot": " ".join(scaled(pool.tpot_s, "s")),
        "memory": memory,
        "limiter": pool.not_predicted or pool.limiter,
    }
