"""A command kept as a scenario: applying it later does what the command would have done, and the plan stays."""

from __future__ import annotations

import pytest

from infraplanner import places
from infraplanner.catalog import load_catalog
from infraplanner.edit import ApplyScenario, Delete, EditError, Move, Place, SaveScenario, SetFields, UndoStack
from infraplanner.io.plan_reader import read_plan
from infraplanner.io.plan_writer import plan_bytes
from infraplanner.model.document import Document
from infraplanner.model.entities import Column, Scenario, ScenarioPatch

PILOT = places.resources_dir() / "templates" / "h100-pilot.yaml"


@pytest.fixture
def document() -> Document:
    return read_plan(PILOT, load_catalog(places.shipped_profiles_dir())).document


def _content(document: Document) -> bytes:
    """The plan without its scenarios."""
    for key in list(document.table("scenarios")):
        document.remove("scenarios", key)
    return plan_bytes(document)


@pytest.mark.parametrize(
    "command",
    [SetFields("pools", ["llama-70b"], {"kv": "bf16", "tp": 4}), Move(["A01", "A02"], 100, 50), Delete(["A01"])],
    ids=["fields", "move", "delete"],
)
def test_applying_it_equals_the_command(document: Document, command: object) -> None:
    other = read_plan(PILOT, load_catalog(places.shipped_profiles_dir())).document
    UndoStack(other).execute(command)  # type: ignore[arg-type]
    before = _content(read_plan(PILOT).document)
    stack = UndoStack(document)
    stack.execute(SaveScenario("Kept", command))  # type: ignore[arg-type]
    key = next(key for key, record in document.table("scenarios").items() if record.name == "Kept")
    stack.execute(ApplyScenario(key))
    assert _content(document) == _content(other)
    assert before != _content(other)


def test_the_plan_stays_and_one_undo_takes_the_scenario_away(document: Document) -> None:
    before = plan_bytes(document)
    stack = UndoStack(document)
    stack.execute(SaveScenario("Four", SetFields("pools", ["llama-70b"], {"tp": 4})))
    assert document.table("pools")["llama-70b"].tp == 8
    stack.undo()
    assert plan_bytes(document) == before


def test_what_adds_is_kept_with_the_record_and_what_refuses_is_none(document: Document) -> None:
    before = plan_bytes(document)
    stack = UndoStack(document)
    new = Column(id="post", hall="pilot", x_mm=500, y_mm=500, width_mm=400, depth_mm=400)
    with pytest.raises(EditError, match="nobody"):
        stack.execute(SaveScenario("None", SetFields("pools", ["nobody"], {"tp": 4})))
    assert plan_bytes(document) == before
    stack.execute(SaveScenario("More", Place("columns", new)))
    assert "post" not in document.table("columns")
    key = next(k for k, row in document.table("scenarios").items() if row.name == "More")
    assert document.table("scenarios")[key].patches[0].value["table"] == "columns"
    stack.execute(ApplyScenario(key))
    assert document.table("columns")["post"] == new
    stack.undo()
    stack.undo()
    assert plan_bytes(document) == before


def test_an_addition_that_makes_no_sense_says_so(document: Document) -> None:
    stack = UndoStack(document)
    for patch, words in (
        (ScenarioPatch(target="x", value={"table": "nowhere"}), "no table"),
        (ScenarioPatch(target="x", value={"table": "columns", "hall": "pilot"}), "x_mm"),
    ):
        document.put("scenarios", Scenario(id="bad", patches=(patch,)))
        with pytest.raises(EditError, match=words):
            stack.execute(ApplyScenario("bad"))
