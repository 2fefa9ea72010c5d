"""Comments that people write into a plan's file stay where they belong when the plan is opened, edited and saved."""

import re

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from plan_strategies import documents
from test_io_roundtrip import block_style, fast, outcome, whole

from infraplanner.edit.fields import SetFields
from infraplanner.edit.place import Delete
from infraplanner.edit.undo import UndoStack
from infraplanner.io import plan_bytes, plan_reader, read_plan
from infraplanner.text.remarks import FOOT, TOP
from infraplanner.validation.generate import generate_plan

calm = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
SCRAPS = st.sampled_from(
    ['- {"id": "x"}', "racks:", "a: 1", '"', "'", "#", "{", "}", "[", ",", "\\", " # ", "&a", "é", "|"]
)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cn", "Co"]), max_size=15)
COMMENTS = st.lists(SCRAPS | WORDS, max_size=4).map(
    lambda parts: ("# " + "".join(parts).replace("\ufeff", "")).rstrip()
)


def remarked(text: str, data: st.DataObject) -> str:
    """A canonical file with comments above and beside some of its lines and at its end."""
    out = []
    for line in text.splitlines():
        out += data.draw(st.lists(COMMENTS, max_size=2)) if data.draw(st.integers(0, 3)) == 0 else []
        beside = data.draw(COMMENTS) if data.draw(st.integers(0, 3)) == 0 else ""
        out.append(f"{line}  {beside}" if beside else line)
    return "\n".join(out + data.draw(st.lists(COMMENTS, max_size=2))) + "\n"


@calm
@given(documents(), st.data())
def test_comments_of_a_canonical_file_keep_their_bytes(document, data):
    text = remarked(plan_bytes(document).decode(), data).encode()
    assert plan_bytes(read_plan(text).document) == text


@calm
@given(documents(), st.data())
def test_both_readers_find_the_same_comments(document, data):
    text = remarked(plan_bytes(document).decode(), data).encode()
    assert fast(text).remarks == whole(text).remarks
    assert outcome(fast, text) == outcome(whole, text)


@calm
@given(st.data())
def test_comments_of_block_style_survive_and_then_stay(data):
    text = block_style(plan_bytes(generate_plan(3, links=4)))
    lines, kept = [], []
    for line in text.splitlines():
        comment = f"# {len(kept)} " + data.draw(COMMENTS)
        where = data.draw(st.sampled_from(["", "", "", "above", "beside", "dash"]))
        lead = line[: len(line) - len(line.lstrip())]
        if where == "above":
            lines += [lead + comment, line]
        elif where == "dash" and line.startswith("  - "):
            lines += ["  - " + comment, "    " + line[4:]]
        else:
            lines.append(f"{line} {comment}" if where == "beside" else line)
        kept += [comment[1:].strip()] if len(lines[-1]) != len(line) or where == "above" else []
    first = plan_bytes(read_plan("\n".join(lines) + "\n").document)
    assert [comment for comment in kept if comment not in first.decode()] == []
    assert plan_bytes(read_plan(first).document) == first
    bare = b"".join(re.sub(rb"  #.*", b"", line) for line in first.splitlines(True) if not line.startswith(b"#"))
    assert bare.splitlines() == plan_bytes(read_plan(text).document).splitlines()


BY_HAND = """\
# Hall of the north site
format: infraplanner/plan
version: 1
halls:   # one room so far
  - id: h   # the old print shop
    width_mm: 20000   # measured on site
    # depth to the second column
    depth_mm: 10000
racks:
  # Row A
  - {id: A02, hall: h, x_mm: 2000, y_mm: 2000, profile: eia-48u-600x1200, name: "No. #2"}   # waits for feed B
  - {id: A01, hall: h, x_mm: 1000, y_mm: 2000, profile: eia-48u-600x1200, name: a#b}
# nobody else
"""


def test_a_file_written_by_hand():
    document = read_plan(BY_HAND).document
    lines = plan_bytes(document).decode().splitlines()
    assert lines[0] == "# Hall of the north site"
    at = lines.index("halls:  # one room so far")
    assert lines[at + 1 : at + 4] == [
        "# id: the old print shop",
        "# width_mm: measured on site",
        "# depth to the second column",
    ]
    at = lines.index("racks:")
    assert lines[at + 1].startswith('- {"id": "A01"')
    assert lines[at + 1].endswith("}")
    assert lines[at + 2] == "# Row A"
    assert lines[at + 3].endswith("}  # waits for feed B")
    assert lines[-1] == "# nobody else"


def test_a_comment_goes_and_returns_with_its_record():
    plan = read_plan(BY_HAND)
    undo = UndoStack(plan.document)
    before = plan_bytes(plan.document)
    undo.execute(Delete(("A02",)))
    without = plan_bytes(plan.document)
    assert b"feed B" not in without
    assert b"Row A" not in without
    assert b"nobody else" in without
    undo.execute(Delete(("A01",)))
    assert read_plan(plan_bytes(plan.document)).document.table("racks") == {}
    undo.undo()
    undo.undo()
    assert plan_bytes(plan.document) == before
    undo.redo()
    assert plan_bytes(plan.document) == without


def test_a_comment_of_a_table_outlives_its_last_record():
    plan = read_plan(BY_HAND.replace("racks:", "racks: # row by row"))
    UndoStack(plan.document).execute(Delete(("A01", "A02")))
    saved = plan_bytes(plan.document)
    assert b"\n# row by row\n" in saved
    assert plan_bytes(read_plan(saved).document) == saved


def test_an_edit_keeps_the_comments_of_a_record():
    plan = read_plan(BY_HAND)
    undo = UndoStack(plan.document)
    undo.execute(SetFields("racks", ("A02",), {"x_mm": 5000}))
    assert b'"x_mm": 5000, "y_mm": 2000, "profile": "eia-48u-600x1200"}  # waits for feed B' in plan_bytes(
        plan.document
    )


@pytest.mark.parametrize("comment", [b"# caf\xe9", b"# bell \x07", "# line\u2028separator".encode(), b"# a\x7fb"])
def test_what_no_file_may_hold_is_told(comment):
    text = plan_bytes(generate_plan(1, links=2))
    found = read_plan(comment + b"\n" + text + comment + b"\n")
    assert [str(warning) for warning in found.warnings] == [
        "plan, line 1: found 2 comments with characters that YAML does not take, not kept on saving, "
        "expected comments in UTF-8 without control characters."
    ]
    assert plan_bytes(found.document) == text


def test_an_older_file_keeps_its_comments(monkeypatch):
    def second(data):
        halls = data.pop("rooms")
        return {**data, "halls": halls}

    monkeypatch.setattr(plan_reader, "VERSION", 2)
    text = """\
# North site
format: infraplanner/plan
version: 1
rooms:
- {id: h, width_mm: 20000, depth_mm: 10000}  # the print shop
racks:
- {id: A01, hall: h, x_mm: 1000, y_mm: 2000, profile: eia-48u-600x1200}  # by the door
"""
    remarks = read_plan(text, steps={1: second}).document.remarks
    assert remarks == {
        TOP: (("# North site",), ""),
        ("racks", "A01"): ((), "# by the door"),
        FOOT: (("# the print shop",), ""),
    }
