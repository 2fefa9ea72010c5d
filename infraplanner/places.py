"""Where shipped and personal files lie; standard library and platformdirs only.

In a source checkout `profiles/` and `resources/` stand beside the package; in an installed wheel they are
inside it under `_data/`. Everything personal (recent files, user profiles, caches) goes to the platform's own folders.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent
_APP = "infraplanner"


def _shipped(name: str) -> Path:
    inside = _PACKAGE / "_data" / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


def shipped_profiles_dir() -> Path:
    """Folder of the profiles that come with the program."""
    return _shipped("profiles")


def resources_dir() -> Path:
    """Folder of icons, fonts, colour maps, help pages and templates."""
    return _shipped("resources")


def user_profiles_dir() -> Path:
    """Folder of the user's own profiles; `INFRAPLANNER_PROFILES` overrides it. It may not exist."""
    override = os.environ.get("INFRAPLANNER_PROFILES")
    return Path(override) if override else Path(platformdirs.user_data_dir(_APP, appauthor=False)) / "profiles"


def cache_dir() -> Path:
    """Folder for what can be recomputed (compiled kernels); `INFRAPLANNER_CACHE` overrides it."""
    override = os.environ.get("INFRAPLANNER_CACHE")
    return Path(override) if override else Path(platformdirs.user_cache_dir(_APP, appauthor=False))


def state_dir() -> Path:
    """Folder for window layout, recent files and journals; `INFRAPLANNER_STATE` overrides it."""
    override = os.environ.get("INFRAPLANNER_STATE")
    return Path(override) if override else Path(platformdirs.user_state_dir(_APP, appauthor=False))


def keep_details(text: str) -> str:
    """Write the details of an internal error to a file of its own in the state folder; returns a sentence that says where."""
    try:
        folder = state_dir() / "errors"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.txt"
        path.write_text(text, encoding="utf-8")
    except OSError:
        return "The details could not be kept."
    return f"Details: {path}"
