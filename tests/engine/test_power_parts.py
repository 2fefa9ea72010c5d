"""Parts of the chain: eco mode, joints, regulators at the die, stores beside racks, racks' own supplies, fuels."""

from __future__ import annotations

import numpy as np
import pytest

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import PowerUnit
from infraplanner.checks import run
from infraplanner.compile.fit import Curve, eco_curve, loss_curve
from infraplanner.engine import evaluate
from infraplanner.model.document import Document
from infraplanner.model.entities import Device, Feed, PowerNode, Rack
from tests.engine.halls import add, pod
from tests.engine.test_evaluate import change


def efficiency(curve: Curve, x: float) -> float:
    a, b, c, *bends = curve
    assert bends == [0.0, np.inf, 0.0, np.inf]
    return x / (x + a + b * x + c * x * x)


def power_of(doc: Document, catalog: Catalog, *failed: str):
    result = evaluate(doc.snapshot(), catalog, failed=frozenset(failed))
    assert result.failures == ()
    return result.power


def node(power, key: str) -> int:
    return power.node_ids.index(key)


# --- eco mode


def test_eco_mode_has_the_shape_of_the_own_curve_and_the_published_best(catalog: Catalog) -> None:
    """Galaxy VX: 98.5 to 99.3 %; nothing but the upper end is used, the lower one comes out at a quarter of the load."""
    unit = catalog.get("ups-galaxy-vx")
    found = [efficiency(eco_curve(unit), x) for x in (0.25, 0.5, 0.75, 1.0)]
    assert max(found) == pytest.approx(unit.eco_max_frac, abs=1e-4)
    assert min(found) == pytest.approx(unit.eco_min_frac, abs=1.5e-3)
    plain = catalog.get("ups-modern-dc")
    assert eco_curve(plain) == loss_curve(plain)


def test_eco_mode_saves_losses_and_nothing_else_changes(catalog: Catalog) -> None:
    doc = pod(racks=4)
    for side in "ab":
        change(doc, "power", f"ups-{side}", profile="ups-galaxy-vx", rating_kw=1500.0)
    plain = power_of(doc, catalog)
    for side in "ab":
        change(doc, "power", f"ups-{side}", eco=True)
    eco = power_of(doc, catalog)
    row = node(plain, "ups-a")
    assert eco.node_loss_w[row] < 0.3 * plain.node_loss_w[row]
    assert abs(eco.residual_w) <= 1e-12 * eco.waterfall[0].power_w
    gap = next(ride for ride in eco.bursts.rides if ride.name == "Racks' supplies")
    assert (gap.lasts_s, gap.needed_s, gap.enough) == (0.02, 0.004, True)
    assert "Racks' supplies" not in {ride.name for ride in plain.bursts.rides}


def test_bursts_pass_a_ups_in_eco_mode_as_they_are(catalog: Catalog) -> None:
    doc = pod(racks=4)
    levels = {level.name: level for level in power_of(doc, catalog).bursts.levels}
    assert levels["After UPS"].ramp_w_per_s < levels["Whole site"].ramp_w_per_s
    assert levels["After UPS"].stored_j == pytest.approx(2 * 2e6 * 0.05)
    for side in "ab":
        change(doc, "power", f"ups-{side}", eco=True)
    assert "After UPS" not in {level.name for level in power_of(doc, catalog).bursts.levels}


# --- joints


def test_a_degraded_joint_of_a_tenth_of_a_milliohm_burns_what_i2r_says(catalog: Catalog) -> None:
    """0.1 mohm at 2,500 A: 625 W a joint; here at the feed's own current and temperature, two poles with one each."""
    doc = pod(racks=4)
    change(doc, "feeds", "f-r001-a", conductor="bar-dc-800v-1000a", length_mm=10_000, contacts=1, contact_uohm=100.0)
    wiring = power_of(doc, catalog).wiring
    amperes, warm = float(wiring.wire_a[0]), 1 + 0.00393 * (float(wiring.wire_c[0]) - 20)
    assert wiring.wire_joint_w[0] == pytest.approx(2 * amperes**2 * 100e-6 * warm, rel=1e-6)
    rest = wiring.wire_loss_w[0] - wiring.wire_joint_w[0]
    assert rest == pytest.approx(2 * amperes**2 * 1.724e-8 * 10 / 400e-6 * warm, rel=1e-6)
    assert pytest.approx(625.0) == 2500**2 * 1e-4
    change(doc, "feeds", "f-r001-a", contact_uohm=None)
    good = power_of(doc, catalog).wiring
    assert good.wire_joint_w[0] == pytest.approx(0.01 * wiring.wire_joint_w[0], rel=1e-3)


