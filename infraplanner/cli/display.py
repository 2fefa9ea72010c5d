"""Is there a screen? Asked before Qt is loaded, because Qt aborts the process when there is none."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_OFFSCREEN = frozenset({"offscreen", "minimal", "vnc"})


def missing_display() -> str | None:
    """None when a window can open, else one sentence that says why not."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM", "").split(":")[0] in _OFFSCREEN:
        return None
    wayland = os.environ.get("WAYLAND_DISPLAY")
    if wayland:
        socket = Path(os.environ.get("XDG_RUNTIME_DIR", "/")) / wayland
        if socket.exists():
            return None
    display = os.environ.get("DISPLAY", "")
    if not display:
        return "There is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)."
    host, _, rest = display.rpartition(":")
    number = rest.split(".")[0]
    if host in ("", "unix") and not Path(f"/tmp/.X11-unix/X{number}").exists():
        return f"There is no display: DISPLAY is {display}, but no X server listens there."
    return None
