"""Where compiled kernels are kept: a folder per version and hash of the kernels' sources, chosen before Numba is
imported.

Numba does not notice edits in files that a cached kernel calls into; a folder that changes with any source does.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import sys
import tempfile
import threading
from pathlib import Path

from infraplanner import places
from infraplanner.version import __version__

_LOCK = threading.Lock()
_PREPARED: list[Path] = []
_KERNELS = Path(__file__).resolve().parent.parent / "kernels"


def source_hash() -> str:
    """Sixteen hex digits over names and contents of all kernel sources."""
    digest = hashlib.sha256()
    for path in sorted(_KERNELS.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def prepare() -> Path:
    """Point Numba at the cache folder and return it; falls back to a temporary one when the user's cache is not
    writable.
    """
    folder = places.cache_dir() / f"{__version__}-{source_hash()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        folder = (
            Path(tempfile.gettempdir()) / f"infraplanner-{os.getuid() if hasattr(os, 'getuid') else 0}" / folder.name
        )
        folder.mkdir(parents=True, exist_ok=True)
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    numba = sys.modules.get("numba")
    if numba is not None:  # imported by someone else before us: its setting is read anew at each compilation
        numba.config.CACHE_DIR = str(folder)
    return folder


def prepare_once() -> Path:
    """`prepare` the first time, and Numba imported; the same folder afterwards.

    Both engine threads call this first: without the lock one would meet Numba half imported by the other.
    """
    with _LOCK:
        if not _PREPARED:
            _PREPARED.append(prepare())
            importlib.import_module("numba")
    return _PREPARED[0]