def test_joints_of_three_phases_count_once_a_phase(catalog: Catalog) -> None:
    doc = pod(racks=4)
    change(
        doc, "feeds", "f-bus-a", conductor="cable-cu-750-415v", length_mm=5000, runs=4, contacts=2, contact_uohm=50.0
    )
    wiring = power_of(doc, catalog).wiring
    amperes, warm = float(wiring.wire_a[0]), 1 + 0.00393 * (float(wiring.wire_c[0]) - 20)
    assert wiring.wire_joint_w[0] == pytest.approx(3 * amperes**2 * (2 * 50e-6 / 4) * warm, rel=1e-6)


# --- the last stages


def test_regulators_can_be_chosen_and_the_die_gets_what_their_curves_leave(catalog: Catalog) -> None:
    doc = pod(racks=2)
    share = {}
    for kind in ("", "discrete", "vertical", "integrated", "package", "ondie"):
        for k in range(2):
            change(doc, "racks", f"r{k:03d}", regulator=kind)
        core = power_of(doc, catalog).core
        assert core.given_w == pytest.approx(
            core.other_w + core.die_w + sum(watts for _, watts in core.steps), rel=1e-12
        )
        share[kind] = core.die_w / core.given_w
    assert share[""] == share["discrete"]  # what the profile's rack has
    assert share["vertical"] > share["discrete"]
    # Two stages lose more than one; at 1.8 V the way into the package costs a fifth of what it does at 0.8 V.
    assert share["ondie"] < share["package"] < share["vertical"]


def test_a_linear_regulator_on_the_die_passes_its_voltage_ratio(catalog: Catalog) -> None:
    unit = catalog.get("ivr-ondie-ldo")
    assert isinstance(unit, PowerUnit)
    assert efficiency(loss_curve(unit), 0.7) == pytest.approx(0.8 / 0.9)


def test_racks_of_one_plan_may_have_different_regulators(catalog: Catalog) -> None:
    doc = pod(racks=2)
    change(doc, "racks", "r000", regulator="ondie")
    steps = dict(power_of(doc, catalog).core.steps)
    assert {"Board regulator", "Regulator", "Last millimetres"} <= steps.keys()


# --- stores beside the racks


def with_store(profile: str, **fields: object) -> Document:
    doc = pod(racks=4)
    add(doc, "power", PowerNode(id="store", hall="hall", profile=profile, x_mm=500, y_mm=13000, side="a", **fields))
    add(doc, "feeds", Feed(id="f-store", source="store", target="bus-a"))
    return doc


@pytest.mark.parametrize(
    ("profile", "fields", "level", "stored_j"),
    [
        ("cap-gb300-shelf", {"rating_kw": 2000.0, "units": 288}, "After rack capacitors", 288 * 65.0),
        ("bbu-orv3", {"units": 200}, "After rack batteries", 200 * 3e3 * 90.0),
        ("bess-dea", {"rating_kw": 2000.0, "energy_kwh": 10.0}, "After site stores", 10 * 3.6e6),
    ],
)
def test_every_store_levels_bursts_where_it_stands_and_rests_in_the_steady_state(
    catalog: Catalog, profile: str, fields: dict[str, object], level: str, stored_j: float
) -> None:
    power = power_of(with_store(profile, **fields), catalog)
    names = [row.name for row in power.bursts.levels]
    at = names.index(level)
    assert power.bursts.levels[at].stored_j == pytest.approx(stored_j)
    assert power.bursts.levels[at].band_w < power.bursts.levels[at - 1].band_w
    assert power.bursts.levels[at].ramp_w_per_s < power.bursts.levels[at - 1].ramp_w_per_s
    assert power.node_out_w[node(power, "store")] == 0.0
    assert power.supply.mode == "grid"


def test_rack_batteries_ride_as_long_as_their_energy_lasts(catalog: Catalog) -> None:
    """200 units of 3 kW for 90 s: 54 MJ, over what four racks may draw."""
    power = power_of(with_store("bbu-orv3", units=200), catalog)
    ride = next(row for row in power.bursts.rides if row.name == "Rack batteries")
    assert ride.lasts_s == pytest.approx(200 * 3e3 * 90.0 / (4 * 132e3))
    doc = with_store("bbu-orv3", units=200)
    add(doc, "feeds", Feed(id="f-store-rpp", source="store", target="rpp-a"))
    for side in "ab":
        change(doc, "power", f"ups-{side}", maintenance=True)
    dark = power_of(doc, catalog)
    assert dark.rack_powered.all()
    assert dark.node_out_w[node(dark, "store")] > 350e3


