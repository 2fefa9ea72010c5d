"""The array types that kernels take: float64 (one or two axes), int64 and bool, C-contiguous and writable."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Matrix = np.ndarray[tuple[int, int], np.dtype[np.float64]]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
