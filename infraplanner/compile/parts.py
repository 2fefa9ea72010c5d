"""The catalogue as arrays: one row a profile of each kind, in id order, in base units; NaN is unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from infraplanner.catalog.types import Accelerator, CoolingUnit, Frame, LinkMedium, PowerUnit, Profile, System

Floats = NDArray[np.float64]
Matrix = np.ndarray[tuple[int, int], np.dtype[np.float64]]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
P = TypeVar("P", bound=Profile)


class Catalogue(Protocol):
    """What compilation needs of a catalogue."""

    def find(self, profile_id: str, /) -> Profile | None:
        """The profile of this id or alias, or None."""

    def of(self, kind: type[P], /) -> Mapping[str, P]:
        """All profiles of one kind, by id."""

    def with_embedded(self, embedded: Mapping[str, Any], /) -> Catalogue:
        """This catalogue with a plan's own copies, which win."""


class Parts:
    """The catalogue's placeable and connectable profiles by code (row in id order)."""

    __slots__ = (
        "_codes",
        "accelerators",
        "catalogue",
        "cooling",
        "frames",
        "media",
        "power",
        "systems",
    )

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._codes: dict[str, tuple[type[Profile], int]] = {}
        self.accelerators = self._rows(Accelerator)
        self.systems = self._rows(System)
        self.frames = self._rows(Frame)
        self.power = self._rows(PowerUnit)
        self.cooling = self._rows(CoolingUnit)
        self.media = self._rows(LinkMedium)

    def _rows(self, kind: type[P]) -> tuple[P, ...]:
        rows = tuple(sorted(self.catalogue.of(kind).values(), key=lambda profile: profile.id))
        for code, profile in enumerate(rows):
            self._codes[profile.id] = (kind, code)
        return rows

    def code(self, profile_id: str, kind: type[Profile]) -> int:
        """Row of a profile of this kind, by id or alias; -1 when the catalogue has none."""
        entry = self._codes.get(profile_id)
        if entry is None:
            profile = self.catalogue.find(profile_id) if profile_id else None
            entry = self._codes.get(profile.id, (Profile, -1)) if profile is not None else (Profile, -1)
            self._codes[profile_id] = entry  # remembered under the alias too
        return entry[1] if entry[0] is kind else -1


def column(rows: Iterable[Any], name: str, factor: float = 1.0) -> Floats:
    """One numeric field of all profiles, times a factor, with one more NaN row at the end so that code -1 reads
    unknown.
    """
    values = [np.nan if (value := getattr(row, name)) is None else value * factor for row in rows]
    return np.array([*values, np.nan], dtype=np.float64)