# --- supplies inside racks and servers


def test_six_supplies_of_a_server_leave_three_on_one_side_short(catalog: Catalog) -> None:
    doc = pod(racks=1)
    add(doc, "racks", Rack(id="dgx", hall="hall", x_mm=12000, y_mm=3000, profile="eia-48u-600x1200"))
    add(doc, "devices", *(Device(id=f"d{k}", rack="dgx", profile="dgx-h100", u=1 + 9 * k) for k in range(2)))
    for side in "ab":
        add(doc, "feeds", Feed(id=f"f-dgx-{side}", source=f"bus-{side}", target="dgx", side=side))
    classes = {row.system: row for row in power_of(doc, catalog).outages.supplies}
    server, rack = classes["dgx-h100"], classes["gb200-nvl72"]
    assert (server.ids, server.boxes, server.count, server.spare) == (("d0", "d1"), 2, 6, 2)
    assert server.short_nameplate_w == 0.0
    assert server.side_short_nameplate_w == pytest.approx(10_200 - 3 * 3300)
    assert (rack.count, rack.spare, rack.side_short_nameplate_w) == (8, 4, 0.0)


def test_a_rack_on_one_feed_by_intent_has_no_half_to_fall_short_of(catalog: Catalog) -> None:
    doc = pod(racks=1)
    for name, sides in (("one", "a"), ("two", "ab")):
        x_mm = 12000 if name == "one" else 14000
        add(doc, "racks", Rack(id=name, hall="hall", x_mm=x_mm, y_mm=3000, profile="eia-48u-600x1200"))
        add(doc, "devices", Device(id=f"d-{name}", rack=name, profile="dgx-h100", u=1))
        for side in sides:
            add(doc, "feeds", Feed(id=f"f-{name}-{side}", source=f"bus-{side}", target=name, side=side))

    def one_sided() -> list[str]:
        found = evaluate(doc.snapshot(), catalog, check=run).findings
        return [finding.message for finding in found if finding.rule == "power.one-sided-supplies"]

    assert [text.split(" keep ")[0] for text in one_sided()] == ["1 dgx-h100"]
    doc.remove("feeds", "f-two-b")
    assert one_sided() == []


# --- failures at nameplate, fuels, redundancy


def test_failures_are_judged_at_nameplate_too(catalog: Catalog) -> None:
    doc = pod(racks=4)
    power = power_of(doc, catalog)
    row = power.outages.case_ids.index("ups-a")
    assert power.outages.case_nameplate_worst[row] == power.outages.case_worst[row] == "bus-b"
    whole = 4 * 132e3 / 1.8e6
    assert power.outages.case_nameplate_worst_frac[row] == pytest.approx(whole, rel=2e-3)
    assert power.outages.case_worst_frac[row] < 0.8 * whole
    change(doc, "racks", "r000", power_cap_frac=0.5)
    capped = power_of(doc, catalog).outages
    assert capped.case_nameplate_worst_frac[row] == pytest.approx(3.5 * 132e3 / 1.8e6, rel=2e-3)


def test_conductors_lose_more_when_one_side_carries_all(catalog: Catalog) -> None:
    doc = pod(racks=4)
    for side in "ab":
        change(doc, "feeds", f"f-bus-{side}", conductor="cable-cu-750-415v", length_mm=60_000, runs=2)
    power = power_of(doc, catalog)
    row = power.outages.case_ids.index("bus-a")
    scheme = next(s for s in power.outages.schemes if "ups-b" in s.ids)
    wire = power.wiring.wire_ids.index("f-bus-b")
    load, loss = float(power.node_in_w[node(power, "bus-b")]), float(power.wiring.wire_loss_w[wire])
    rest = float(power.node_out_w[node(power, "ups-b")]) - load - loss
    both = 2 * (load + rest) + 4 * loss  # twice the current, four times the loss
    assert scheme.after_frac * 2e6 == pytest.approx(both, rel=0.01)
    assert power.outages.case_unserved_w[row] == 0.0


@pytest.mark.parametrize(
    ("profile", "fuel"),
    [
        ("gt-ocgt", "natural-gas"), ("engine-gas", "natural-gas"), ("gen-diesel-dea", "diesel"), ("pemfc-dea", "hydrogen"),
        ("sofc-bloom-65", "natural-gas"), ("nuclear", "uranium"),
    ],
)  # fmt: skip
def test_every_fuelled_source_has_fuel_carbon_and_a_price(catalog: Catalog, profile: str, fuel: str) -> None:
    doc = pod(racks=4)
    change(doc, "power", "grid", profile=profile, rating_kw=4000.0, mode="parallel")
    supply = power_of(doc, catalog).supply
    price = catalog.constant(f"power.fuel_usd_per_kwh.{fuel}")
    assert supply.source_fuel_w[0] > supply.source_out_w[0]
    assert supply.energy_usd_per_h == pytest.approx(supply.source_fuel_w[0] / 1e3 * price)
    assert supply.carbon_kg_per_h is not None


