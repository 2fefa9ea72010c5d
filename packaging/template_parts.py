"""What the template builders share: a bag of records that becomes a document."""

from __future__ import annotations

from infraplanner.model.document import Document
from infraplanner.model.entities import TABLES, Feed, Link, Record

_TABLE_OF = {cls: name for name, cls in TABLES.items()}


class Bag:
    """Collects records; each goes to the table of its class."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, Record]] = {}

    def add(self, *records: Record) -> None:
        """Put records in; an id may come once."""
        for record in records:
            table = self.tables.setdefault(_TABLE_OF[type(record)], {})
            assert record.id not in table, record.id
            table[record.id] = record

    def feed(self, source: str, target: str, side: str = "") -> None:
        """A power connection, named after its ends."""
        self.add(Feed(id=f"f-{source}-{target}", source=source, target=target, side=side))  # type: ignore[arg-type]

    def link(self, a: str, b: str, rate_gbps: float, count: int, a_port: str = "", b_port: str = "") -> None:
        """A bundle of cables, named after its ends."""
        self.add(
            Link(id=f"l-{a}-{b}", a=a, b=b, rate_gbps=rate_gbps, count=count, a_port=a_port, b_port=b_port),
        )

    def document(self) -> Document:
        """Everything as a document."""
        return Document(self.tables)
