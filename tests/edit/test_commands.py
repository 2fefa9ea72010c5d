"""Commands, transactions, drags and undo."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplanner.edit import (
    ApplyScenario,
    AssignPool,
    Command,
    Connect,
    Delete,
    Duplicate,
    EditError,
    Move,
    MoveTo,
    PinMedium,
    Place,
    PlaceRow,
    PutRecords,
    Reroute,
    Rotate,
    SetFields,
    SetLoop,
    SplitPool,
    UndoStack,
)
from infraplanner.model.document import Document
from infraplanner.model.entities import (
    TABLES,
    Comment,
    Cooling,
    Device,
    Feed,
    Hall,
    Link,
    Loop,
    Pool,
    PowerNode,
    Rack,
    Scenario,
    ScenarioPatch,
)


def small_plan() -> UndoStack:
    """Two racks with a device, a link, feeds, a loop, a pool and a comment."""
    stack = UndoStack(Document())
    rack = Rack(id="A01", hall="h", profile="frame", x_mm=1000, y_mm=1000, loop="tcs", pool="p")
    stack.execute(
        PutRecords(
            "Start",
            [
                ("halls", Hall(id="h", width_mm=20_000, depth_mm=10_000)),
                ("loops", Loop(id="tcs")),
                ("pools", Pool(id="p", model="m")),
                ("racks", rack),
                ("racks", Rack(id="A02", hall="h", profile="frame", x_mm=1600, y_mm=1000)),
                ("devices", Device(id="sw1", rack="A02", profile="switch", u=40)),
                ("cooling", Cooling(id="cdu", hall="h", profile="cdu", x_mm=0, y_mm=0, loop="tcs")),
                ("power", PowerNode(id="ups", hall="h", profile="ups", x_mm=0, y_mm=5000)),
                ("power", PowerNode(id="pdu", hall="h", profile="pdu", x_mm=900, y_mm=5000)),
                ("feeds", Feed(id="f1", source="ups", target="pdu")),
                ("feeds", Feed(id="f2", source="pdu", target="A01")),
                ("links", Link(id="l1", a="A01", b="sw1", rate_gbps=400)),
                ("comments", Comment(id="c1", target="A01", text="check")),
                (
                    "scenarios",
                    Scenario(id="s1", patches=(ScenarioPatch(target="A01", field="power_cap_frac", value=0.5),)),
                ),
            ],
        )
    )
    return stack


def content(document: Document) -> dict[str, dict[str, object]]:
    return {name: dict(document.table(name)) for name in TABLES}


def test_delete_takes_dependants_and_clears_optional_references() -> None:
    stack = small_plan()
    stack.execute(Delete(["A01", "tcs", "p"]))
    document = stack.document
    assert set(document.table("racks")) == {"A02"}
    assert not document.table("links")
    assert set(document.table("feeds")) == {"f1"}
    assert not document.table("comments")
    assert document.table("cooling")["cdu"].loop == ""


def test_deleting_a_rack_takes_its_devices_and_their_links() -> None:
    stack = small_plan()
    stack.execute(Delete(["A02"]))
    assert not stack.document.table("devices")
    assert not stack.document.table("links")


def test_a_feed_is_rerouted_as_one_step_and_keeps_what_is_its_own() -> None:
    stack = small_plan()
    stack.execute(SetFields("power", ["ups"], {"side": "a"}))
    stack.execute(SetFields("feeds", ["f2"], {"conductor": "cable-cu-750-415v", "length_mm": 4000, "weight": 2.0}))
    before = content(stack.document)
    stack.execute(Reroute(["f2"], "source", "ups"))
    feed = stack.document.table("feeds")["f2"]
    assert (feed.source, feed.target, feed.side) == ("ups", "A01", "a")
    assert (feed.conductor, feed.weight, feed.length_mm) == ("cable-cu-750-415v", 2.0, None)
    assert stack.undo_text == "Re-route feed f2 from ups"
    stack.undo()
    assert content(stack.document) == before


def test_a_pool_is_split_as_one_step_and_once_only() -> None:
    stack = small_plan()
    before = content(stack.document)
    stack.execute(SplitPool("p", ["A01"]))
    pools = stack.document.table("pools")
    assert (pools["p"].phase, pools["p"].prefill_pool) == ("decode", "p-prefill")
    assert (pools["p-prefill"].phase, pools["p-prefill"].model) == ("prefill", pools["p"].model)
    assert stack.document.table("racks")["A01"].pool == "p-prefill"
    with pytest.raises(EditError, match="serves decode alone"):
        stack.execute(SplitPool("p", ["A02"]))
    stack.undo()
    assert content(stack.document) == before


def test_a_refused_command_changes_nothing() -> None:
    stack = small_plan()
    before = content(stack.document)
    revision = stack.document.revision
    with pytest.raises(EditError, match="nowhere"):
        stack.execute(
            PutRecords(
                "x", [("loops", Loop(id="new")), ("racks", Rack(id="r", hall="nowhere", profile="p", x_mm=0, y_mm=0))]
            )
        )
    assert content(stack.document) == before
    assert stack.document.revision == revision
    assert stack.undo_text == "Start"


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (SetFields("racks", ["A01"], {"x_mm": 1.5}), "racks A01: x_mm: expected int, got float"),
        (SetFields("racks", ["A01"], {"power_cap_frac": 2.0}), "power_cap_frac is 2; expected a number from 0 to 1"),
        (SetFields("racks", ["A01"], {"colour": "red"}), "has no field colour"),
        (SetFields("racks", ["A01"], {"loop": "none"}), "names none, which is no record of loops"),
        (Move(["h"], 1, 1), "h is not an object on the floor"),
        (Place("racks", Rack(id="A01", hall="h", profile="p", x_mm=0, y_mm=0)), "already used"),
        (Connect(Feed(id="f3", source="pdu", target="ups")), "would close a cycle"),
        (Reroute(["f1"], "target", "ups"), "would close a cycle"),
        (Reroute(["f2"], "source", "A02"), "A02 is no record of power"),
        (Reroute(["f7"], "source", "ups"), "There is no feed f7"),
        (SplitPool("q", ["A01"]), "There is no pool q"),
        (SplitPool("p", []), "0 racks or devices of pool p"),
        (Delete(["nothing"]), "There is no object nothing"),
        (ApplyScenario("s9"), "There is no scenario s9; the plan has s1"),
        (SetLoop(["ups"], "tcs"), "ups is no record of racks or cooling"),
    ],
)
def test_bad_edits_say_what_and_where(command: Command, sentence: str) -> None:
    with pytest.raises(EditError, match=sentence.replace("(", r"\(")):
        small_plan().execute(command)


def test_locked_objects_do_not_move() -> None:
    stack = small_plan()
    stack.execute(SetFields("racks", ["A01"], {"locked": True}))
    with pytest.raises(EditError, match="locked"):
        stack.execute(Move(["A02", "A01"], 10, 0))
    assert stack.document.table("racks")["A02"].x_mm == 1600


def test_a_drag_is_one_entry_and_escape_leaves_no_trace() -> None:
    stack = small_plan()
    before = content(stack.document)
    drag = stack.begin_drag("Move A01")
    for step in range(1, 6):
        drag.update(Move(["A01"], step * 10, 0))
    assert stack.document.table("racks")["A01"].x_mm == 1050
    drag.cancel()
    assert content(stack.document) == before
    drag = stack.begin_drag("Move A01")
    drag.update(Move(["A01"], 10, 0))
    drag.update(Move(["A01"], 300, 0))
    drag.commit()
    assert stack.history() == (["Start", "Move A01"], 2)
    stack.undo()
    assert content(stack.document) == before
    stack.redo()
    assert stack.document.table("racks")["A01"].x_mm == 1300


def test_an_error_in_a_drag_leaves_the_plan_as_before_it() -> None:
    stack = small_plan()
    before = content(stack.document)
    drag = stack.begin_drag("Move")
    drag.update(Move(["A01"], 10, 0))
    with pytest.raises(EditError):
        drag.update(Move(["nothing"], 10, 0))
    assert content(stack.document) == before
    drag.cancel()
    with pytest.raises(EditError, match="already ended"):
        drag.update(Move(["A01"], 10, 0))


def test_only_one_drag_at_a_time() -> None:
    stack = small_plan()
    stack.begin_drag("one")
    with pytest.raises(EditError):
        stack.begin_drag("two")
    with pytest.raises(EditError):
        stack.execute(Move(["A01"], 1, 1))


def test_a_drag_that_ends_where_it_began_is_no_entry() -> None:
    stack = small_plan()
    drag = stack.begin_drag("Move")
    drag.update(Move(["A01"], 10, 0))
    drag.update(Move(["A01"], 0, 0))
    drag.commit()
    assert stack.undo_text == "Start"


def test_rows_and_copies_get_running_ids() -> None:
    stack = small_plan()
    stack.execute(PlaceRow("racks", Rack(id="B01", hall="h", profile="frame", x_mm=0, y_mm=0), 3, 600))
    assert [stack.document.table("racks")[key].x_mm for key in ("B01", "B02", "B03")] == [0, 600, 1200]
    stack.execute(Duplicate(["A02"], 0, 2000))
    assert stack.document.table("racks")["A03"].y_mm == 3000
    assert stack.document.table("devices")["sw2"].rack == "A03"


def test_rotation_about_the_common_centre() -> None:
    stack = small_plan()
    stack.execute(Rotate(["A01", "A02"], 90))
    racks = stack.document.table("racks")
    assert (racks["A01"].x_mm, racks["A01"].y_mm, racks["A01"].rotation_deg) == (1300, 700, 90)
    assert (racks["A02"].x_mm, racks["A02"].y_mm) == (1300, 1300)


def test_saved_state_follows_undo() -> None:
    stack = small_plan()
    stack.mark_saved()
    assert not stack.is_modified
    stack.execute(Move(["A01"], 10, 0))
    assert stack.is_modified
    stack.undo()
    assert not stack.is_modified
    stack.execute(Move(["A01"], 20, 0))
    stack.mark_saved()
    stack.undo()
    stack.execute(Move(["A01"], 30, 0))
    stack.undo()
    assert stack.is_modified


_COMMANDS: list[Command] = [
    Move(["A01", "A02"], 100, -50),
    MoveTo("racks", "A02", 5000, 5000),
    Rotate(["A01"], 90),
    Rotate(["A01", "A02", "cdu"], 15),
    Duplicate(["A01"], 600, 0),
    Delete(["A01"]),
    Delete(["A02", "tcs"]),
    Delete(["ups"]),
    SetFields("racks", ["A01"], {"row": "A", "power_cap_frac": 0.5}),
    SetLoop(["A02", "cdu"], "tcs"),
    AssignPool(["A02", "sw1"], "p"),
    PinMedium(["l1"], "dac_400g_4x100"),
    Connect(Link(id="l2", a="A01", b="A02", rate_gbps=400)),
    Connect(Feed(id="f9", source="ups", target="A02")),
    SplitPool("p", ["A02"]),
    Reroute(["f2"], "source", "ups"),
    Reroute(["f2", "f9"], "source", "pdu"),
    Reroute(["f2"], "target", "A02"),
    PlaceRow("racks", Rack(id="C01", hall="h", profile="frame", x_mm=0, y_mm=0), 3, 600),
    ApplyScenario("s1"),
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*_COMMANDS, "undo", "redo"]), max_size=14))
def test_undo_and_redo_are_inverse(script: list[Command | str]) -> None:
    stack = small_plan()
    states = [content(stack.document)]
    for step in script:
        if step == "undo":
            stack.undo()
        elif step == "redo":
            stack.redo()
        else:
            try:
                stack.execute(step)  # type: ignore[arg-type]
            except EditError:
                continue
        states.append(content(stack.document))
    final = content(stack.document)
    labels, done = stack.history()
    for _ in range(done):
        stack.undo()
    assert not any(stack.document.table(name) for name in TABLES)
    for _ in range(done):
        stack.redo()
    assert content(stack.document) == final
    assert stack.history() == (labels, done)
