"""Unsaved work survives: a copy of the edited plan in the state folder, offered when its program died."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infraplanner import places

from .save import LockOwner, is_gone

MOST_KEPT = 20


@dataclass(frozen=True, slots=True)
class Recovery:
    """Unsaved work that a program left behind: of which plan, when, how many edits, and the hash of its bytes."""

    data_path: Path
    plan_path: Path | None
    written: str
    edits: int
    sha256: str

    def read(self) -> bytes:
        """The plan as it was. Raises OSError, or ValueError when the copy is not whole."""
        data = self.data_path.read_bytes()
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise ValueError(
                f"{self.data_path.name}: the recovered copy is damaged; expected the hash {self.sha256[:12]}."
            )
        return data

    def discard(self) -> None:
        """Forget it; safe to call twice."""
        for path in (self.data_path, _meta_of(self.data_path)):
            with contextlib.suppress(OSError):
                path.unlink()


class Journal:
    """Keeps one copy of this program's unsaved work; the copy is removed when the work is saved or given up."""

    def __init__(self, state: Path | None = None) -> None:
        self._folder = _folder(state)
        self._data = self._folder / f"{platform.node() or 'here'}-{os.getpid()}-{id(self):x}.yaml"

    def write(self, data: bytes, plan_path: Path | None, edits: int) -> bool:
        """Replace the copy at once (data first, then what describes it); False when the folder cannot be written."""
        meta = {
            "plan": str(plan_path) if plan_path else None,
            "written": datetime.now(UTC).isoformat(timespec="seconds"),
            "edits": edits,
            "sha256": hashlib.sha256(data).hexdigest(),
            "host": platform.node(),
            "pid": os.getpid(),
        }
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            _replace(self._data, data)
            _replace(_meta_of(self._data), json.dumps(meta).encode())
        except OSError:
            return False
        return True

    def clear(self) -> None:
        """There is nothing unsaved any more."""
        for path in (self._data, _meta_of(self._data)):
            with contextlib.suppress(OSError):
                path.unlink()


def find_recoveries(state: Path | None = None) -> list[Recovery]:
    """What programs that are gone left behind, the newest first. Copies of programs still running are theirs."""
    found = []
    with contextlib.suppress(OSError):
        for meta in sorted(_folder(state).glob("*.json")):
            recovery = _read(meta)
            if recovery is not None:
                found.append(recovery)
    return sorted(found, key=lambda recovery: recovery.written, reverse=True)[:MOST_KEPT]


def _read(meta: Path) -> Recovery | None:
    try:
        data: Any = json.loads(meta.read_text(encoding="utf-8"))
        owner = LockOwner("", str(data["host"]), int(data["pid"]))
        plan = Path(data["plan"]) if data["plan"] else None
        recovery = Recovery(
            meta.with_suffix(".yaml"), plan, str(data["written"]), int(data["edits"]), str(data["sha256"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return recovery if is_gone(owner) and recovery.data_path.is_file() else None


def _folder(state: Path | None) -> Path:
    return (state or places.state_dir()) / "recovery"


def _meta_of(data: Path) -> Path:
    return data.with_suffix(".json")


def _replace(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(name, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
