"""The one compilation policy of all kernels: cached, without the GIL, IEEE division, serial, no fast-math.

`engine.kernel_cache.prepare` chooses the cache folder before Numba is imported; a test forbids a bare `njit` anywhere
else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile a function on its first call; `.py_func` stays the plain Python, which is its test oracle."""
    return cast(F, njit(cache=True, nogil=True, error_model="numpy")(function))


def inlined(function: F) -> F:
    """The same for a small helper inside a loop: written into its caller, because handing a tuple of arrays to a function
    costs more than such a helper's arithmetic (20,000 calls: 17 ms against 0.3 ms).
    """
    return cast(F, njit(cache=True, nogil=True, error_model="numpy", inline="always")(function))
