"""Loops whose coolant boils in the plates: liquid out, a mixture back, and how much of it is vapour."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from infraplanner.compile.columns import BOILING
from infraplanner.compile.plan import Compiled
from infraplanner.kernels.exchange import table_at
from infraplanner.kernels.hydraulics import Branches
from infraplanner.kernels.two_phase import Saturated, exit_quality, form_ratio, header_ratios, mixture_density

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Boiling:
    """What the return of a loop that boils follows from, racks in the order of the header. `boils_c` is where it boils
    and `below_k` how far below that it comes.
    """

    fluid: Saturated
    boils_c: float
    below_k: float
    heat_m3_per_j: float
    step_m: Floats
    supply_bore_m: float
    return_bore_m: float
    roughness_m: float
    tee_ratio: float
    wanted_m3_per_s: Floats

    def quality(self, given_frac: float = 1.0) -> float:
        """Vapour's share at the exit of a rack that gets so much of the coolant it wants."""
        each = 1.0 / (self.heat_m3_per_j * self.fluid.liquid_kg_per_m3)
        return float(exit_quality(each / given_frac, self.below_k, self.fluid)) if given_frac > 0.0 else math.inf

    def parts_ratio(self) -> float:
        """Loss over manifold and hoses, half of them with liquid and half with the mixture, over that of liquid."""
        return 0.5 * (1.0 + float(form_ratio(self.quality(), self.fluid)))

    def net(self, net: Branches, flow_m3_per_s: Floats) -> Branches:
        """The network with a return as long as makes it lose what the mixture loses at these flows of the racks."""
        share = np.fmax(flow_m3_per_s, 1e-12) / self.wanted_m3_per_s
        quality = np.array([min(1.0, self.quality(each)) for each in share.tolist()])
        pipe, fitting = np.empty((2, flow_m3_per_s.size))
        header_ratios(
            flow_m3_per_s, quality, self.supply_bore_m, self.return_bore_m, self.roughness_m,
            self.fluid.liquid_kg_per_m3, self.fluid.liquid_pa_s, self.fluid, pipe, fitting,
        )  # fmt: skip
        return net._replace(length_m=self.step_m * (1.0 + pipe), fittings_ratio=self.tee_ratio * (1.0 + fitting))

    def speed(self) -> float:
        """Velocity of the mixture in the return at the pumps [m/s]."""
        flow = float(self.wanted_m3_per_s.sum()) * self.fluid.liquid_kg_per_m3
        return flow / float(mixture_density(self.quality(), self.fluid)) / (0.25 * math.pi * self.return_bore_m**2)


def boils(fluid: str) -> bool:
    """Whether a coolant boils in the plates."""
    return fluid in BOILING


def saturated(compiled: Compiled, fluid: str, celsius: float) -> Saturated | None:
    """Both phases of a fluid that boils at a temperature; None outside its table or without one."""
    data = getattr(compiled.parts.catalogue.find(f"saturation-table.{fluid}"), "data", {})
    temperatures = np.array(data.get("temperature_c", ()), dtype=np.float64)
    if not temperatures.size:
        return None
    names = ("liquid_kg_per_m3", "vapour_kg_per_m3", "liquid_pa_s", "vapour_pa_s", "heat_j_per_kg_k", "latent_j_per_kg")
    values = [float(table_at(celsius, temperatures, np.array(data[name], dtype=np.float64))) for name in names]
    return Saturated(*values) if min(values) > 0.0 else None


def below_boiling(compiled: Compiled, row: int) -> float:
    """How far below boiling a loop's coolant comes [K]: what it warms before it boils."""
    plant = compiled.plant
    return float(1.0 / (plant.flow_m3_per_j[row] * plant.rho_cp_j_per_m3_k[row]))


def return_flow(fluid: Saturated, quality_frac: float, liquid_m3_per_s: float) -> float:
    """Volume of the mixture that so much liquid becomes [m3/s]."""
    return liquid_m3_per_s * fluid.liquid_kg_per_m3 / float(mixture_density(quality_frac, fluid))
