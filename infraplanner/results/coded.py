"""A read-only sequence of texts kept as codes into a short list: no text is made until someone reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray


class CodedText(Sequence[str]):
    """`names[codes[i]]`, and an empty text where the code is negative. Compares equal to any sequence of the same
    texts.
    """

    __slots__ = ("codes", "names")

    def __init__(self, codes: NDArray[np.int64], names: Sequence[str]) -> None:
        self.codes = codes
        self.names = tuple(names)

    def __len__(self) -> int:
        return int(self.codes.size)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> CodedText: ...
    def __getitem__(self, index: int | slice) -> str | CodedText:
        if isinstance(index, slice):
            return CodedText(self.codes[index], self.names)
        code = int(self.codes[index])
        return self.names[code] if code >= 0 else ""

    def __iter__(self) -> Iterator[str]:
        for code in self.codes.tolist():
            yield self.names[code] if code >= 0 else ""

    def __eq__(self, other: object) -> bool:
        if isinstance(other, CodedText) and self.names == other.names:
            return bool(np.array_equal(self.codes, other.codes))
        return (
            isinstance(other, Sequence)
            and len(self) == len(other)
            and all(a == b for a, b in zip(self, other, strict=True))
        )

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"CodedText({list(self)!r})"
