import argparse
import json

import msgspec
import pytest

from infraplanner.catalog.catalog import Catalog
from infraplanner.catalog.types import Accelerator, Alternative, Constant, Contents, Frame, Provenance, Source, System
from infraplanner.cli import profiles

SOURCES = {"S": Source(id="S", title="A bench")}
GOOD = Frame(id="f", name="F", confidence="measured", sources=("S",), width_mm=600)


def faults(*parts):
    return Catalog(parts, SOURCES).verify()


def test_a_good_catalogue_has_no_faults():
    assert faults(GOOD) == []


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        (msgspec.structs.replace(GOOD, sources=()), "field width_mm has no source"),
        (msgspec.structs.replace(GOOD, sources=("Z",)), "the source Z is not listed"),
        (msgspec.structs.replace(GOOD, provenance={"zork": Provenance("measured", ("S",))}), "unknown field zork"),
        (msgspec.structs.replace(GOOD, provenance={"width_mm": Provenance("default")}), "width_mm has no source"),
        (msgspec.structs.replace(GOOD, alternatives=(Alternative("zork", 1.0, ("S",)),)), "unknown field zork"),
        (
            msgspec.structs.replace(GOOD, alternatives=(Alternative("width_mm", 1.0),)),
            "alternative of width_mm has no source",
        ),
        (msgspec.structs.replace(GOOD, width_mm=-3.0), "width_mm is -3.0, outside"),
        (
            msgspec.structs.replace(GOOD, mass_kg=900.0, static_load_kg=100.0),
            "mass_kg (900) is above static_load_kg (100)",
        ),
        (
            System(
                id="s",
                name="S",
                confidence="measured",
                sources=("S",),
                system_kind="server",
                accelerators=(Contents("x", 8),),
            ),
            "accelerator x is unknown",
        ),
        (
            System(id="s", name="S", confidence="measured", sources=("S",), system_kind="server", liquid_frac=1.5),
            "liquid_frac is 1.5",
        ),
        (Constant(id="c", name="C", confidence="measured", sources=("S",), value=1.0, unit=""), "no unit"),
        (
            Constant(id="c", name="C", confidence="measured", sources=("S",), value=3.0, unit="m", low=4.0),
            "low (4) is above value",
        ),
    ],
)
def test_faults_are_found(part, sentence):
    assert any(sentence in fault for fault in faults(part)), faults(part)


def test_aliases_that_clash():
    first = Accelerator(id="a", name="A", confidence="measured", aliases=("X", "f"))
    second = Accelerator(id="b", name="B", confidence="measured", aliases=("x",))
    found = faults(first, second, GOOD)
    assert any("also one of a" in fault for fault in found)
    assert any("Alias f" in fault for fault in found)


@pytest.fixture
def call(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("INFRAPLANNER_PROFILES", str(tmp_path / "none"))

    def run(*words):
        parser = argparse.ArgumentParser()
        profiles.add_arguments(parser)
        code = profiles.run(parser.parse_args(list(words)))
        out = capsys.readouterr()
        return code, out.out, out.err

    return run


def test_list(call):
    code, out, _ = call("list", "--kind", "cooling", "cdu")
    assert code == 0
    assert "cdu-xdu1350" in out
    assert "gb200" not in out
    code, out, _ = call("list", "--kind", "accelerator", "--format", "json")
    rows = json.loads(out)
    assert len(rows) == 41
    assert {"id", "kind", "name", "confidence", "doubtful", "origin"} <= set(rows[0])


def test_show(call):
    code, out, _ = call("show", "gb200-nvl72")
    assert code == 0
    for words in (
        "power_max_w",
        "132000",
        "W",
        "Yahoo/TechRadar",
        "unverified",
        "(alternative)",
        "doubtful",
        "MGX rack",
    ):
        assert words in out
    code, out, _ = call("show", "H200-SXM-141GB", "--format", "json")
    data = json.loads(out)
    assert data["id"] == "h200"
    row = next(row for row in data["numbers"] if row["field"] == "memory_gb")
    assert row == {**row, "value": "141", "unit": "GiB"}
    assert all(row["source"] and row["confidence"] for row in data["numbers"])


def test_show_of_an_unknown_profile(call):
    code, out, err = call("show", "gb200-nvl7")
    assert code == 2
    assert not out
    assert "did you mean gb200-nvl72" in err
    assert err.count("\n") == 1


def test_every_profile_can_be_shown_with_units(call):
    for name in (
        "inference.memory_efficiency",
        "us-virginia",
        "cdu-xdu1350",
        "sr4_400g",
        "chat-1k-1k",
        "llama3.1-70b",
        "price.h200",
    ):
        code, out, _ = call("show", name)
        assert code == 0
        assert name in out


def test_verify(call, tmp_path, monkeypatch):
    code, out, _ = call("verify")
    assert code == 0
    assert "0 problems" in out
    user = tmp_path / "user"
    user.mkdir()
    (user / "a.yaml").write_text(
        "format: infraplanner/profiles\nversion: 1\nframe:\n- {id: q, name: Q, confidence: default, width_mm: 1}\n"
    )
    monkeypatch.setenv("INFRAPLANNER_PROFILES", str(user))
    code, out, _ = call("verify", "--format", "json")
    assert code == 1
    assert json.loads(out)["problems"] == ["Profile q: field width_mm has no source."]


def test_unreadable_shipped_profiles(call, tmp_path, monkeypatch):
    (tmp_path / "broken.yaml").write_text("format: [\n")
    monkeypatch.setattr("infraplanner.places.shipped_profiles_dir", lambda: tmp_path)
    code, _, err = call("verify")
    assert code == 2
    assert "broken.yaml, line" in err
