"""Plans for property tests: records of every table, built from the types themselves, that refer to each other."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from infraplanner.io.layout import HEADER
from infraplanner.model.document import Document
from infraplanner.model.entities import PROFILE_FIELDS, REFERENCES, TABLES

PROFILES = {
    "cooling": ["cdu-xdu1350", "drycooler", "fanwall-210"],
    "system": ["dgx-h100", "qm9700"],
    "llm": ["llama3.1-70b", "deepseek-r1"],
    "power": ["utility-connection", "ups-modern-dc"],
    "rack": ["gb200-nvl72", "eia-48u-600x1200", "mgmt-rack"],
    "request_shape": ["chat-1k-1k", "voice"],
    "record": ["office-hours", "diurnal-consumer"],
}
LIMIT = 2**53
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-LIMIT, LIMIT) | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)


def of_type(info: inspect.Type) -> st.SearchStrategy[Any]:
    """Values of a type as msgspec describes it."""
    match info:
        case inspect.IntType():
            return st.integers(-LIMIT, LIMIT)
        case inspect.FloatType():
            return st.floats(allow_nan=False, allow_infinity=False)
        case inspect.BoolType():
            return st.booleans()
        case inspect.StrType():
            return text
        case inspect.NoneType():
            return st.none()
        case inspect.LiteralType():
            return st.sampled_from(sorted(info.values))
        case inspect.UnionType():
            return st.one_of([of_type(item) for item in info.types])
        case inspect.VarTupleType():
            return st.lists(of_type(info.item_type), max_size=3).map(tuple)
        case inspect.TupleType():
            return st.tuples(*[of_type(item) for item in info.item_types])
        case inspect.StructType():
            return record(info.cls)
        case _:
            return plain


def record(cls: type[msgspec.Struct], **fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Instances of a struct; fields with a default keep it half of the time."""
    required: dict[str, Any] = {}
    optional: dict[str, Any] = {}
    for field in inspect.type_info(cls).fields:
        if field.name == "unknown":
            continue
        own = fixed.get(field.name, of_type(field.type))
        (required if field.required or field.name in fixed else optional)[field.name] = own
    unknown = st.dictionaries(st.sampled_from(["zz_a", "zz-b", "zz é", "unknown"]), plain, max_size=2)
    fields = st.fixed_dictionaries(required, optional=optional)
    if "unknown" not in cls.__struct_fields__:
        return fields.map(lambda values: cls(**values))
    kept = st.one_of(st.just({}), unknown).map(lambda items: tuple(sorted(items.items(), key=lambda item: item[0])))
    return st.builds(lambda values, extra: cls(**values, unknown=extra), fields, kept)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A valid plan with up to three records a table."""
    counts = {table: draw(st.integers(0, 3)) for table in TABLES}
    counts["site"], counts["profiles"] = min(1, counts["site"]), 0
    ids = {table: [f"{table}-{n}" for n in range(count)] for table, count in counts.items()}
    ids["site"] = ["site"] * counts["site"]
    key = st.sampled_from(["zebra", "extra_2", "true", "a: b", "- x", "#", '"', "", "é\u2028"]) | text
    header = draw(
        st.dictionaries(key.filter(lambda name: name not in TABLES and name not in HEADER), plain, max_size=1)
    )
    document = Document(None, header)
    for table, cls in TABLES.items():
        fixed_all = _fixed(table, ids)
        for index, key in enumerate(ids[table]):
            fixed = dict(fixed_all, id=st.just(key))
            if table == "feeds":
                # From an earlier node to a later one: no cycles.
                nodes = ids["power"]
                if not nodes:
                    continue
                source = draw(st.integers(0, len(nodes) - 1))
                targets = nodes[source + 1 :] + ids["racks"] + ids["cooling"]
                if not targets:
                    continue
                fixed.update(source=st.just(nodes[source]), target=st.sampled_from(targets))
            if any(value is None for value in fixed.values()):
                continue
            document.put(table, draw(record(cls, **fixed)))
            ids[table][index] = key
    _drop_dangling(document)
    document.take_changes()
    return document


def _fixed(table: str, ids: dict[str, list[str]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, targets in REFERENCES.get(table, {}).items():
        info = next(field for field in inspect.type_info(TABLES[table]).fields if field.name == name)
        choice = [key for target in targets for key in ids[target]] + ([] if info.required else [""])
        out[name] = st.sampled_from(choice) if choice else None
    for name, kind in PROFILE_FIELDS.get(table, {}).items():
        info = next(field for field in inspect.type_info(TABLES[table]).fields if field.name == name)
        out[name] = st.sampled_from(PROFILES[kind] + ([] if info.required else [""]))
    if table == "links":
        out["medium"] = st.sampled_from(["auto", "sr4_400g"])
    return out


def _drop_dangling(document: Document) -> None:
    """Records may name others that could not be made; taking them out may orphan more."""
    while True:
        known = set(document.ids())
        doomed = [
            (table, row.id)
            for table, fields in REFERENCES.items()
            for row in document.table(table).values()
            if any(getattr(row, name) and getattr(row, name) not in known for name in fields)
        ]
        if not doomed:
            return
        for table, key in doomed:
            document.remove(table, key)
