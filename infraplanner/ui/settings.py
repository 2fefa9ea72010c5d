"""What the window remembers: theme, layout, recent files; one small JSON file in the state folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from infraplanner.places import state_dir

MOST_RECENT = 10


class Settings:
    """Reads at start, writes at every change; a broken or unwritable file is simply not used."""

    def __init__(self) -> None:
        self._path = state_dir() / "window.json"
        self.data: dict[str, Any] = {}
        try:
            loaded = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            loaded = {}
        if isinstance(loaded, dict):
            self.data = loaded

    def get(self, key: str, default: Any = None) -> Any:
        """A remembered value."""
        return self.data.get(key, default)

    def put(self, key: str, value: Any) -> None:
        """Remember a value."""
        self.data[key] = value
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps(self.data), encoding="utf-8")
        except OSError:
            return

    def recent(self) -> list[str]:
        """Recent plan files that still exist."""
        paths = self.data.get("recent", [])
        return [path for path in paths if isinstance(path, str) and Path(path).is_file()]

    def note_recent(self, path: Path) -> None:
        """Put a file at the head of the list."""
        text = str(path.resolve())
        self.put("recent", [text, *(other for other in self.recent() if other != text)][:MOST_RECENT])
