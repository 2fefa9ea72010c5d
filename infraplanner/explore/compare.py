"""Named scenarios of one plan, each solved with all models, side by side."""

from __future__ import annotations

from collections.abc import Callable

from infraplanner.catalog import Catalog
from infraplanner.edit import ApplyScenario, EditError, UndoStack
from infraplanner.engine.evaluate import evaluate
from infraplanner.model.document import Document, Snapshot
from infraplanner.model.entities import TABLES
from infraplanner.results.comparison import Case


def compare_scenarios(
    snapshot: Snapshot,
    catalog: Catalog,
    *,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    stop: Callable[[], bool] = lambda: False,
) -> list[Case] | None:
    """The plan itself first, then its scenarios in id order; None when `stop` said so. The plan is not touched."""
    scenarios = sorted(snapshot.table("scenarios").items())
    cases = [Case("", "", evaluate(snapshot, catalog))]
    for step, (key, record) in enumerate(scenarios):
        if stop():
            return None
        document = Document({name: dict(snapshot.table(name)) for name in TABLES}, dict(snapshot.header))
        try:
            UndoStack(document).execute(ApplyScenario(key))
        except EditError as error:
            cases.append(Case(key, record.name or key, None, str(error)))
        else:
            cases.append(Case(key, record.name or key, evaluate(document.snapshot(), catalog)))
        progress(step + 1, len(scenarios))
    return cases
