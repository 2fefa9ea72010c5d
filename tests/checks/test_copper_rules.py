"""Rules of the copper wall speak when their fault is put in, with the numbers and the ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from infraplanner.catalog import Catalog
from infraplanner.model.document import Document

from .copper_faults import FAULTS
from .test_rules import findings, sound


@pytest.mark.parametrize(("rule", "put", "words"), FAULTS, ids=[f"{f[0]}-{f[1].__name__}" for f in FAULTS])
def test_the_rule_speaks(rule: str, put: Callable[[Document], Any], words: tuple[str, ...], catalog: Catalog) -> None:
    document = sound()
    assert rule not in {finding.rule for finding in findings(document, catalog)}
    put(document)
    found = [finding for finding in findings(document, catalog) if finding.rule == rule]
    assert found
    for word in words:
        assert any(word in finding.message for finding in found), [finding.message for finding in found]
    known = document.ids()
    assert all(target in known for finding in found for target in finding.targets)
