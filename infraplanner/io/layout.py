"""The plan file's frozen header and how records stand in it."""

from __future__ import annotations

from typing import Final

FORMAT: Final = "infraplanner/plan"
VERSION: Final = 1
"""Version of the plan format that this program writes."""
MIN_READER: Final = 1
"""Oldest program, by format version, that understands what this program writes."""
HEADER: Final = ("format", "version", "min_reader", "created_with")
"""The header keys, in the order in which they stand first in every file. This layout never changes."""