def styles(count: int, pairs: list[tuple[int, int]], catalog: Catalog, racks: int = 12) -> dict[str, str]:
    """UPS in a plan, racks on the pairs of them in turn; scheme by kind."""
    doc = Document()
    base = pod(racks=0)
    for table in ("halls", "trays"):
        for record in base.table(table).values():
            doc.put(table, record)
    at = {"hall": "hall", "y_mm": 9000}
    add(doc, "power", PowerNode(id="grid", profile="utility-connection", rating_kw=9000.0, x_mm=500, **at))
    for k in range(count):
        add(doc, "power", PowerNode(id=f"u{k}", profile="ups-modern-dc", x_mm=3000 + 3000 * k, **at))
        add(doc, "feeds", Feed(id=f"f-u{k}", source="grid", target=f"u{k}"))
    for k in range(racks):
        add(doc, "racks", Rack(id=f"r{k}", hall="hall", profile="gb200-nvl72", x_mm=2000 + 700 * k, y_mm=3000))
        for side, unit in zip("ab", pairs[k % len(pairs)], strict=True):
            add(doc, "feeds", Feed(id=f"f-r{k}-{side}", source=f"u{unit}", target=f"r{k}", side=side))
    return {scheme.kind: scheme.scheme for scheme in power_of(doc, catalog).outages.schemes}


@pytest.mark.parametrize(
    ("count", "pairs", "name"),
    [
        (2, [(0, 1)], "2N"),
        (3, [(0, 1), (1, 2), (2, 0)], "3N/2"),
        (4, [(0, 1), (2, 3), (0, 2), (1, 3), (0, 3), (1, 2)], "4N/3"),
        (4, [(0, 1), (1, 2), (2, 3), (3, 0)], "3N/2"),
    ],
)
def test_styles_of_two_corded_loads_are_named(catalog: Catalog, count: int, pairs: list, name: str) -> None:
    found = styles(count, pairs, catalog)
    assert found["ups_double_conversion"] == name
    assert found["utility"] == "N"


def bus(catalog: Catalog, units: list[PowerNode], feeds: list[tuple[str, str, int | None]]) -> dict[str, str]:
    """Scheme by node, with the pod's two UPS replaced by the given nodes behind its grid connection."""
    doc = pod(racks=4)
    for side in "ab":
        change(doc, "power", f"ups-{side}", maintenance=True)
    add(doc, "power", *units)
    add(doc, "feeds", *(Feed(id=f"f-{unit.id}", source="grid", target=unit.id) for unit in units))
    for source, side, order in feeds:
        for kind in ("bus", "rpp"):
            target = f"{kind}-{side}"
            add(doc, "feeds", Feed(id=f"f-{source}-{target}", source=source, target=target, order=order))
    return {key: s.scheme for s in power_of(doc, catalog).outages.schemes for key in s.ids}


def ups(name: str, **fields: object) -> PowerNode:
    return PowerNode(id=name, profile="ups-galaxy-vx", hall="hall", x_mm=500, y_mm=14000, **fields)


def test_three_in_parallel_on_one_bus_are_n_plus_one(catalog: Catalog) -> None:
    units = [ups(f"p{k}") for k in range(3)]
    found = bus(catalog, units, [(unit.id, side, None) for unit in units for side in "ab"])
    assert found["p0"] == found["p2"] == "N+1 of 3"
    assert found["grid"] == "N"


def test_spare_units_inside_a_node_are_named(catalog: Catalog) -> None:
    assert bus(catalog, [ups("m", units=5, spare=2)], [("m", "a", None), ("m", "b", None)])["m"] == "N+2"


def test_a_reserve_that_catches_one_block_is_block_redundant(catalog: Catalog) -> None:
    units = [ups("b0"), ups("b1"), ups("b2", mode="backup")]
    found = bus(catalog, units, [("b0", "a", None), ("b1", "b", None), ("b2", "a", 5), ("b2", "b", 5)])
    assert found["b0"] == found["b2"] == "block redundant"


def test_one_after_the_other_is_n(catalog: Catalog) -> None:
    assert bus(catalog, [ups("only")], [("only", "a", None), ("only", "b", None)])["only"] == "N"
