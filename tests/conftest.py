"""What all tests share: no personal folder is ever touched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

REPO = Path(__file__).resolve().parent.parent
SHARED = REPO.parent / "shared"

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# Machines are shared and noisy: how long one example takes says nothing about the property.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """State and user profiles go to a temporary folder; the kernel cache is kept, because compiling costs seconds."""
    state = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("INFRAPLANNER_STATE", str(state))
    monkeypatch.setenv("INFRAPLANNER_PROFILES", str(state / "no-user-profiles"))
