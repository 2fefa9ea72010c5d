import time

import pytest

from infraplanner.catalog import load_catalog
from infraplanner.io import PlanError, plan_bytes, read_plan
from infraplanner.io.references import find_cycles
from infraplanner.places import shipped_profiles_dir

PLAN = """format: infraplanner/plan
version: 1
min_reader: 1
created_with: somebody
halls:
- {id: H, width_mm: 20000, depth_mm: 10000}
racks:
- {id: A01, hall: H, x_mm: 1000, y_mm: 2000, profile: gb200-nvl72, pool: p}
- {id: A02, hall: H, x_mm: 2000, y_mm: 2000, profile: eia-48u-600x1200}
devices:
- {id: S1, rack: A02, profile: qm9700, u: 1}
links:
- {id: L1, a: A01, b: S1, rate_gbps: 400}
pools:
- {id: p, model: llama3.1-70b}
power:
- {id: u, hall: H, x_mm: 0, y_mm: 0, profile: utility-connection, rating_kw: 100}
- {id: v, hall: H, x_mm: 0, y_mm: 0, profile: ups-modern-dc}
feeds:
- {id: f1, source: u, target: v}
- {id: f2, source: v, target: A01}
"""


@pytest.fixture(scope="module")
def catalog():
    return load_catalog(shipped_profiles_dir())


def faults(text, catalog):
    with pytest.raises(PlanError) as caught:
        read_plan(text, catalog)
    return [str(problem) for problem in caught.value.problems]


def test_a_plan_written_by_hand(catalog):
    opened = read_plan(PLAN, catalog)
    assert opened.created_with == "somebody"
    assert opened.version == 1
    assert not opened.warnings
    assert opened.document.table("racks")["A01"].pool == "p"
    assert opened.document.revision == 0
    assert opened.document.take_changes().is_empty()


def test_from_a_path(tmp_path, catalog):
    path = tmp_path / "a.yaml"
    path.write_text(PLAN)
    for source in (path, str(path)):
        opened = read_plan(source, catalog)
        assert opened.path == path
    with pytest.raises(PlanError, match="no such file"):
        read_plan(tmp_path / "b.yaml")
    with pytest.raises(PlanError, match="a folder"):
        read_plan(str(tmp_path))


@pytest.mark.parametrize(
    ("old", "new", "sentences"),
    [
        (
            "profile: gb200-nvl72",
            "profile: gb200-nvl27",
            ["line 8", "record A01", "field profile", "unknown profile", "gb200-nvl72"],
        ),
        ("profile: gb200-nvl72", "profile: dgx-h100", ["which is a server", "a rack or cabinet"]),
        ("profile: qm9700", "profile: gb200", ["which is a accelerator", "a server, switch"]),
        ("model: llama3.1-70b", "model: chat-1k-1k", ["which is a request_shape", "kind llm"]),
        ("x_mm: 1000", "x_m: 1", ["x_m", "did you mean x_mm?"]),
        ("x_mm: 1000", "x_mm: 1.2 m", ["1.2 m", "an integer of millimetres"]),
        ("x_mm: 1000", "x_mm: .nan", [".nan", "an integer"]),
        ("rate_gbps: 400", "rate_gbps: -.inf", ["-.inf", "a number"]),
        ("id: A02", "id: A01", ["the id A01 a second time in racks"]),
        ("id: S1", "id: A02", ["A02, which devices also has", "field id"]),
        ("id: S1", "id: 'S 1'", ["the id “S 1”", "an id of the form"]),
        ("b: S1", "b: S11", ["“S11”, which is not in the plan", "did you mean S1?"]),
        ("b: S1", "b: H", ["H, a record of halls", "racks or devices"]),
        ("b: S1", "b: ''", ["field b", "racks or devices"]),
        ("pool: p}", "pool: q}", ["field pool"]),
        ("rate_gbps: 400", "rate_gbps: 400, medium: cu", ["unknown profile “cu”", "auto or a profile of kind link"]),
        ("target: A01", "target: u", ["the cycle", "u → v → u"]),
        ("target: A01", "target: v", ["the cycle v → v"]),
        ("hall: H, x_mm: 1000", "x_mm: 1000", ["the field hall"]),
        ("version: 1", "version: one", ["field version", "an integer from 1"]),
        ("version: 1", "version: 0", ["an integer from 1"]),
        ("format: infraplanner/plan", "format: infraplanner/profiles", ["field format", "infraplanner/plan"]),
        ("format: infraplanner/plan\n", "", ["no such key"]),
        ("pools:", "site: [{id: here}]\npools:", ["the id here", "the id site"]),
        ("pools:", "profiles: [{id: x, kind: zork, data: {}}]\npools:", ["unknown kind “zork”"]),
        (
            "pools:",
            "profiles: [{id: x, kind: system, data: {name: X, confidence: default, system_kind: server,"
            " accelerators: [{id: zork, count: 2}]}}]\npools:",
            ["record x", "unknown accelerator “zork”"],
        ),
        ("pools:", "profiles: [{id: x, kind: llm, data: {name: 3}}]\npools:", ["record x", "field data"]),
    ],
)
def test_one_fault_is_told_with_its_place(old, new, sentences, catalog):
    text = PLAN.replace(old, new, 1)
    assert text != PLAN
    found = faults(text, catalog)
    assert any(all(sentence in fault for sentence in sentences) for fault in found), found


