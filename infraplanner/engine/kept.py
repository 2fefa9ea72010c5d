"""What was worked out once for a document and a state of its frame, and holds while both stay: an exact answer that follows
an estimate finds air, chips and single failures as they were.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .workspace import Workspace


@dataclass(frozen=True, slots=True)
class Kept:
    """A value with the arrays, the revision and the words that it followed from."""

    compiled: object
    revision: int
    words: tuple[object, ...]
    arrays: tuple[NDArray[Any], ...]
    value: Any

    def holds(self, space: Workspace, words: tuple[object, ...], arrays: Iterable[NDArray[Any]]) -> bool:
        """True when nothing that it followed from has changed."""
        compiled = space.compiled
        return (
            compiled is self.compiled
            and compiled is not None
            and compiled.revision == self.revision
            and words == self.words
            and all(
                np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in zip(self.arrays, arrays, strict=True)
            )
        )


def keep(space: Workspace, words: tuple[object, ...], arrays: Iterable[NDArray[Any]], value: Any) -> Kept:
    """Hold a value with copies of what it followed from."""
    assert space.compiled is not None
    return Kept(space.compiled, space.compiled.revision, words, tuple(array.copy() for array in arrays), value)
