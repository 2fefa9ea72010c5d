"""The fixed point over power, heat, clocks and tokens: the same whatever order edits came in, and without swings."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest

from infraplanner.catalog import Catalog
from infraplanner.checks import run
from infraplanner.edit import Command, Move, PutRecords, SetFields
from infraplanner.engine import evaluate
from infraplanner.model.document import Document
from infraplanner.model.entities import Site
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.session import Session

from .halls import add, pod
from .test_evaluate import change, comparable


def coupled() -> Document:
    """A pod in which caps, throttling and heat management all take part: a hot day, small CDUs, a tight grid."""
    doc = pod(6)
    add(doc, "site", Site(id="site", dry_bulb_c=44.0))
    for unit in ("cdu1", "cdu2"):
        change(doc, "cooling", unit, profile="cdu-rack-250")
    change(doc, "loops", "tcs", manage_heat=True)
    change(doc, "power", "grid", power_cap_kw=560.0)
    return doc


def edits(dice: random.Random) -> list[Command]:
    """One of each kind, on fields of their own, so that every order ends in the same plan."""
    rack = f"r{dice.randrange(6):03d}"
    return [
        SetFields("power", ["grid"], {"power_cap_kw": dice.uniform(350.0, 700.0)}),
        SetFields("site", ["site"], {"dry_bulb_c": dice.uniform(20.0, 50.0)}),
        SetFields("loops", ["tcs"], {"supply_c": dice.uniform(28.0, 40.0)}),
        SetFields("cooling", ["cdu2"], {"profile": dice.choice(["cdu-rack-80", "cdu-xdu450", "cdu-deschutes"])}),
        SetFields("racks", [rack], {"power_cap_frac": dice.uniform(0.5, 1.0)}),
        Move([f"r{dice.randrange(6):03d}"], dice.randrange(-300, 300), 400),
        SetFields("halls", ["hall"], {"manage_heat": dice.random() < 0.5}),
    ]


def after(catalog: Catalog, commands: Sequence[Command]) -> tuple[ResultSnapshot, Document]:
    """The result of a session that settled after every single edit."""
    session = Session(catalog, force_sync=True)
    session.open_document(coupled())
    for command in commands:
        session.execute(command)
    result, document = session.result, Document(session.document.snapshot().tables())
    session.close()
    return result, document


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_edits_does_not_matter(catalog: Catalog, seed: int) -> None:
    commands = edits(random.Random(seed))
    shuffled = random.Random(seed + 100).sample(commands, len(commands))
    first, document = after(catalog, commands)
    second, _ = after(catalog, shuffled)
    assert comparable(first) == comparable(second)
    assert comparable(first) == comparable(evaluate(document.snapshot(), catalog, check=run))
    assert first.residual_frac <= catalog.constant("engine.coupling_tolerance_frac")


def test_back_and_forth_leaves_nothing_behind(catalog: Catalog) -> None:
    there = [SetFields("power", ["grid"], {"power_cap_kw": 380.0}), SetFields("site", ["site"], {"dry_bulb_c": 52.0})]
    back = [SetFields("power", ["grid"], {"power_cap_kw": 560.0}), SetFields("site", ["site"], {"dry_bulb_c": 44.0})]
    result, _ = after(catalog, [*there, *back] * 2)
    assert comparable(result) == comparable(evaluate(coupled().snapshot(), catalog, check=run))


@pytest.mark.parametrize(
    ("table", "key", "field", "values"),
    [
        ("power", "grid", "power_cap_kw", np.linspace(360.0, 700.0, 35)),
        ("site", "site", "dry_bulb_c", np.linspace(61.0, 44.0, 35)),
    ],
)
def test_tokens_follow_a_knob_without_swinging(
    catalog: Catalog, table: str, key: str, field: str, values: np.ndarray
) -> None:
    """Turned in small steps through all that binds, more room never costs tokens and no step jumps."""
    session = Session(catalog, force_sync=True)
    session.open_document(coupled())
    served = []
    for value in values.tolist():
        session.execute(SetFields(table, [key], {field: value}))
        served.append(session.result.summary.tokens_per_s)
        assert session.result.failures == ()
    session.close()
    gains = np.diff(np.array(served)) / max(served)
    assert gains.min() >= -1e-5
    assert gains.max() > 0.005  # it does bind somewhere
    assert gains.max() < 0.08


def test_putting_a_record_twice_is_putting_it_once(catalog: Catalog) -> None:
    doc = coupled()
    record = doc.table("power")["grid"]
    once, _ = after(catalog, [])
    twice, _ = after(catalog, [PutRecords("Again", [("power", record)])])
    assert comparable(once) == comparable(twice)
