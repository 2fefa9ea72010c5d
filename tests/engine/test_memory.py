"""Recycled result memory and lazily named codes."""

from __future__ import annotations

import numpy as np
import pytest

from infraplanner.engine.recycle import Recycler
from infraplanner.results.coded import CodedText


def test_memory_is_used_again_only_after_the_last_view_is_gone() -> None:
    recycler = Recycler(kept=2)
    first = recycler.copy("x", np.array([1.0, 2.0]))
    second = recycler.copy("x", np.array([3.0, 4.0]))
    assert first.tolist() == [1.0, 2.0]
    place = first.__array_interface__["data"][0]
    part = first[1:]
    del first
    third = recycler.copy("x", np.array([5.0, 6.0]))
    assert third.__array_interface__["data"][0] != place
    assert part.tolist() == [2.0]
    del part
    fourth = recycler.copy("x", np.array([7.0, 8.0]))
    assert fourth.__array_interface__["data"][0] == place
    assert second.tolist() == [3.0, 4.0]


def test_copies_are_read_only() -> None:
    copy = Recycler().copy("x", np.zeros(2))
    with pytest.raises(ValueError, match="read-only"):
        copy[0] = 1.0


def test_coded_text_is_a_sequence_of_texts() -> None:
    text = CodedText(np.array([1, -1, 0, 1]), ("a", "b"))
    assert list(text) == ["b", "", "a", "b"]
    assert text[0] == "b"
    assert text[1:] == ["", "a", "b"]
    assert text == ("b", "", "a", "b")
    assert text != ("b", "", "a")
    assert text.count("b") == 2
    assert "a" in text
    assert hash(text) == hash(("b", "", "a", "b"))
    assert repr(text[:1]) == "CodedText(['b'])"
