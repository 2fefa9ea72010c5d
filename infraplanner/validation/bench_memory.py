"""Memory of one open plan, in a process of its own: on the engine's two threads, settled. JSON on stdout."""

from __future__ import annotations

import gc
import json
import sys
import tempfile
from pathlib import Path

from infraplanner.catalog.loader import load_catalog
from infraplanner.io.save import save_plan
from infraplanner.session import Session

from .bench import rss_mb
from .generate import generate_plan

WAIT_S = 600.0


def measure(racks: int) -> dict[str, float | None]:
    """Resident memory once a generated plan is open and everything about it is settled."""
    catalog = load_catalog()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.yaml"
        writer = Session(catalog, force_sync=True, idle=True)
        writer.open_document(generate_plan(racks))
        save_plan(path, writer.to_bytes())
        writer.close()
        del writer
        gc.collect()
        session = Session(catalog)
        session.open(path)
        session.wait_idle(WAIT_S)
        found = rss_mb()
        session.close()
    return {"rss_mb": found}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(int(sys.argv[1]))))
