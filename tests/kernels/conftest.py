"""Kernels are compiled into the program's own cache folder, as in the program."""

from __future__ import annotations

import pytest

from infraplanner import places
from infraplanner.catalog import Catalog, load_catalog
from infraplanner.engine import kernel_cache

kernel_cache.prepare_once()


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog(places.shipped_profiles_dir())
