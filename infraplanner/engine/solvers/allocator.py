"""Memory that was freed and goes back to the system."""

from __future__ import annotations

import ctypes
import sys


def give_back() -> None:
    """Hand freed pages to the system where the C library has to be asked (glibc); after work that held hundreds of megabytes
    for a moment. Does nothing elsewhere.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
