"""Profiles of parts, models and constants: types, loader, search index, provenance."""

from .catalog import Catalog, UnknownProfileError
from .loader import CatalogError, load_catalog

__all__ = ["Catalog", "CatalogError", "UnknownProfileError", "load_catalog"]
