"""What every link's loss leaves of its budget, and the bit errors that follow: what a port would report of its cable."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import LinkMedium
from infraplanner.compile.parts import Parts
from infraplanner.compile.rules import Lookup, constants
from infraplanner.model.document import Snapshot
from infraplanner.results.snapshot import FabricResult

# ruff: noqa: PLC0415 - kernels, and with them Numba, are imported when first needed

LEVELS = 0.75
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LinkMargins:
    """One row a bundle of the fabric's result; NaN where a medium's loss is not modelled or none is in force.

    `margin_db` is budget less loss. `ber` is the bit error rate before correction that this margin leaves, `decades` its
    distance below what the correction is designed for (log10, negative beyond it).
    """

    loss_db: Floats
    budget_db: Floats
    margin_db: Floats
    ber: Floats
    decades: Floats


def link_margins(snapshot: Snapshot, catalog: Catalog, fabric: FabricResult) -> LinkMargins:
    """All bundles at the length that is ordered and the temperature that they were judged at."""
    from infraplanner.engine import kernel_cache

    kernel_cache.prepare_once()
    from infraplanner.engine import bind
    from infraplanner.kernels.links import REFERENCE_C

    known = catalog.with_embedded(snapshot.table("profiles"))
    rule, parts = constants(known), Parts(known)
    media = bind.media(parts, rule)
    code = {name: parts.code(name, LinkMedium) if name else -1 for name in set(fabric.medium)}
    m = np.array([code[name] for name in fabric.medium], dtype=np.int64)
    unknown = m < 0
    warm = np.sqrt(1.0 + media.per_k[m] * (np.asarray(fabric.cable_c) - REFERENCE_C))
    per_m = media.conductor_db_per_m[m] * warm + media.other_db_per_m[m]
    fibre = media.fibre[m] == 1
    loss = per_m * np.asarray(fabric.ordered_m) + np.where(fibre, _fixed_db(snapshot, known, fabric, rule), 0.0)
    budget = np.where(unknown, np.nan, media.budget_db[m])
    loss = np.where(np.isnan(budget), np.nan, loss)
    margin = budget - loss
    log_ber = log_errors(margin, fibre, rule("link.fec_pre_ber_design"))
    return LinkMargins(loss, budget, margin, 10.0**log_ber, math.log10(rule("link.fec_pre_ber_design")) - log_ber)


def _fixed_db(snapshot: Snapshot, catalog: Catalog, fabric: FabricResult, rule: Lookup) -> Floats:
    """What patch panels and mirrors take from an optic on each link."""
    links, devices = snapshot.table("links"), snapshot.table("devices")
    mirrors = {
        key: float(getattr(part, "insertion_loss_db", None) or 0.0)
        for key, device in devices.items()
        if getattr(part := catalog.find(device.profile), "system_kind", "") == "ocs"
    }
    connector = rule("link.optics.connector_db")
    held = [links.get(key) for key in fabric.link_ids]
    panels = np.array([link.panels if link else 0 for link in held], dtype=np.float64)
    out: Floats = panels * connector
    if mirrors:
        out += np.array([mirrors.get(link.a, 0.0) + mirrors.get(link.b, 0.0) if link else 0.0 for link in held])
    return out


def log_errors(margin_db: Floats, fibre: Flags, design_ber: float) -> Floats:
    """log10 of the bit error rate before correction at a margin [dB].

    At no margin it is the rate that the correction is designed for. Noise of the receiver alone, Gaussian, four levels: the
    distance between them in noise widths grows with the voltage in copper and with the optical power in fibre. An estimate,
    and the least there can be: reflections, crosstalk and jitter add errors that no margin takes away.
    Worked: 2e-4 is 3.46 widths; 3 dB more in copper are 4.89 widths and 3.7e-7, in fibre 6.91 widths and 1.8e-12.
    """
    from scipy.special import log_ndtr, ndtri

    # Three of four decisions have a neighbour on each side, two bits a symbol: 3/4 of the tail of one level.
    design = -ndtri(design_ber / LEVELS)
    widths = design * 10.0 ** (margin_db / np.where(fibre, 10.0, 20.0))
    out: Floats = (np.log(LEVELS) + log_ndtr(-widths)) / math.log(10.0)
    return out
