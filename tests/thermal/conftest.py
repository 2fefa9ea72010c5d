"""The shipped catalogue, read once."""

from __future__ import annotations

import pytest

from infraplanner import places
from infraplanner.catalog import Catalog, load_catalog
from infraplanner.engine import kernel_cache

kernel_cache.prepare_once()  # before any test module imports a kernel


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog(places.shipped_profiles_dir())
