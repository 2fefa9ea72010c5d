"""A scenario is a list of patches on the one plan; applying it is an edit like any other."""

from __future__ import annotations

from dataclasses import dataclass

from .place import Delete
from .transaction import EditError, Transaction


@dataclass(frozen=True, slots=True)
class ApplyScenario:
    """Carry out the patches of a scenario record."""

    scenario: str

    @property
    def label(self) -> str:
        """What the history calls it."""
        return f"Apply scenario {self.scenario}"

    def apply(self, edit: Transaction) -> None:
        """Set each patch's field, or delete its target when it names no field. Raises EditError naming the patch."""
        record = edit.document.table("scenarios").get(self.scenario)
        if record is None:
            known = ", ".join(sorted(edit.document.table("scenarios"))) or "none"
            raise EditError(f"There is no scenario {self.scenario}; the plan has {known}.")
        for patch in record.patches:
            table = edit.document.ids().get(patch.target)
            if table is None:
                raise EditError(f"Scenario {self.scenario}: there is no object {patch.target}.")
            if patch.field:
                edit.change(table, patch.target, **{patch.field: patch.value})
            else:
                Delete([patch.target]).apply(edit)
