"""What the shipped profiles say, checked against figures and rules that stand in the sources."""

import numpy as np
import pytest

from infraplanner.catalog import load_catalog
from infraplanner.catalog.types import (
    Accelerator,
    CoolingUnit,
    Frame,
    LinkMedium,
    Llm,
    PowerUnit,
    Region,
    RequestShape,
    System,
)
from infraplanner.compile.fit import loss_curve
from infraplanner.places import shipped_profiles_dir


@pytest.fixture(scope="module")
def catalog():
    return load_catalog(shipped_profiles_dir())


def test_the_catalogue_verifies(catalog):
    assert catalog.verify() == []


@pytest.mark.parametrize(
    ("profile", "field", "value"),
    [
        ("h100-sxm", "bf16_tflops", 989.4),
        ("h100-sxm", "memory_bw_tb_per_s", 3.35),
        ("h200", "memory_gb", 141),
        ("gb200", "scale_up_domain_count", 72),
        ("rubin", "fp4_tflops", 35_000),
        ("wse3", "bf16_tflops", None),
        ("mi455x", "tdp_w", None),
        ("ai200", "memory_bw_tb_per_s", None),
        ("tpu-v5e", "tdp_w", None),
        ("gb200-nvl72", "power_max_w", 132_000),
        ("gb300-nvl72", "power_max_w", 142_000),
        ("gb200-nvl72", "depth_mm", 1068),
        ("helios", "power_max_w", None),
        ("dgx-h100", "power_max_w", 10_200),
        ("ironwood-pod", "rack_count", 144),
        ("palomar-ocs", "reconfigure_ms", 10),
        ("kyber-frame", "width_mm", None),
        ("orv3-44ou", "unit_mm", 48),
        ("cdu-xdu1350", "approach_k", 4),
        ("cdu-deschutes", "power_w", 74_000),
        ("cdu-deschutes", "power_frac", 0.01),
        ("cdu-envicool-800", "approach_k", 4),
        ("cp-oam-pg25", "plate_exponent", -1.257),
        ("drycooler", "water_l_per_kwh", 0),
        ("ups-modern-dc", "loss_b_frac", 0.006),
        ("psu-orv3-3kw", "capacity_kw", 3),
        ("gt-ocgt", "start_s", 600),
        ("bess-dea", "capex_eur_per_kw", 287),
        ("dr8_800g_lpo", "power_per_end_w", 8.5),
        ("cpo_1600g", "price_usd", None),
        ("deepseek-v3", "kv_lora_rank", 512),
        ("gpt-oss-120b", "sliding_window", 128),
        ("qwen3.5-397b-a17b", "full_attention_layers", 15),
        ("chat-1k-1k", "tpot_limit_s", 0.05),
        ("batch-offline", "completion_limit_s", 86_400),
        ("us-virginia", "electricity_usd_per_kwh", 0.0892),
        ("us-virginia", "carbon_g_per_kwh", 323),
        ("norway", "electricity_usd_per_kwh", None),
    ],
)
def test_figures(catalog, profile, field, value):
    assert getattr(catalog.get(profile), field) == value


DOUBTFUL = """
rubin vr-nvl72 kyber-nvl576 rubin-ultra helios mi455x b300 gb200-nvl72 b200 b100 gb300-nvl72 tpu-v7 trainium2 trainium3
wse3 groq-lpu1 dmatrix-corsair sn40l blackhole-p150 ai200 gaudi2 mi250x mi355x hgx-h100-oem dgx-b300 q3400 sn6810
th6-7060xe7-64ps orv3-44ou eia-48u-750x1200 falcon-180b mooncake-toolagent sharegpt llama3.1-405b-pretrain
price.dgx-b200
"""


@pytest.mark.parametrize("profile", DOUBTFUL.split())
def test_what_is_doubtful_stays_marked(catalog, profile):
    found = catalog.get(profile)
    assert found.doubtful
    assert "Doubtful: " in found.note


@pytest.mark.parametrize(
    ("profile", "field", "value"),
    [
        ("b100", "bf16_tflops", 1850),
        ("rubin", "memory_bw_tb_per_s", 13),
        ("gb300-nvl72", "power_max_w", 155_000),
        ("gb200-nvl72", "power_max_w", 120_000),
        ("dgx-b300-rack4", "power_max_w", 76_000),
        ("vr-nvl72", "power_max_w", 227_000),
        ("orv3-44ou", "depth_mm", 1068),
        ("wse3", "die_area_mm2", 46_000),
        ("germany", "carbon_g_per_kwh", 381),
    ],
)
def test_the_other_figure_is_kept_beside(catalog, profile, field, value):
    found = [other for other in catalog.get(profile).alternatives if other.field == field]
    assert value in [other.value for other in found]
    assert getattr(catalog.get(profile), field) != value


