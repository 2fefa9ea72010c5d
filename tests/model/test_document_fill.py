import pytest

from infraplanner.model.document import Document, DocumentError
from infraplanner.model.entities import EmbeddedProfile, Hall, Pool, Rack

HALL = Hall(id="H", width_mm=1, depth_mm=1)
RACK = Rack(id="A", hall="H", x_mm=0, y_mm=0, profile="p")


def test_a_document_made_at_once_equals_one_made_step_by_step():
    tables = {
        "halls": {"H": HALL},
        "racks": {"A": RACK},
        "profiles": {"A": EmbeddedProfile(id="A", kind="llm", data={})},
    }
    made = Document(tables, {"x": 1})
    stepwise = Document(None, {"x": 1})
    for table, records in tables.items():
        for record in records.values():
            stepwise.put(table, record)
    assert list(made.records()) == list(stepwise.records())
    assert made.ids() == stepwise.ids() == {"H": "halls", "A": "racks"}
    assert made.revision == 0
    assert made.take_changes().is_empty()


def test_an_id_in_two_tables_is_refused():
    with pytest.raises(DocumentError, match="already used in table racks"):
        Document({"racks": {"A": RACK}, "pools": {"A": Pool(id="A", model="m")}})


def test_a_record_of_another_table_is_refused():
    with pytest.raises(DocumentError, match="must be a Rack"):
        Document({"racks": {"H": HALL}})


def test_the_tables_given_are_not_shared():
    tables = {"halls": {"H": HALL}}
    document = Document(tables)
    document.remove("halls", "H")
    assert tables == {"halls": {"H": HALL}}
