import argparse
import json
from pathlib import Path

import pytest

from infraplanner.cli import schema as schema_command
from infraplanner.io import PlanError, plan_bytes, plan_reader, read_plan
from infraplanner.io.layout import VERSION
from infraplanner.io.migrations import STEPS, migrate
from infraplanner.io.schema import plan_schema
from infraplanner.model.entities import TABLES
from infraplanner.places import resources_dir

SAMPLES = Path(__file__).parent.parent / "data" / "files"


def test_the_schema_covers_every_table_and_field():
    schema = plan_schema()
    json.dumps(schema)
    for table, cls in TABLES.items():
        items = schema["properties"][table]["items"]["$ref"].rsplit("/", 1)[1]
        fields = set(schema["$defs"][items]["properties"])
        assert fields == set(cls.__struct_fields__) - {"unknown"}
    assert schema["required"] == ["format", "version"]
    assert schema["$defs"]["Rack"]["properties"]["id"]["pattern"].startswith("^")
    assert "description" in schema["$defs"]["Rack"]


def _check(value, rule, schema, where):  # noqa: PLR0912 - one branch a word of the schema
    """A validator for the few words that our schema uses."""
    if "$ref" in rule:
        rule = schema["$defs"][rule["$ref"].rsplit("/", 1)[1]]
    if "anyOf" in rule:
        for one in rule["anyOf"]:
            try:
                return _check(value, one, schema, where)
            except AssertionError:
                continue
        raise AssertionError(where)
    if "const" in rule:
        assert value == rule["const"], where
    if "enum" in rule:
        assert value in rule["enum"], where
    kinds = rule.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    types = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "null": type(None),
    }
    if kinds:
        assert any(isinstance(value, types[kind]) for kind in kinds), where
    if isinstance(value, dict):
        for name in rule.get("required", ()):
            assert name in value, f"{where}.{name}"
        known = rule.get("properties", {})
        for name, item in value.items():
            if name in known:
                _check(item, known[name], schema, f"{where}.{name}")
            else:
                assert rule.get("additionalProperties", True), f"{where}.{name}"
    if isinstance(value, list) and "items" in rule and rule["items"]:
        for number, item in enumerate(value):
            _check(item, rule["items"], schema, f"{where}[{number}]")
    return None


@pytest.mark.parametrize("name", ["h100-pilot.yaml", "nvl72-pod.yaml", "rubin-800v.yaml", "sram-row.yaml"])
def test_the_templates_fit_the_schema(name):
    data = {}
    table = ""
    for line in (resources_dir() / "templates" / name).read_text().splitlines():
        if line.startswith("- "):
            data[table].append(json.loads(line[2:]))
        else:
            key, _, value = line.partition(": ")
            table = key.rstrip(":")
            data[table] = (int(value) if value.isdecimal() else value) if value else []
    _check(data, plan_schema(), plan_schema(), "plan")


def test_schema_command(tmp_path, capsys):
    parser = argparse.ArgumentParser()
    schema_command.add_arguments(parser)
    assert schema_command.run(parser.parse_args([])) == 0
    expected = json.loads(json.dumps(plan_schema()))
    assert json.loads(capsys.readouterr().out) == expected
    assert schema_command.run(parser.parse_args(["-o", str(tmp_path / "s.json")])) == 0
    assert json.loads((tmp_path / "s.json").read_text()) == expected
    assert schema_command.run(parser.parse_args(["-o", str(tmp_path / "no" / "s.json")])) == 2
    assert "was not saved" in capsys.readouterr().err


@pytest.mark.parametrize("folder", sorted(SAMPLES.iterdir()), ids=lambda folder: folder.name)
def test_every_old_version_opens_and_saves(folder):
    for path in sorted(folder.glob("*.yaml")):
        opened = read_plan(path)
        again = plan_bytes(opened.document, opened.catalog)
        assert read_plan(again).document.ids() == opened.document.ids()
        if int(folder.name[1:]) == VERSION:
            assert again == path.read_bytes()


def test_there_is_a_sample_and_a_step_for_every_version():
    assert sorted(item.name for item in SAMPLES.iterdir()) == [f"v{number:04d}" for number in range(1, VERSION + 1)]
    assert sorted(STEPS) == list(range(1, VERSION))


def test_the_sample_has_a_record_of_every_table():
    opened = read_plan(SAMPLES / "v0001" / "plan.yaml")
    assert [table for table in TABLES if not opened.document.table(table)] == []


def test_migration_step_by_step(monkeypatch):
    def second(data):
        halls = data.pop("rooms")
        return {**data, "halls": halls}

    def third(data):
        data["halls"] = [{**hall, "width_mm": hall["width_mm"] * 10} for hall in data["halls"]]
        return data

    data = {"version": 1, "rooms": [{"id": "H", "width_mm": 5, "depth_mm": 5}]}
    out = migrate(data, 1, 3, {1: second, 2: third})
    assert out["version"] == 3
    assert out["halls"][0]["width_mm"] == 50
    with pytest.raises(LookupError, match="from version 2 to version 3"):
        migrate({"version": 2}, 2, 3, {})
    monkeypatch.setattr(plan_reader, "VERSION", 3)
    text = "format: infraplanner/plan\nversion: 1\nrooms:\n- id: H\n  width_mm: 5\n  depth_mm: 5\nextra: [1]\n"
    opened = read_plan(text, steps={1: second, 2: third})
    assert opened.migrated
    assert opened.document.table("halls")["H"].width_mm == 50
    assert opened.document.header == {"extra": [1]}
    with pytest.raises(PlanError, match="no way from version 1"):
        read_plan(text, steps={})
    with pytest.raises(PlanError, match="a second time"):
        read_plan(text + "extra: 2\n", steps={1: second, 2: third})
