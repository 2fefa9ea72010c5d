"""The shipped catalogue and, where this checkout stands beside it, the shared folder of measured rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from infraplanner import places
from infraplanner.catalog import Catalog, load_catalog
from infraplanner.engine import kernel_cache
from infraplanner.validation.measured import Row, read_measured

kernel_cache.prepare_once()  # before any test module imports a kernel
HERE = Path(__file__).resolve()


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog(places.shipped_profiles_dir())


@pytest.fixture(scope="session")
def training_rows() -> list[Row]:
    for folder in HERE.parents:
        path = folder / "shared" / "validation" / "training_network.yaml"
        if path.is_file():
            return list(read_measured(path).rows)
    pytest.skip("no ../shared folder with measured rows beside this checkout")