def test_ports_that_the_texts_state_clearly(catalog):
    groups = {group.group: group for group in catalog.get("dgx-h100").port_groups}
    assert (groups["compute"].count, groups["compute"].rate_gbps, groups["compute"].role) == (8, 400.0, "scale_out")
    assert groups["frontend"].count == 4
    for name, count, rate in (("gb200-nvl72", 72, 400), ("qm9700", 64, 400), ("q3400", 144, 800), ("sn5600", 64, 800)):
        first = catalog.get(name).port_groups[0]
        assert (first.count, first.rate_gbps) == (count, rate)
    # Unclear texts give no ports.
    assert catalog.get("l40s-8").port_groups == ()
    optical = catalog.get("palomar-ocs").port_groups[0]
    assert (optical.count, optical.rate_gbps) == (136, None)  # passes any rate


def test_loss_curves_reproduce_their_points(catalog):
    for unit in catalog.of(PowerUnit).values():
        if len(unit.efficiency_points) < 3:
            continue
        a, b, c, *bends = loss_curve(unit)
        # Certificate and data sheet of a supply: exactly. Of a UPS: to a tenth of a point, its quadratic is smooth.
        near = 1e-12 if unit.id in ("psu-80p-titanium-230", "psu-orv3-3kw", "shelf-orv3-18kw") else 1e-3
        for point in unit.efficiency_points:
            x = point.load_frac
            loss = a + b * x + c * x * x + sum(rise * max(0.0, x - knee) for rise, knee in pairwise_of(bends))
            assert x / (x + loss) == pytest.approx(point.efficiency_frac, abs=near), (unit.id, x)
        assert min(a, b, c) >= 0


def pairwise_of(bends):
    return zip(bends[::2], bends[1::2], strict=True)


def test_no_loss_of_the_catalogue_falls_with_load(catalog):
    loads = np.linspace(0.0, 1.2, 121)
    for unit in catalog.of(PowerUnit).values():
        a, b, c, *bends = loss_curve(unit)
        loss = a + b * loads + c * loads * loads
        loss = loss + sum(rise * np.maximum(0.0, loads - knee) for rise, knee in pairwise_of(bends))
        assert np.isnan(loss).all() or (np.diff(loss) >= 0.0).all(), unit.id


def test_placeable_things_have_a_footprint_or_say_nothing(catalog):
    for unit in [*catalog.of(System).values(), *catalog.of(Frame).values(), *catalog.of(CoolingUnit).values()]:
        assert (unit.width_mm is None) == (unit.depth_mm is None), unit.id
        for field in ("width_mm", "depth_mm"):
            assert getattr(unit, field) != 0


def test_what_a_complete_plan_needs(catalog):
    for name in (
        "utility-connection",
        "switchgear-lv",
        "tx-mv-liquid-2500",
        "busway-cu-2500a",
        "pdu-rpp",
        "rack-pdu-pair",
    ):
        unit = catalog.get(name)
        assert isinstance(unit, PowerUnit)
        assert None not in (unit.loss_a_frac, unit.loss_b_frac, unit.loss_c_frac)
    assert catalog.get("utility-connection").capacity_kw is None
    for cdu in (unit for unit in catalog.of(CoolingUnit).values() if unit.cooling_kind.startswith("cdu")):
        assert cdu.approach_k is not None
        assert cdu.power_frac is not None


def test_notes_that_yaml_had_split_are_whole(catalog):
    assert catalog.get("ups-galaxy-vx").note == "data sheet has 25/50/75/100 % tables, not transcribed here"
    assert catalog.get("pdu-rpp").note == "no transformer, breaker and bus I2R only"
    assert catalog.get("cp-oam-pg25").note == "R = a + b*V^n, V in L/min, case to inlet"
    for unit in (*catalog.of(PowerUnit).values(), *catalog.of(CoolingUnit).values()):
        assert not any(" " in key for key in unit.details)


def test_links_shapes_and_regions(catalog):
    assert len(catalog.of(LinkMedium)) == 27
    for link in catalog.of(LinkMedium).values():
        assert link.reach_m
        if link.price_usd is not None:
            assert catalog.provenance(link, "price_usd").confidence == "default"
    for shape in catalog.of(RequestShape).values():
        assert shape.input_tokens > 0
    assert sum(region.carbon_g_per_kwh is not None for region in catalog.of(Region).values()) >= 40


def test_language_models_count_their_own_parameters(catalog):
    for model in catalog.of(Llm).values():
        head = 2 * model.vocab * model.hidden / (2 if model.tied_embeddings else 1)
        assert 0 < head < model.params_total_b * 1e9
        assert model.params_active_b <= model.params_total_b
        if model.attention in ("gqa", "mha"):
            assert model.kv_bytes_per_token_bf16 == 2 * 2 * model.layers * model.kv_heads * model.head_dim


def test_accelerators_are_plausible(catalog):
    for part in catalog.of(Accelerator).values():
        if part.tdp_w and part.die_area_mm2:
            flux = part.tdp_w / (part.die_area_mm2 / 100)
            assert 15 < flux < 200, part.id
