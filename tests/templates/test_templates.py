import importlib.util
import sys
from pathlib import Path

import plan_geometry as geometry
import pytest

from infraplanner.catalog import load_catalog
from infraplanner.catalog.types import System
from infraplanner.engine import evaluate
from infraplanner.explore.compare import compare_scenarios
from infraplanner.io import plan_bytes, read_plan
from infraplanner.places import resources_dir, shipped_profiles_dir

ROOT = Path(__file__).resolve().parent.parent.parent
NAMES = (
    "deepseek-day.yaml",
    "edge-site.yaml",
    "h100-pilot.yaml",
    "hall-20mw.yaml",
    "nvl72-pod.yaml",
    "rubin-800v.yaml",
    "sram-row.yaml",
    "tpu-ocs-pod.yaml",
    "training-16k-h100.yaml",
)


@pytest.fixture(scope="module")
def catalog():
    return load_catalog(shipped_profiles_dir())


@pytest.fixture(scope="module", params=NAMES)
def plan(request, catalog):
    return read_plan(resources_dir() / "templates" / request.param, catalog)


@pytest.fixture(scope="module")
def pilot(catalog):
    return read_plan(resources_dir() / "templates" / "h100-pilot.yaml", catalog)


@pytest.fixture(scope="module")
def pod(catalog):
    return read_plan(resources_dir() / "templates" / "nvl72-pod.yaml", catalog)


