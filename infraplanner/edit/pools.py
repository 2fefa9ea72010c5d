"""Commands on serving pools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from infraplanner.model.entities import Pool

from .transaction import EditError, Transaction


@dataclass(frozen=True, slots=True)
class SplitPool:
    """Prefill on some racks or devices of a pool, in a pool of their own; the pool itself goes on with decode."""

    pool: str
    prefill_ids: Sequence[str]

    @property
    def label(self) -> str:
        """What the history calls it."""
        return f"Split pool {self.pool} into prefill and decode"

    def apply(self, edit: Transaction) -> None:
        """Add the prefill pool, move its members, and let the other decode; pinned batches go, as they were of both."""
        pools, ids = edit.document.table("pools"), edit.document.ids()
        whole = pools.get(self.pool)
        if not isinstance(whole, Pool):
            raise EditError(f"There is no pool {self.pool}.")
        if whole.phase != "both":
            raise EditError(f"Pool {self.pool} serves {whole.phase} alone; only one that serves both can be split.")
        if not self.prefill_ids:
            raise EditError(f"0 racks or devices of pool {self.pool} were given to prefill; it needs 1.")
        name = next(key for n in range(1, 100_000) if (key := f"{self.pool}-prefill{'' if n == 1 else n}") not in ids)
        edit.put("pools", msgspec.structs.replace(whole, id=name, phase="prefill", batch=None))
        for key in self.prefill_ids:
            table = ids.get(key)
            if table not in ("racks", "devices"):
                raise EditError(f"{key} is no record of racks or devices.")
            edit.change(table, key, pool=name)
        edit.change("pools", self.pool, phase="decode", prefill_pool=name, batch=None)
