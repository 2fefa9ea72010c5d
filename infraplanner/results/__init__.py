"""Results: what an evaluation yields, as data."""