def test_all_faults_at_once_in_the_order_of_the_file(catalog):
    text = PLAN.replace("gb200-nvl72", "nothing").replace("b: S1", "b: S9").replace("llama3.1-70b", "gpt-9")
    found = faults(text, catalog)
    assert len(found) == 3
    lines = [int(fault.split("line ")[1].split(",")[0]) for fault in found]
    assert lines == sorted(lines)


def test_aliases_of_profiles_may_be_used(catalog):
    opened = read_plan(PLAN.replace("gb200-nvl72", "nvl72-gb200"), catalog)
    data = plan_bytes(opened.document, catalog)
    assert b'"profile": "nvl72-gb200"' in data
    assert b'{"id": "gb200-nvl72", "kind": "system"' in data


def test_unknown_keys_are_kept_with_a_warning(catalog):
    text = PLAN.replace("u: 1}", "u: 1, colour: red}") + "extras: {a: [1]}\n"
    opened = read_plan(text, catalog)
    assert len(opened.warnings) == 2
    assert "colour" in str(opened.warnings[0])
    misspelt = read_plan(PLAN.replace("feeds:", "feed:"), catalog)
    assert "did you mean feeds?" in str(misspelt.warnings[0])
    data = plan_bytes(opened.document).decode()
    assert '"colour": "red"' in data
    assert 'extras: {"a": [1]}' in data


@pytest.mark.parametrize("extra", ["", "racks: 7\n", "- broken\n"])
def test_a_newer_plan_is_refused_politely_whatever_it_holds(extra, catalog):
    with pytest.raises(PlanError) as caught:
        read_plan("format: infraplanner/plan\nversion: 9\nmin_reader: 8\n" + extra, catalog)
    assert caught.value.newer
    assert len(caught.value.problems) == 1
    assert "please update" in str(caught.value)
    with pytest.raises(PlanError) as caught:
        read_plan('{"format": "infraplanner/plan", "version": 9, "min_reader": 9,\n "racks": []}', catalog)
    assert caught.value.newer


def test_a_newer_plan_that_we_may_read_keeps_its_version(catalog):
    opened = read_plan(PLAN.replace("version: 1", "version: 3"), catalog)
    assert opened.version == 3
    assert b"\nversion: 3\nmin_reader: 1\n" in plan_bytes(opened.document)


def test_embedded_profiles_win_and_travel(catalog):
    first = plan_bytes(read_plan(PLAN, catalog).document, catalog)
    changed = first.replace(b'"power_max_w": 132000.0', b'"power_max_w": 99000.0')
    opened = read_plan(changed, catalog)
    assert opened.catalog.get("gb200-nvl72").power_max_w == 99000.0
    assert opened.catalog.origin("gb200-nvl72") == "plan"
    assert opened.catalog.origin("b200") == "shipped"
    assert plan_bytes(opened.document, catalog) == changed


def test_a_plan_with_a_profile_of_its_own_opens_anywhere(catalog):
    own = "profiles:\n- {id: my-rack, kind: frame, data: {name: Mine, confidence: measured, width_mm: 700}}\n"
    opened = read_plan(PLAN.replace("eia-48u-600x1200", "my-rack") + own, catalog)
    again = plan_bytes(opened.document, catalog)
    assert (
        b'{"id": "my-rack", "kind": "frame", "data": {"name": "Mine", "confidence": "measured", "width_mm": 700.0}}'
        in again
    )
    assert read_plan(again, catalog).catalog.get("my-rack").width_mm == 700.0


def test_unused_copies_go_unless_nothing_else_has_them(catalog):
    own = "profiles:\n- {id: lost, kind: frame, data: {name: L, confidence: measured}}\n"
    first = plan_bytes(read_plan(PLAN + own, catalog).document, catalog)
    assert b'"id": "lost"' in first
    opened = read_plan(first, catalog)
    for table, key in (("feeds", "f2"), ("links", "L1"), ("racks", "A01")):
        opened.document.remove(table, key)
    second = plan_bytes(opened.document, catalog)
    assert b'"id": "gb200-nvl72"' not in second
    assert b'"id": "lost"' in second


def test_cycles_far_from_the_root_are_found_without_recursion():
    chain = {f"n{i}": [f"n{i + 1}"] for i in range(50_000)}
    assert list(find_cycles(chain)) == []
    chain["n50000"] = ["n49998"]
    assert list(find_cycles(chain)) == [["n49998", "n49999", "n50000"]]


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x,x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1},*a{n - 1}]\n" for n in range(1, 100)),
        "[" * 30_000 + "\n",
        '{"a":' * 30_000 + "\n",
        PLAN.replace("x_mm: 1000", "x_mm: " + "9" * 100_000),
        PLAN.replace("x_mm: 1000", "x_mm: 1e999"),
        PLAN.replace("id: H", "id: H, id: H"),
        PLAN + "racks: []\n",
        "&a a: *a\n",
        "? [a, b]\n: c\n",
        "%YAML 1.2\n---\nformat: infraplanner/plan\n---\n",
        "!!python/object/apply:os.system ['true']\n",
    ],
)
def test_hostile_text_is_refused_quickly(text, catalog):
    start = time.perf_counter()
    found = faults(text, catalog)
    assert found
    assert all(len(fault) < 400 for fault in found)
    assert time.perf_counter() - start < 5.0


def test_utf16_is_refused(catalog):
    with pytest.raises(PlanError, match="UTF-16"):
        read_plan(PLAN.encode("utf-16"), catalog)
