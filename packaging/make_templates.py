"""Builds the shipped example plans: `python packaging/make_templates.py` writes resources/templates/*.yaml.

The plans are made by code so that a change of the format or of a profile rebuilds them all; a test compares the bytes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "packaging"))

from template_edge import edge_site  # noqa: E402 - the path has to be known first
from template_fleet import deepseek_day  # noqa: E402
from template_hall import hall_20mw  # noqa: E402
from template_pilot import h100_pilot  # noqa: E402
from template_pod import nvl72_pod  # noqa: E402
from template_rubin import rubin_800v  # noqa: E402
from template_sram import sram_row  # noqa: E402
from template_tpu import tpu_ocs_pod  # noqa: E402
from template_training import training_16k_h100  # noqa: E402
from template_wires import wire  # noqa: E402

from infraplanner.catalog import Catalog, load_catalog  # noqa: E402
from infraplanner.io import plan_bytes  # noqa: E402
from infraplanner.model.document import Document  # noqa: E402
from infraplanner.places import shipped_profiles_dir  # noqa: E402

TEMPLATES: dict[str, Callable[[], Document]] = {
    "h100-pilot.yaml": h100_pilot,
    "nvl72-pod.yaml": nvl72_pod,
    "sram-row.yaml": sram_row,
    "rubin-800v.yaml": rubin_800v,
    "tpu-ocs-pod.yaml": tpu_ocs_pod,
    "training-16k-h100.yaml": training_16k_h100,
    "hall-20mw.yaml": hall_20mw,
    "edge-site.yaml": edge_site,
    "deepseek-day.yaml": deepseek_day,
}

NAMES_ITS_OWN = frozenset({"rubin-800v.yaml"})
"""Plans that name the conductors of their feeds themselves; all others get them by size."""


def build(catalog: Catalog | None = None) -> dict[str, bytes]:
    """File name and bytes of every template, made with the shipped profiles only."""
    known = catalog or load_catalog(shipped_profiles_dir())
    made = {name: make() for name, make in TEMPLATES.items()}
    return {
        name: plan_bytes(document if name in NAMES_ITS_OWN else wire(document, known), known)
        for name, document in made.items()
    }


def main() -> None:
    """Write all templates."""
    folder = ROOT / "resources" / "templates"
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in build().items():
        (folder / name).write_bytes(data)
        print(f"{name}: {len(data)} bytes")


if __name__ == "__main__":
    main()