def test_the_shipped_bytes_are_what_the_builder_makes(catalog, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    spec = importlib.util.spec_from_file_location("make_templates", ROOT / "packaging" / "make_templates.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    built = module.build(catalog)
    assert sorted(built) == sorted(NAMES)
    for name, data in built.items():
        assert (resources_dir() / "templates" / name).read_bytes() == data, f"run packaging/make_templates.py ({name})"


def test_opens_cleanly_and_saves_to_its_own_bytes(plan, catalog):
    assert not plan.warnings
    assert plan_bytes(plan.document, catalog) == plan.path.read_bytes()


def test_nothing_overlaps_or_stands_outside(plan):
    assert geometry.overlaps(plan) == []
    assert geometry.outside(plan) == []


def test_no_port_is_used_twice(plan):
    assert geometry.overbooked_ports(plan) == []


def test_the_plan_declares_rating_containment_and_density(plan):
    for hall in plan.document.table("halls").values():
        assert hall.floor_rating_kg_per_m2
        assert hall.design_density_w_per_m2
        assert hall.containment == "hot"


def test_every_copy_that_is_used_travels_with_the_plan(plan):
    profiles = plan.document.table("profiles")
    for table in ("racks", "devices", "cooling", "power"):
        for row in plan.document.table(table).values():
            assert row.profile in profiles
    assert plan.document.table("site")["site"].region in profiles


def test_devices_fit_their_cabinets(plan):
    taken = {}
    for device in plan.document.table("devices").values():
        profile = plan.catalog.get(device.profile)
        frame = plan.catalog.get(plan.document.table("racks")[device.rack].profile)
        units = range(device.u, device.u + round(profile.rack_units))
        assert units[0] >= 1
        assert units[-1] <= frame.unit_count
        for unit in units:
            assert taken.setdefault((device.rack, unit), device.id) == device.id


def test_racks_are_fed_on_both_sides(plan):
    if plan.path.name == "edge-site.yaml":  # one feed is what it shows
        assert {feed.side for feed in plan.document.table("feeds").values()} == {""}
        return
    for rack in plan.document.table("racks"):
        sides = {feed.side for feed in plan.document.table("feeds").values() if feed.target == rack}
        assert sides == {"a", "b"}, rack
    supplies = geometry.rack_supplies(plan)
    assert all(supplies.values())


def test_the_pilot(pilot):
    assert 80 < geometry.it_power_kw(pilot) < 100
    servers = [row for row in pilot.document.table("devices").values() if row.profile == "dgx-h100"]
    assert len(servers) == 8
    assert len({row.rack for row in servers}) == 4
    assert geometry.pool_accelerators(pilot) == {"llama-70b": 64}
    down = sum(
        link.count for link in pilot.document.table("links").values() if link.a.startswith("dgx") and "leaf" in link.b
    )
    up = sum(link.count for link in pilot.document.table("links").values() if link.a.startswith("leaf"))
    assert down == up == 64
    heat = sum(
        pilot.catalog.get(row.profile).capacity_kw
        for row in pilot.document.table("cooling").values()
        if "ir-" in row.id
    )
    assert heat - 50 > geometry.it_power_kw(pilot)


def test_the_pod(pod):
    assert 1100 < geometry.it_power_kw(pod) < 1250
    racks = [row for row in pod.document.table("racks").values() if row.profile == "gb200-nvl72"]
    assert len(racks) == 8
    assert geometry.pool_accelerators(pod) == {"llama-70b": 144, "deepseek-prefill": 216, "deepseek-decode": 216}
    decode = pod.document.table("pools")["deepseek-decode"]
    assert decode.phase == "decode"
    assert decode.prefill_pool == "deepseek-prefill"
    supplies = geometry.rack_supplies(pod)
    assert all(sources == {"util-a", "util-b"} for sources in supplies.values())


def test_the_pod_has_full_bisection(pod):
    links = pod.document.table("links").values()
    for leaf in (f"leaf-{number:02d}" for number in range(1, 19)):
        assert sum(link.count for link in links if link.b == leaf) == 32
        assert sum(link.count for link in links if link.a == leaf) == 32
    for spine in (f"spine-{number}" for number in range(1, 10)):
        assert sum(link.count for link in links if link.b == spine) == 64


def test_the_pod_keeps_a_spare_cooling_unit(pod):
    cooling = pod.document.table("cooling").values()
    racks = pod.document.table("racks").values()
    for loop in ("tcs-a", "tcs-b"):
        heat = flow = 0.0
        for row in racks:
            if row.loop == loop:
                profile = pod.catalog.get(row.profile)
                heat += profile.power_max_w * profile.liquid_frac / 1000
                flow += heat and profile.power_max_w * profile.liquid_frac / 1000 * 1.5
        units = [pod.catalog.get(row.profile) for row in cooling if row.loop == loop]
        assert len(units) == 2
        assert all(unit.capacity_kw > heat and unit.flow_l_per_min > flow for unit in units)
        assert pod.document.table("loops")[loop].supply_c <= 45
    walls = [pod.catalog.get(row.profile).capacity_kw for row in cooling if row.id.startswith("fw-")]
    air = sum(
        (pod.catalog.get(row.profile).power_max_w or 0) * (1 - (pod.catalog.get(row.profile).liquid_frac or 0)) / 1000
        for table in ("racks", "devices")
        for row in pod.document.table(table).values()
        if isinstance(pod.catalog.get(row.profile), System)
    )
    assert sum(walls) - max(walls) > air


def test_the_pod_faces_its_cold_aisles(pod):
    """Row A faces up, row B down; between their backs lies a hot aisle of at least 1.2 m."""
    backs = {"A": [], "B": []}
    for row in pod.document.table("racks").values():
        half = pod.catalog.get(row.profile).depth_mm / 2
        assert row.rotation_deg == (180 if row.row == "A" else 0)
        backs[row.row].append(row.y_mm - half if row.row == "A" else row.y_mm + half)
    assert len(set(backs["A"])) == len(set(backs["B"])) == 1
    assert backs["A"][0] - backs["B"][0] >= 1200


def test_the_pod_mixes_short_and_long_runs(pod):
    racks = pod.document.table("racks")
    where = {device.id: device.rack for device in pod.document.table("devices").values()}
    runs = []
    for link in pod.document.table("links").values():
        a, b = (racks[where.get(end, end)] for end in (link.a, link.b))
        runs.append((abs(a.x_mm - b.x_mm) + abs(a.y_mm - b.y_mm)) / 1000)
    assert min(runs) == 0
    assert max(runs) > 5


def test_the_sram_row(catalog):
    row = read_plan(resources_dir() / "templates" / "sram-row.yaml", catalog)
    assert geometry.pool_accelerators(row) == {"cards": 16, "gpu": 32, "lpu": 72, "processors": 8, "wafer": 1}
    assert {waiver.rule for waiver in row.document.table("waivers").values()} == {
        "pool.not-predicted", "price.no-accelerator",
    }  # fmt: skip


def test_the_hall_is_the_brief(catalog):
    hall = read_plan(resources_dir() / "templates" / "hall-20mw.yaml", catalog)
    racks = hall.document.table("racks")
    assert len(racks) == 400
    assert sum(row.profile == "gb200-nvl72" for row in racks.values()) == 126
    assert 29_000 < sum(link.count for link in hall.document.table("links").values()) < 31_000
    assert 19_000 < geometry.it_power_kw(hall) < 21_000
    utilities = [row.rating_kw for key, row in hall.document.table("power").items() if key.startswith("util")]
    assert utilities == [25_000.0, 25_000.0]
    supplies = geometry.rack_supplies(hall)
    assert all(sources == {"util-a", "util-b"} for sources in supplies.values())


def test_the_edge_site_is_held_by_its_cooler_then_by_its_contract(catalog):
    edge = read_plan(resources_dir() / "templates" / "edge-site.yaml", catalog)
    snapshot = edge.document.snapshot()
    held = evaluate(snapshot, catalog)
    assert held.summary.binding_wall == "thermal"
    assert held.walls["thermal"].where == "ir-1"
    assert held.walls["thermal"].next is not None
    summaries = {case.id: case.result.summary for case in compare_scenarios(snapshot, catalog)}
    bound = {name: summary.binding_wall for name, summary in summaries.items()}
    served = {name: summary.tokens_per_s for name, summary in summaries.items()}
    assert bound["wide-cooler"] == "power"
    assert bound["wide-cooler-and-feed"] == "memory"
    assert bound["sixth-server"] == "thermal"
    assert held.summary.tokens_per_s < served["wide-cooler"] < served["wide-cooler-and-feed"]
    # One more server shares the same heat: all run slower, and yet a little more comes out.
    assert held.summary.tokens_per_s < served["sixth-server"] < 1.2 * held.summary.tokens_per_s
    nobody = evaluate(snapshot, catalog, failed=frozenset({"ups"}))
    assert nobody.summary.tokens_per_s == 0.0  # no redundancy: whatever fails, the room stops


@pytest.fixture(scope="module")
def rubin(catalog):
    return read_plan(resources_dir() / "templates" / "rubin-800v.yaml", catalog)


def test_rubin_runs_on_its_own_turbines(rubin):
    result = evaluate(rubin.document.snapshot(), rubin.catalog)
    supply = result.power.supply
    by_id = dict(zip(supply.source_ids, range(len(supply.source_ids)), strict=True))
    assert supply.mode == "island"
    assert supply.source_out_w[by_id["util"]] == 0.0
    turbines = [by_id["gt-a"], by_id["gt-b"]]
    assert supply.source_out_w[turbines].sum() == pytest.approx(1e3 * result.summary.facility_power_kw, rel=1e-9)
    # Under the air permit one of three turbines a side is enough, the second is the spare that runs along.
    assert (supply.source_running[turbines] == 2).all()
    assert (supply.source_out_w[turbines] < supply.source_firm_w[turbines]).all()
    assert supply.fuel_w == pytest.approx(supply.source_out_w[turbines].sum() / 0.405, rel=1e-6)
    assert supply.carbon_g_per_kwh == pytest.approx(198 / 0.405, rel=1e-6)
    racks = {row.id: row for row in rubin.document.table("racks").values()}
    assert (
        sum(rubin.catalog.get(row.profile).power_max_w or 0 for row in racks.values() if row.pool == "ultra")
        == 4 * 600e3
    )
    assert max(result.power.wiring.wire_drop_frac) < 0.05


def test_rubin_keeps_all_racks_alight_when_any_single_thing_fails(rubin):
    result = evaluate(rubin.document.snapshot(), rubin.catalog)
    outages = result.power.outages
    assert len(outages.case_ids) == len(rubin.document.table("power"))
    assert max(outages.case_unserved_w) == 0.0
    assert max(outages.case_overloaded) == 0


def test_rubin_falls_back_to_the_grid_and_then_to_its_batteries(rubin):
    snapshot, catalog = rubin.document.snapshot(), rubin.catalog
    grid = evaluate(snapshot, catalog, failed=frozenset({"gt-a", "gt-b"})).power.supply
    assert grid.mode == "grid"
    dark = evaluate(snapshot, catalog, failed=frozenset({"gt-a", "gt-b", "util"})).power.supply
    assert dark.mode == "store"
    stores = [row for row, kind in enumerate(dark.source_kind) if kind == "bess"]
    minutes = 1000.0 * 60 / (dark.source_out_w[stores[0]] / 1e3)
    assert 30 < minutes < 60


@pytest.fixture(scope="module")
def training(catalog):
    return read_plan(resources_dir() / "templates" / "training-16k-h100.yaml", catalog)


@pytest.fixture(scope="module")
def torus(catalog):
    return read_plan(resources_dir() / "templates" / "tpu-ocs-pod.yaml", catalog)


def test_the_training_hall_has_pods_of_3072_and_one_to_seven_above(training):
    assert geometry.pool_accelerators(training) == {"cluster": 16_384}
    links = training.document.table("links").values()
    hosts = {link.b: 0 for link in links if link.a_port == "compute"}
    for link in links:
        if link.a_port == "compute":
            hosts[link.b] += link.count
    assert set(hosts.values()) == {16}
    pods: dict[str, set[str]] = {}
    for link in links:
        if link.a in hosts and link.rate_gbps == 800.0:
            pods.setdefault(link.b.split("-")[0], set()).add(link.a)
    assert sorted(16 * len(leaves) for leaves in pods.values()) == [1024, *[3072] * 5]
    for leaf in ("t0001", "t1024"):  # full bisection inside a pod: as much up as down
        assert sum(link.count * link.rate_gbps for link in links if link.a == leaf and "-c" in link.b) == 16 * 400
    up = sum(link.count for link in links if link.a == "p1-c1" and link.b.startswith("core"))
    assert up == 28
    assert 192 / up == pytest.approx(7.0, rel=0.03)


def test_the_drawn_cut_between_pods_is_a_seventh(training):
    """Half of all machines against the other half: whole pods face each other over 8 x 28 cables of 800 Gb/s a pod."""
    from infraplanner.compile.plan import compile_plan  # noqa: PLC0415
    from infraplanner.engine import bisection  # noqa: PLC0415

    compiled = compile_plan(training.document.snapshot(), training.catalog)
    found = bisection.machines(compiled)
    names = compiled.tables["racks"].ids + compiled.tables["devices"].ids
    pod = [(int(names[node][1:]) - 1) // 384 for node in found]
    left = [node for node, p in zip(found.tolist(), pod, strict=True) if p in (0, 1)]
    right = [node for node, p in zip(found.tolist(), pod, strict=True) if p in (2, 3)]
    cut = bisection.cut(compiled, left, right)
    assert cut.bandwidth_bps == pytest.approx(2 * 8 * 28 * 800e9)
    assert cut.share == pytest.approx(28 / 192)


def test_the_training_job_reports_failures_and_goodput(training):
    result = evaluate(training.document.snapshot(), training.catalog)
    (job,) = result.throughput.jobs
    assert job.accelerator_count == 16_384
    assert 0.9 < job.goodput_frac < 0.98
    assert 2.5 * 3600 < job.mtbf_s < 4 * 3600
    assert not job.estimate
    assert 0.0 < job.pace_frac <= 1.0
    assert all(result.walls[wall].utilisation is not None for wall in ("power", "thermal", "copper"))


def test_the_tpu_pod_is_a_torus_of_light_paths(torus):
    assert geometry.pool_accelerators(torus) == {"torus": 4096}
    switches = [row for row in torus.document.table("devices").values() if row.profile == "palomar-ocs"]
    assert len(switches) == 48
    assert all(sum(path.count for path in row.light_paths) == 64 for row in switches)
    result = evaluate(torus.document.snapshot(), torus.catalog)
    media = {m for m, key in zip(result.fabric.medium, result.fabric.link_ids, strict=True) if key.startswith("t-")}
    assert {torus.catalog.get(m).family for m in media} == {"single_mode"}
    assert result.throughput.jobs[0].tokens_per_s > 0.0


def test_turning_mirrors_narrows_the_pod_without_moving_a_cable(torus):
    """4 x 4 x 4 cubes: 2 x 16^2 links across; 2 x 4 x 8: two planes of 8 cubes' faces of 16 links."""
    from infraplanner.compile.plan import compile_plan  # noqa: PLC0415
    from infraplanner.edit import ApplyScenario, UndoStack  # noqa: PLC0415
    from infraplanner.engine import bisection  # noqa: PLC0415
    from infraplanner.model.document import Document  # noqa: PLC0415
    from infraplanner.model.entities import TABLES  # noqa: PLC0415

    document = Document({name: dict(torus.document.table(name)) for name in TABLES})
    whole = bisection.halves(compile_plan(document.snapshot(), torus.catalog))
    assert whole.bandwidth_bps == pytest.approx(2 * 16 * 16 * 400e9)
    before = dict(document.table("links"))
    UndoStack(document).execute(ApplyScenario("longer-torus"))
    assert dict(document.table("links")) == before
    longer = bisection.halves(compile_plan(document.snapshot(), torus.catalog))
    assert longer.bandwidth_bps == pytest.approx(2 * 8 * 16 * 400e9)
