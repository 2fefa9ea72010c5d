"""What a link's loss leaves: in step with the reach, the report of one link, and the textbook's bit errors."""

from __future__ import annotations

import dataclasses
import math
from statistics import NormalDist

import numpy as np
import pytest

from infraplanner import places
from infraplanner.catalog import Catalog
from infraplanner.catalog.loader import load_catalog
from infraplanner.catalog.types import LinkMedium
from infraplanner.compile.parts import Parts
from infraplanner.compile.rules import constants
from infraplanner.engine import bind, evaluate
from infraplanner.explore.link_margins import LinkMargins, link_margins, log_errors
from infraplanner.explore.telemetry import link_report
from infraplanner.io.plan_reader import read_plan
from infraplanner.kernels.links import reach_of
from infraplanner.model.document import Snapshot
from infraplanner.results.snapshot import FabricResult


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(places.shipped_profiles_dir())


@pytest.fixture(scope="module")
def pod(catalog: Catalog) -> Snapshot:
    return read_plan(places.resources_dir() / "templates" / "nvl72-pod.yaml", catalog).document.snapshot()


@pytest.fixture(scope="module")
def fabric(pod: Snapshot, catalog: Catalog) -> FabricResult:
    return evaluate(pod, catalog).fabric


@pytest.fixture(scope="module")
def margins(pod: Snapshot, catalog: Catalog, fabric: FabricResult) -> LinkMargins:
    return link_margins(pod, catalog, fabric)


def test_a_cable_as_long_as_its_loss_allows_leaves_nothing(
    pod: Snapshot, catalog: Catalog, fabric: FabricResult
) -> None:
    """At the reach that the engine derives, were any length on sale: no margin, and the errors correction is made for."""
    parts = Parts(catalog.with_embedded(pod.table("profiles")))
    media = bind.media(parts, constants(catalog))
    media = media._replace(reach_m=np.full_like(media.reach_m, np.inf))
    links, connector = pod.table("links"), constants(catalog)("link.optics.connector_db")
    reach = [
        reach_of(media, parts.code(name, LinkMedium), warm, links[key].panels * connector)
        for key, name, warm in zip(fabric.link_ids, fabric.medium, fabric.cable_c.tolist(), strict=True)
    ]
    at_reach = link_margins(pod, catalog, dataclasses.replace(fabric, ordered_m=np.array(reach)))
    known = np.isfinite(at_reach.margin_db)
    assert known.any()
    assert at_reach.margin_db[known] == pytest.approx(0.0, abs=1e-9)
    assert at_reach.decades[known] == pytest.approx(0.0, abs=1e-6)
    assert at_reach.ber[known] == pytest.approx(2e-4)


def test_the_report_of_one_link_says_the_same(
    pod: Snapshot, catalog: Catalog, fabric: FabricResult, margins: LinkMargins
) -> None:
    families = {}
    for row, (key, medium) in enumerate(zip(fabric.link_ids, fabric.medium, strict=True)):
        families.setdefault(medium, (row, key))
    assert len(families) >= 3
    for row, key in families.values():
        report = link_report(pod, catalog, fabric, key)
        if report["loss_db"] is None:
            assert math.isnan(margins.loss_db[row])
            assert report["ber_before_correction"] is None
            continue
        assert margins.loss_db[row] == pytest.approx(report["loss_db"])
        assert margins.margin_db[row] == pytest.approx(report["margin_db"])
        assert margins.ber[row] == pytest.approx(report["ber_before_correction"])


def test_warm_copper_keeps_less_and_fibre_does_not_care(
    pod: Snapshot, catalog: Catalog, fabric: FabricResult, margins: LinkMargins
) -> None:
    warm = link_margins(pod, catalog, dataclasses.replace(fabric, cable_c=np.asarray(fabric.cable_c) + 20.0))
    lost = margins.margin_db - warm.margin_db
    copper = np.array([getattr(catalog.find(name), "family", "") == "dac" for name in fabric.medium])
    assert (lost[copper & np.isfinite(lost)] > 0.0).all()
    assert copper.any()
    fibre = np.array(
        [getattr(catalog.find(name), "family", "") in ("multimode", "single_mode") for name in fabric.medium]
    )
    assert lost[fibre & np.isfinite(lost)] == pytest.approx(0.0)


def test_bit_errors_are_the_tail_of_a_normal_distribution() -> None:
    normal = NormalDist()
    design = -normal.inv_cdf(2e-4 / 0.75)
    margin = np.array([0.0, 1.0, 3.0, -2.0])
    for fibre, scale in ((False, 20.0), (True, 10.0)):
        want = [math.log10(0.75 * normal.cdf(-design * 10 ** (db / scale))) for db in margin.tolist()]
        assert log_errors(margin, np.full(4, fibre), 2e-4) == pytest.approx(want, rel=1e-6)
    deep = log_errors(np.array([30.0]), np.array([True]), 2e-4)
    assert np.isfinite(deep).all()
    assert deep[0] < -300.0
    assert np.isnan(log_errors(np.array([np.nan]), np.array([True]), 2e-4)).all()


def test_nothing_is_known_of_links_without_a_medium(pod: Snapshot, catalog: Catalog, fabric: FabricResult) -> None:
    none = dataclasses.replace(fabric, medium=tuple("" for _ in fabric.link_ids))
    found = link_margins(pod, catalog, none)
    for values in dataclasses.astuple(found):
        assert np.isnan(values).all()
    empty = link_margins(pod, catalog, FabricResult())
    assert empty.margin_db.size == 0
