"""Nodes to typed values, driven by the annotations of msgspec structs; every fault is noted, none is fatal.

The YAML scalars are resolved by the type that is expected: a number where a number stands, the text as written where
text is wanted (a rack row `7` is the row “7”), null only where the field may be unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from .limits import INTEGER_LIMIT
from .nodes import Node
from .problems import Problem, shown
from .scalars import NotANumber, resolve
from .suggest import closest, wrong_unit

FAILED: Any = object()
"""What a converter returns when it has noted a problem."""

Converter = Callable[[Node, "Unit"], Any]


class Unit:
    """Where converted values come from and where problems go; `record` and `field` name the place in messages."""

    __slots__ = ("field", "file", "keep_unknown", "problems", "record", "warnings")

    def __init__(self, file: str, problems: list[Problem], warnings: list[Problem], keep_unknown: bool = False) -> None:
        self.file = file
        self.problems = problems
        self.warnings = warnings
        self.keep_unknown = keep_unknown
        self.record = ""
        self.field = ""

    def fail(self, node: Node, expected: str, found: str | None = None) -> Any:
        """Note a problem at a node; returns FAILED."""
        text = describe(node) if found is None else found
        self.problems.append(Problem(self.file, node.line, node.column, text, expected, self.record, self.field))
        return FAILED


def describe(node: Node) -> str:
    """What stands at a node, for a message."""
    if node.kind != "scalar":
        return "a mapping" if node.kind == "map" else "a list"
    if not node.plain:
        return f"the text {shown(node.value)}"
    try:
        value = resolve(node.value)
    except NotANumber as error:
        return shown(str(error)).strip("“”")
    if value is None:
        return "nothing (null)"
    return f"the text {shown(node.value)}" if isinstance(value, str) else shown(node.value).strip("“”")


def convert(node: Node, kind: Any, unit: Unit) -> Any:
    """The value of a node as `kind` (a struct class or any annotation), or FAILED with the problems noted in `unit`."""
    return converter(kind)(node, unit)


@cache
def converter(kind: Any) -> Converter:
    """The converter of an annotation."""
    return _of(inspect.type_info(kind))


def _of(info: inspect.Type) -> Converter:
    match info:
        case inspect.StructType():
            return _struct(info)
        case inspect.UnionType():
            some = [_of(t) for t in info.types if not isinstance(t, inspect.NoneType)]
            return _optional(some[0])
        case inspect.LiteralType():
            return _literal(tuple(str(value) for value in info.values))
        case inspect.VarTupleType() | inspect.ListType():
            return _sequence(_of(info.item_type), list if isinstance(info, inspect.ListType) else tuple)
        case inspect.TupleType():
            return _fixed(tuple(_of(item) for item in info.item_types))
        case inspect.DictType():
            return _mapping(_of(info.value_type))
        case _:
            return _SCALARS[type(info)]


def _value(node: Node, unit: Unit, expected: str) -> Any:
    if node.kind != "scalar" or not node.plain:
        return unit.fail(node, expected)
    try:
        return resolve(node.value)
    except NotANumber:
        return unit.fail(node, expected + _hint(unit.field))


def _integer(node: Node, unit: Unit) -> Any:
    value = _value(node, unit, "an integer")
    if value is FAILED:
        return FAILED
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return unit.fail(node, "an integer" + _hint(unit.field))
    if abs(value) > INTEGER_LIMIT:
        return unit.fail(node, f"an integer of at most {INTEGER_LIMIT}")
    return value


def _float(node: Node, unit: Unit) -> Any:
    value = _value(node, unit, "a number")
    if value is FAILED:
        return FAILED
    if isinstance(value, bool) or not isinstance(value, int | float):
        return unit.fail(node, "a number" + _hint(unit.field))
    try:
        return float(value)
    except OverflowError:
        return unit.fail(node, "a number" + _hint(unit.field))


def _hint(field: str) -> str:
    name = field.rsplit(".", 1)[-1]
    for suffix, words in (
        ("_mm", " of millimetres"),
        ("_deg", " of degrees"),
        ("_kw", " of kilowatts"),
        ("_c", " in °C"),
    ):
        if name.endswith(suffix):
            return words
    return ""


def _bool(node: Node, unit: Unit) -> Any:
    value = _value(node, unit, "true or false")
    if value is FAILED or isinstance(value, bool):
        return value
    return unit.fail(node, "true or false")


def _text(node: Node, unit: Unit) -> Any:
    if node.kind != "scalar":
        return unit.fail(node, "text")
    if node.plain:
        try:
            if resolve(node.value) is None:
                return unit.fail(node, "text")
        except NotANumber:
            pass
    return node.value


def _nothing(node: Node, unit: Unit) -> Any:
    return None if _is_null(node) else unit.fail(node, "nothing (null)")


def _any(node: Node, unit: Unit) -> Any:
    if node.kind == "seq":
        items = [_any(item, unit) for item in node.value]
        return FAILED if any(item is FAILED for item in items) else items
    if node.kind == "map":
        pairs = [(key, _any(item, unit)) for key, _, _, item in node.value]
        return FAILED if any(item is FAILED for _, item in pairs) else dict(pairs)
    if not node.plain:
        return node.value
    value = _value(node, unit, "a finite number")
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > INTEGER_LIMIT:
        return unit.fail(node, f"an integer of at most {INTEGER_LIMIT}")
    return value


_SCALARS: dict[type[inspect.Type], Converter] = {
    inspect.IntType: _integer,
    inspect.FloatType: _float,
    inspect.BoolType: _bool,
    inspect.StrType: _text,
    inspect.NoneType: _nothing,
    inspect.AnyType: _any,
    inspect.CustomType: _any,
}


def _is_null(node: Node) -> bool:
    return node.kind == "scalar" and node.plain and node.value in ("", "~", "null", "Null", "NULL")


def _optional(inner: Converter) -> Converter:
    return lambda node, unit: None if _is_null(node) else inner(node, unit)


def _literal(values: tuple[str, ...]) -> Converter:
    expected = "one of " + ", ".join(value or '""' for value in values)

    def run(node: Node, unit: Unit) -> Any:
        if node.kind == "scalar" and node.value in values and (node.value or not node.plain):
            return values[values.index(node.value)]
        return unit.fail(node, expected)

    return run


def _sequence(item: Converter, build: Callable[[list[Any]], Any]) -> Converter:
    def run(node: Node, unit: Unit) -> Any:
        if node.kind != "seq":
            return unit.fail(node, "a list")
        values = [item(child, unit) for child in node.value]
        return FAILED if any(value is FAILED for value in values) else build(values)

    return run


def _fixed(items: tuple[Converter, ...]) -> Converter:
    def run(node: Node, unit: Unit) -> Any:
        if node.kind != "seq" or len(node.value) != len(items):
            return unit.fail(node, f"a list of {len(items)} values")
        values = [item(child, unit) for item, child in zip(items, node.value, strict=True)]
        return FAILED if any(value is FAILED for value in values) else tuple(values)

    return run


def _mapping(item: Converter) -> Converter:
    def run(node: Node, unit: Unit) -> Any:
        if node.kind != "map":
            return unit.fail(node, "a mapping")
        values = {key: item(child, unit) for key, _, _, child in node.value}
        return FAILED if any(value is FAILED for value in values.values()) else values

    return run


class _Struct:
    """Converter of a mapping to a struct. `unknown`, where the struct has it, takes the fields that we do not know."""

    def __init__(self, info: inspect.StructType) -> None:
        self.cls = info.cls
        self.keeps = any(field.name == "unknown" for field in info.fields)
        self.fields = [field for field in info.fields if field.name != "unknown"]
        self.names = {field.encode_name: field.name for field in self.fields}
        self.required = [field.encode_name for field in self.fields if field.required]
        # Made on first use: a struct may hold structs of its own kind.
        self.converters: dict[str, Converter] | None = None

    def __call__(self, node: Node, unit: Unit) -> Any:
        if node.kind != "map":
            return unit.fail(node, "a mapping")
        if self.converters is None:
            self.converters = {field.encode_name: _of(field.type) for field in self.fields}
        outer, before = unit.field, len(unit.problems)
        values: dict[str, Any] = {}
        unknown: list[tuple[str, Any]] = []
        meants: set[str] = set()
        for key, line, column, child in node.value:
            unit.field = f"{outer}.{key}" if outer else key
            run = self.converters.get(key)
            if run is None:
                self._unknown(key, line, column, child, unknown, meants, unit)
            else:
                values[self.names[key]] = run(child, unit)
        unit.field = outer
        self._missing(node, values.keys() | meants, unit)
        if len(unit.problems) > before:
            return FAILED
        if unknown:
            values["unknown"] = tuple(sorted(unknown))
        return self.cls(**values)

    def _unknown(
        self,
        key: str,
        line: int,
        column: int,
        child: Node,
        unknown: list[tuple[str, Any]],
        meants: set[str],
        unit: Unit,
    ) -> None:
        place = Node("scalar", key, line, column, True)
        meant = wrong_unit(key, self.names)
        if meant:
            unit.fail(place, f"a known field (did you mean {meant}?)", f"the unknown field {shown(key)}")
            meants.add(meant)
        elif self.keeps and unit.keep_unknown:
            value = _any(child, unit)
            if value is not FAILED:
                unknown.append((key, value))
                near = closest(key, self.names, 1)
                expected = f"a known field (did you mean {near[0]}?)" if near else "a known field"
                found = f"the unknown field {shown(key)}, which is kept"
                unit.warnings.append(Problem(unit.file, line, column, found, expected, unit.record, unit.field))
        else:
            near = closest(key, self.names, 1)
            hint = f"a known field (did you mean {near[0]}?)" if near else "a known field"
            unit.fail(place, hint, f"the unknown field {shown(key)}")

    def _missing(self, node: Node, present: set[str], unit: Unit) -> None:
        for name in self.required:
            if self.names[name] not in present:
                outer = unit.field
                unit.field = f"{outer}.{name}" if outer else name
                unit.fail(node, f"the field {name}", "no such field")
                unit.field = outer


def _struct(info: inspect.StructType) -> Converter:
    return _cached_struct(info.cls)


@cache
def _cached_struct(cls: type[msgspec.Struct]) -> Converter:
    info = inspect.type_info(cls)
    assert isinstance(info, inspect.StructType)
    return _Struct(info)
