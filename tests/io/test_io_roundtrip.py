import json
import re

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from plan_strategies import documents

from infraplanner.catalog.loader import default_catalog
from infraplanner.io import PlanError, plan_bytes, read_plan
from infraplanner.model.document import Document
from infraplanner.model.entities import TABLES, Feed, Hall, Link, Pool, Rack, Scenario, ScenarioPatch, Site
from infraplanner.text import TextError, read_records
from infraplanner.text.emit import NotFiniteError
from infraplanner.text.files import clean_bytes, decode
from infraplanner.text.limits import LIMITS
from infraplanner.text.records import _Reader
from infraplanner.validation.generate import generate_plan

# Plans are large: shrinking one takes minutes, and the same examples every time keep a red test red.
calm = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def same(one: Document, other: Document) -> bool:
    return all(dict(one.table(name)) == dict(other.table(name)) for name in TABLES if name != "profiles")


@calm
@given(documents())
def test_save_open_save_gives_the_same_bytes(document):
    first = plan_bytes(document, default_catalog())
    opened = read_plan(first)
    assert same(document, opened.document)
    assert opened.document.header == document.header
    assert plan_bytes(opened.document, default_catalog()) == first
    assert plan_bytes(opened.document, opened.catalog) == first
    assert b"\r" not in first
    assert first.endswith(b"\n")


@calm
@given(documents(), st.randoms(use_true_random=False))
def test_the_order_of_edits_does_not_show(document, random):
    rows = list(document.records())
    random.shuffle(rows)
    other = Document(None, document.header)
    for table, row in rows:
        other.put(table, row)
    assert plan_bytes(other) == plan_bytes(document)


def whole(data: bytes):
    reader = _Reader("f", TABLES, True, LIMITS)
    found = reader.read_whole(decode(clean_bytes(data, "f"), "f"))
    if reader.unit.problems:
        raise TextError(reader.unit.problems)
    return found


def outcome(read, data):
    """What a reader makes of bytes; order of problems apart."""
    try:
        found = read(data)
    except TextError as error:
        return sorted(str(problem) for problem in error.problems)
    places = {
        (table, index): found.place(table, index, "id")
        for table, rows in found.tables.items()
        for index in range(len(rows))
    }
    return found.header, found.tables, places


def fast(data):
    return read_records(data, "f", TABLES, keep_unknown=True)


@calm
@given(documents())
def test_both_readers_agree_on_canonical_files(document):
    data = plan_bytes(document)
    assert outcome(fast, data) == outcome(whole, data)
    # Unknown fields and the longest integers are left to the careful reader.
    assert fast(data).fast_count <= sum(not row.unknown for _, row in document.records())


SCRAPS = [
    '"',
    "'",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "#",
    "&a",
    "*a",
    "- ",
    "\n",
    "  ",
    "1e3",
    ".nan",
    "null",
    "\\",
    "\u2028",
    "é",
    "<<",
]


@calm
@given(documents(), st.data())
def test_both_readers_agree_on_damaged_files(document, data):
    text = plan_bytes(document).decode()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 3))
        text = text[:at] + data.draw(st.sampled_from(["", *SCRAPS])) + text[at + cut :]
    raw = text.encode()
    assert outcome(fast, raw) == outcome(whole, raw)


def block_style(data: bytes) -> str:
    """The same plan as a person would write it: block mappings, bare words, no quotes where none are needed."""
    out = []
    for line in data.decode().splitlines():
        if not line.startswith("- "):
            out.append(line)
            continue
        for number, (name, value) in enumerate(json.loads(line[2:]).items()):
            bare = isinstance(value, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9 ._-]*", value)
            shown = value if bare else json.dumps(value)
            out.append(("  - " if number == 0 else "    ") + f"{name}: {shown}")
    return "\n".join(out) + "\n"


@pytest.mark.parametrize("racks", [1, 25])
def test_block_style_means_the_same(racks):
    document = generate_plan(racks, links=40)
    data = plan_bytes(document)
    opened = read_plan(block_style(data))
    assert same(document, opened.document)
    assert plan_bytes(opened.document) == data


def test_defaults_and_integers_in_number_fields_do_not_change_the_bytes():
    made = Document()
    made.put("halls", Hall(id="h", width_mm=1, depth_mm=1, height_mm=int("4000"), supply_air_c=24))
    made.put("racks", Rack(id="a", hall="h", x_mm=0, y_mm=0, profile="gb200-nvl72", power_cap_frac=1))
    made.put("links", Link(id="l", a="a", b="a", rate_gbps=400, medium="".join(["au", "to"])))
    made.put("feeds", Feed(id="f", source="a", target="a", weight=float("1.0")))
    made.put("pools", Pool(id="p", model="m", weights="".join(["fp", "8"])))
    text = plan_bytes(made).decode()
    assert '"height_mm"' not in text
    assert '"medium"' not in text
    assert '"weight"' not in text
    assert '"weights"' not in text
    assert '"rate_gbps": 400.0' in text
    assert '"power_cap_frac": 1.0' in text
    assert '"supply_air_c": 24.0' in text


def test_no_nan_is_written():
    for table, row in (
        ("site", Site(id="site", altitude_m=float("nan"))),
        ("site", Site(id="site", unknown=(("a", [float("inf")]),))),
        ("scenarios", Scenario(id="s", patches=(ScenarioPatch(target="x", field="y", value=float("nan")),))),
    ):
        document = Document()
        document.put(table, row)
        with pytest.raises(NotFiniteError):
            plan_bytes(document)


@pytest.mark.parametrize(
    "junk", [b"\x00\x01\x02" * 50, b"\xff" * 100, b"%PDF-1.7\n%\xe2\xe3", b"PK\x03\x04" + b"\x00" * 30]
)
def test_binary_is_refused(junk):
    with pytest.raises(PlanError):
        read_plan(junk)
