"""A scenario is a list of patches on the one plan; applying it is an edit like any other."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from infraplanner.model.entities import TABLES, Record, Scenario, ScenarioPatch
from infraplanner.model.ids import next_free_id

from .place import Delete
from .transaction import Command, EditError, Transaction


@dataclass(frozen=True, slots=True)
class ApplyScenario:
    """Carry out the patches of a scenario record."""

    scenario: str

    @property
    def label(self) -> str:
        """What the history calls it."""
        return f"Apply scenario {self.scenario}"

    def apply(self, edit: Transaction) -> None:
        """Set each patch's field, add the record of a table, or delete the target. Raises EditError naming the patch."""
        record = edit.document.table("scenarios").get(self.scenario)
        if record is None:
            known = ", ".join(sorted(edit.document.table("scenarios"))) or "none"
            raise EditError(f"There is no scenario {self.scenario}; the plan has {known}.")
        present = set(edit.document.ids())
        for patch in record.patches:
            if patch.adds:
                edit.put(patch.value.get("table", ""), self._added(patch))
                continue
            table = edit.document.ids().get(patch.target)
            if table is None and not patch.field and patch.target in present:
                continue  # an earlier deletion took it along
            if table is None:
                raise EditError(f"Scenario {self.scenario}: there is no object {patch.target}.")
            if patch.field:
                edit.change(table, patch.target, **{patch.field: patch.value})
            else:
                Delete([patch.target]).apply(edit)

    def _added(self, patch: ScenarioPatch) -> Record:
        """The record that a patch adds."""
        fields = dict(patch.value)
        table = fields.pop("table", "")
        cls = TABLES.get(table)
        if cls is None:
            raise EditError(f"Scenario {self.scenario}: {patch.target} is added to “{table}”, which is no table.")
        try:
            return msgspec.convert({**fields, "id": patch.target}, cls)
        except msgspec.ValidationError as error:
            raise EditError(f"Scenario {self.scenario}: {patch.target}: {error}.") from None


@dataclass(frozen=True, slots=True)
class SaveScenario:
    """Keep what another command would do as a named scenario; the plan itself stays as it is."""

    name: str
    command: Command

    @property
    def label(self) -> str:
        """What the history calls it."""
        return f"Keep scenario {self.name}"

    def apply(self, edit: Transaction) -> None:
        """Try the command, note what it changes, take it back and put the scenario.

        Raises EditError when the command refuses.
        """
        trial = Transaction(edit.document)
        try:
            self.command.apply(trial)
            patches: list[ScenarioPatch] = []
            for step in trial.steps:
                if step.before is None and step.after is not None:
                    fields = {k: v for k, v in msgspec.to_builtins(step.after).items() if k not in ("id", "unknown")}
                    patches.append(ScenarioPatch(target=step.record_id, value={"table": step.table, **fields}))
                    continue
                if step.after is None:
                    patches.append(ScenarioPatch(target=step.record_id))
                    continue
                old, new = msgspec.to_builtins(step.before), msgspec.to_builtins(step.after)
                patches += [
                    ScenarioPatch(target=step.record_id, field=field, value=getattr(step.after, field))
                    for field in step.after.__struct_fields__
                    if field not in ("id", "unknown") and old.get(field) != new.get(field)
                ]
        finally:
            trial.roll_back()
        key = next_free_id("scenario", set(edit.document.ids()))
        edit.put("scenarios", Scenario(id=key, name=self.name, patches=tuple(patches)))
